import { describe, expect, it } from '@jest/globals';
import { OneAtATime } from '../../lib/support/one-at-a-time.js';
import { Gate } from '../engine/engine-fixture.js';

/** Timers that fire when the test says so, and those that are set. */
class ManualTimers {
  readonly set = new Set<() => void>();

  after = (_ms: number, action: () => void): (() => void) => {
    this.set.add(action);
    return () => void this.set.delete(action);
  };

  fire(): void {
    for (const action of this.set) action();
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('actions of one name', () => {
  it('are carried out one after the other, also where one fails; those of others are not held up', async () => {
    const timers = new ManualTimers();
    const turns = new OneAtATime(timers);
    const done: string[] = [];
    const end = new Gate();
    const first = turns.run('a', async () => {
      await end.opened;
      done.push('first');
      throw new Error('failed');
    });
    const second = turns.run('a', async () => done.push('second'));
    await turns.run('b', async () => done.push('other'));
    end.open();
    await expect(first).rejects.toThrow('failed');
    await second;
    expect(done).toEqual(['other', 'first', 'second']);
    expect(timers.set.size).toBe(0);
    await turns.run('a', async () => done.push('third'));
    expect(timers.set.size).toBe(0);
  });

  it('are not held up for ever by one that does not end', async () => {
    const timers = new ManualTimers();
    const turns = new OneAtATime(timers);
    const done: string[] = [];
    void turns.run('a', () => new Promise(() => undefined));
    const later = ['second', 'third'].map((name) => turns.run('a', async () => done.push(name)));
    await turn();
    expect(done).toEqual([]);
    timers.fire();
    await Promise.all(later);
    expect(done).toEqual(['second', 'third']);
    await turns.run('a', async () => done.push('fourth'));
    expect(done).toHaveLength(3);
  });
});
