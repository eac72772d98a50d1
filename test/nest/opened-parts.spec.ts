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
