import { describe, expect, it } from '@jest/globals';
import { runInTransactionScope, currentFrame } from '../../lib/engine/context.js';
import type { CacheKey } from '../../lib/keys/cache-key.js';
import { tagOf } from '../../lib/tags/tag.js';
import { createEngine, Gate } from '../engine/engine-fixture.js';

/** Deeper than the stack is. */
const MANY = 30_000;

/** Runs a job that starts the next one from inside of itself, so often. */
function repeated(job: (startNext: () => void) => Promise<unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = MANY;
    const start = (): void => {
      job(() => (--left > 0 ? void setImmediate(start) : resolve())).catch(reject);
    };
    start();
  });
}

describe('a job that starts the next one from inside of itself may do so for ever', () => {
  it('in a load, as what refreshes an answer does', async () => {
    const { read, statistics } = createEngine();
    await repeated((startNext) => read('rates', startNext, [], { unless: () => true }));
    expect(statistics.of('test').loads).toBe(MANY);
  });

  it('in a transaction that is still committing when the next one begins', async () => {
    const { read } = createEngine();
    const transaction = { collect: () => undefined };
    const seen = new Set<boolean | undefined>();
    await repeated((startNext) =>
      runInTransactionScope(async () => {
        const { transactions } = currentFrame()!;
        seen.add(transactions.isOpen);
        transactions.enter(transaction);
        startNext();
        await new Promise((resolve) => setImmediate(resolve));
        await new Promise((resolve) => setImmediate(resolve));
        transactions.leave(transaction);
        await read('rates', 1);
      }),
    );
    expect(seen).toContain(true);
  });
});

describe('what a job leaves running', () => {
  it('stands in the transaction that is open around it, and not in what is over in between', async () => {
    const { engine, plan } = createEngine();
    const transaction = { collect: () => undefined };
    await runInTransactionScope(async () => {
      const { transactions } = currentFrame()!;
      transactions.enter(transaction);
      await runInTransactionScope(async () => {
        await runInTransactionScope(async () => {
          expect(currentFrame()?.transactions.current).toBe(transaction);
        });
      });
      let loads = 0;
      const load = () => engine.read('rates' as CacheKey, plan(), () => ++loads);
      expect([await load(), await load()]).toEqual([1, 2]);
      transactions.leave(transaction);
      expect([await load(), await load()]).toEqual([3, 3]);
    });
  });

  it('tells the load that runs around it still what it depends on', async () => {
    const { read, writes } = createEngine();
    const rates = tagOf('rates');
    let left: Promise<number> | undefined;
    const started = new Gate();
    const outer = (value: number) =>
      read('outer', async () => {
        const leave = () => void (left = read('left', () => started.opened.then(() => value), [rates]));
        await read('inner', leave, [], { unless: () => true });
        started.open();
        return left;
      });
    expect(await outer(1)).toBe(1);
    await writes.invalidate({ touches: [rates], sweeps: [] });
    expect(await outer(2)).toBe(2);
  });
});
