import { expect, it } from '@jest/globals';
import { OpenedParts } from '../../lib/nest/opened-parts.js';
import { Gate } from '../engine/engine-fixture.js';

class Part {
  constructor(
    private readonly name: string,
    private readonly closed: string[],
  ) {}

  close(): void {
    this.closed.push(this.name);
  }
}

it('Where a part cannot be had, the others are closed, also one that arrives later, and each once', async () => {
  const closed: string[] = [];
  const opened = new OpenedParts();
  const gate = new Gate();
  await opened.keep(() => new Part('first', closed));
  const late = opened.keep(async () => {
    await gate.opened;
    return new Part('late', closed);
  });
  await expect(opened.keep(() => Promise.reject(new Error('there is none')))).rejects.toThrow('there is none');
  expect(closed).toEqual(['first']);
  gate.open();
  await late;
  expect(closed).toEqual(['first', 'late']);
  await opened.close();
  expect(closed).toEqual(['first', 'late']);
});

it('One that fails to close keeps neither the others open nor to itself why a part cannot be had', async () => {
  const closed: string[] = [];
  const opened = new OpenedParts();
  const close = (): Promise<void> => Promise.reject(new Error('it does not close'));
  await opened.keep(() => new Part('first', closed));
  await opened.keep(() => ({ close }));
  await expect(opened.keep(() => Promise.reject(new Error('there is none')))).rejects.toThrow('there is none');
  expect(closed).toEqual(['first']);
});

it('Whoever closes them hears of one that fails to', async () => {
  const closed: string[] = [];
  const opened = new OpenedParts();
  await opened.keep(() => new Part('first', closed));
  await opened.keep(() => ({ close: () => Promise.reject(new Error('it does not close')) }));
  await expect(opened.close()).rejects.toThrow('it does not close');
  expect(closed).toEqual(['first']);
});
