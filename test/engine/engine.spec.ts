import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import { currentFrame, runBypassed, runInTransactionScope } from '../../lib/engine/context.js';
import type { FollowedLog } from '../../lib/engine/log/followed-log.js';
import { WritePath } from '../../lib/engine/write-path.js';
import type { CacheKey } from '../../lib/keys/cache-key.js';
import { tagOf } from '../../lib/tags/tag.js';
import { collectGarbage } from '../support/collect-garbage.js';
import { createEngine, Gate } from './engine-fixture.js';

const product = tagOf('db', 'product');
const author = tagOf('db', 'author');
const key = (text: string): CacheKey => text as CacheKey;

describe('a value that was loaded', () => {
  it('is answered from memory until something it depends on is written', async () => {
    const { read, writes, statistics } = createEngine();
    let price = 1;
    const load = (): number => price++;
    expect(await read('price', load, [product])).toBe(1);
    expect(await read('price', load, [product])).toBe(1);
    void writes.invalidate({ touches: [author], sweeps: [] });
    expect(await read('price', load, [product])).toBe(1);
    void writes.invalidate({ touches: [product], sweeps: [] });
    expect(await read('price', load, [product])).toBe(2);
    expect(statistics.of('test')).toEqual({ hits: 2, misses: 2, loads: 2, fills: 2 });
  });

  it.each([undefined, null, false, 0, '', Number.NaN, []])('%p is a value like any other', async (value) => {
    const { read, statistics } = createEngine();
    expect(await read('key', value)).toEqual(value);
    expect(await read('key', value)).toEqual(value);
    expect(statistics.of('test').hits).toBe(1);
  });

  it('belongs to the reader: what he changes reaches nobody else', async () => {
    const { read } = createEngine();
    const first = await read('list', () => ({ names: ['a'] }));
    first.names.push('from the one who loaded');
    const second = await read('list', () => ({ names: ['never'] }));
    expect(second.names).toEqual(['a']);
    second.names.push('from a hit');
    expect((await read('list', () => ({ names: ['never'] }))).names).toEqual(['a']);
  });

  it('comes in the same promise for all who share it', async () => {
    const { read, writes } = createEngine();
    const counted = (count: number) => read('count', count, [product]);
    await counted(1);
    const hit = counted(2);
    expect(counted(2)).toBe(hit);
    expect(await hit).toBe(1);
    void writes.invalidate({ touches: [product], sweeps: [] });
    expect(await counted(2)).toBe(2);
    expect(await counted(3)).toBe(2);
  });

  it('keeps nothing alive of the request that was the first to find it', async () => {
    const { read } = createEngine();
    const requests = new AsyncLocalStorage<object>();
    await read('count', 1);
    const find = async (): Promise<WeakRef<object>> => {
      const request = {};
      await requests.run(request, () => read('count', 2));
      return new WeakRef(request);
    };
    const request = await find();
    // What holds a WeakRef's target for the present job must be over.
    await new Promise((resolve) => setTimeout(resolve, 1));
    collectGarbage();
    expect(request.deref()).toBeUndefined();
    expect(await read('count', 3)).toBe(1);
  });

  it('expires when its time is over, and lives again when it is touched', async () => {
    const { read, engine, clock } = createEngine();
    await read('old', 1, [], { ttlMs: 5_000 });
    clock.advance(4_999);
    expect(await read('old', 2, [], { ttlMs: 5_000 })).toBe(1);
    expect(engine.touch(key('old'), 5_000)).toBe(true);
    clock.advance(4_999);
    expect(await read('old', 3, [], { ttlMs: 5_000 })).toBe(1);
    clock.advance(1);
    expect(await read('old', 4, [], { ttlMs: 5_000 })).toBe(4);
    expect(engine.touch(key('unknown'), 5_000)).toBe(false);
    clock.advance(5_000);
    expect([engine.delete(key('old')), engine.delete(key('unknown'))]).toEqual([false, false]);
  });

  it('lives a little shorter than asked for, so that what was filled together does not expire together', async () => {
    const { read, clock } = createEngine({ random: () => 0.5 });
    await read('jittered', 1, [], { ttlMs: 10_000 });
    clock.advance(9_499);
    expect(await read('jittered', 2, [], { ttlMs: 10_000 })).toBe(1);
    clock.advance(1);
    expect(await read('jittered', 3, [], { ttlMs: 10_000 })).toBe(3);
  });

  it('is not kept for a lifetime of 0, nor when `unless` says so', async () => {
    const { read, statistics, engine } = createEngine();
    expect(await read('a', 1, [], { ttlMs: 0 })).toBe(1);
    expect(await read('b', 1, [], { unless: (value) => value === 1 })).toBe(1);
    expect(engine.entries).toBe(0);
    expect([...statistics.bypasses]).toEqual([['ttl 0', 1]]);
  });

  it('that cannot be copied is returned as it is, not kept, and reported', async () => {
    const { read, failures, statistics, engine } = createEngine();
    const pending = { later: Promise.resolve(1) };
    expect(await read('promise', () => pending)).toBe(pending);
    expect(engine.entries).toBe(0);
    expect(failures).toEqual([
      { during: 'storing an answer', error: expect.objectContaining({ code: 'UNCOPYABLE_VALUE' }) },
    ]);
    expect([...statistics.bypasses]).toEqual([['not storable', 1]]);
  });
});

describe('a load', () => {
  it('that fails is the caller’s error, and the next call loads again', async () => {
    const { read } = createEngine();
    await expect(read('key', () => Promise.reject(new Error('no database')))).rejects.toThrow('no database');
    await expect(
      read('key', () => {
        throw new Error('thrown at once');
      }),
    ).rejects.toThrow('thrown at once');
    expect(await read('key', 7)).toBe(7);
  });

  it('runs once for a thousand callers of a cold key, and each gets a copy of his own', async () => {
    const { read, statistics } = createEngine();
    const gate = new Gate();
    const calls = Array.from({ length: 1_000 }, () =>
      read('cold', () => gate.opened.then(() => ({ id: 1 })), [product]),
    );
    gate.open();
    const answers = await Promise.all(calls);
    expect(statistics.of('test')).toMatchObject({ misses: 1_000, loads: 1 });
    expect(new Set(answers).size).toBe(1_000);
    expect(new Set(answers.map(({ id }) => id))).toEqual(new Set([1]));
  });

  it('that was overtaken by a write serves nobody who called after that write', async () => {
    const { read, writes, statistics } = createEngine();
    const [first, second] = [new Gate(), new Gate()];
    let version = 1;
    const load = (gate: Gate) => (): Promise<number> => {
      const seen = version;
      return gate.opened.then(() => seen);
    };
    const early = read('key', load(first), [product]);
    version = 2;
    void writes.invalidate({ touches: [product], sweeps: [] });
    const late = Array.from({ length: 10 }, () => read('key', load(second), [product]));
    first.open();
    expect(await early).toBe(1);
    second.open();
    expect(new Set(await Promise.all(late))).toEqual(new Set([2]));
    expect(statistics.of('test').loads).toBe(2);
  });

  it('that failed or may not be shared is repeated by each who joined it', async () => {
    const { read } = createEngine();
    const gate = new Gate();
    let loads = 0;
    const blocked = (): Promise<number> => {
      currentFrame()!.load!.block('random()');
      const answer = ++loads;
      return gate.opened.then(() => answer);
    };
    const calls = [read('dice', blocked), read('dice', blocked), read('dice', blocked)];
    gate.open();
    expect(new Set(await Promise.all(calls)).size).toBe(3);
  });

  it('takes what it is called with as it was at the call, also where it begins when the one that was joined is too old', async () => {
    const { engine, plan, writes } = createEngine();
    const gate = new Gate();
    const asked = { page: 1 };
    const load = async ([given]: readonly unknown[]): Promise<unknown> => {
      currentFrame()?.load?.depend(product);
      await gate.opened;
      return (given as typeof asked).page;
    };
    const first = engine.read(key('page 1'), plan(), load, [asked]);
    void writes.invalidate({ touches: [product], sweeps: [] });
    const second = engine.read(key('page 1'), plan(), load, [asked]);
    asked.page = 2;
    gate.open();
    await first;
    expect(await second).toBe(1);
  });

  it('may call itself, directly or around a corner, without waiting for itself', async () => {
    const { read } = createEngine();
    const recurse = (depth: number): Promise<number> =>
      read<number>(`key ${depth % 2}`, () => (depth === 4 ? 42 : recurse(depth + 1)));
    expect(await recurse(0)).toBe(42);
  });

  it('may wait for another that waits for it by way of a third, and none of them waits for ever', async () => {
    const { read } = createEngine();
    const [first, second] = [new Gate(), new Gate()];
    let times = 0;
    const top = (): Promise<number> => read('top', () => read('middle', () => first.opened.then(bottom)));
    const bottom = (): Promise<number> =>
      read('bottom', () => second.opened.then(() => (++times === 1 ? top() : Promise.resolve(42))));
    const answers = Promise.all([top(), bottom()]);
    first.open();
    await turn();
    second.open();
    expect(await answers).toEqual([42, 42]);
  });

  it('may ask for one that began when the one it waited for was too old, and that asks for it', async () => {
    const { read, writes } = createEngine();
    const gate = new Gate();
    let times = 0;
    const outer = (): Promise<number> => read('outer', () => inner());
    const inner = (): Promise<number> => read('inner', () => (++times === 1 ? outer() : 42));
    const tooOld = read('inner', () => gate.opened.then(() => 1), [product]);
    void writes.invalidate({ touches: [product], sweeps: [] });
    const answers = Promise.all([inner(), outer()]);
    gate.open();
    expect(await tooOld).toBe(1);
    expect(await answers).toEqual([42, 42]);
  });

  it('hands what it depends on to the load around it, loaded, from memory or joined', async () => {
    const { read, writes } = createEngine();
    let version = 1;
    const outer = (name: string): Promise<number> => read(name, () => read<number>('inner', () => version, [product]));
    expect(await outer('loads inner')).toBe(1);
    expect(await outer('hits inner')).toBe(1);
    version = 2;
    void writes.invalidate({ touches: [product], sweeps: [] });
    expect(await outer('hits inner')).toBe(2);
    expect(await outer('loads inner')).toBe(2);
  });

  it('hands it on too if it was joined by who had joined one that was too old', async () => {
    const { read, writes, statistics } = createEngine();
    const [first, second] = [new Gate(), new Gate()];
    let version = 1;
    const inner = (gate: Gate) => (): Promise<number> =>
      read('inner', () => gate.opened.then(() => version), [product]);
    const tooOld = inner(first)();
    void writes.invalidate({ touches: [product], sweeps: [] });
    const younger = inner(second)();
    const outer = (): Promise<number> => read('outer', inner(second));
    const joined = outer();
    first.open();
    await tooOld;
    second.open();
    expect(await Promise.all([younger, joined])).toEqual([1, 1]);
    expect(statistics.of('test').loads).toBe(3);
    version = 2;
    void writes.invalidate({ touches: [product], sweeps: [] });
    expect(await outer()).toBe(2);
  });

  it('whose answer is not kept leaves none of its tags behind, be it overtaken, too large or of no kind that can be', async () => {
    const { read, writes, engine } = createEngine({ limits: { maxBytes: 1_000 } });
    await read('large', 'x'.repeat(2_000), [product]);
    expect(engine.knows(product)).toBe(false);
    await read('function', () => () => 1, [product]);
    expect(engine.knows(product)).toBe(false);
    await read('overtaken', () => writes.invalidate({ touches: [product], sweeps: [] }), [product]);
    expect(engine.knows(product)).toBe(false);
    await read('kept', 1, [product]);
    expect(engine.knows(product)).toBe(true);
  });

  it('is let go of when it is over, also where its key is one that users set', async () => {
    const { read } = createEngine();
    const loads: WeakRef<object>[] = [];
    const noting = (): number => loads.push(new WeakRef(currentFrame()!.load!));
    await read('u:rate', noting);
    await read('rate', noting);
    await new Promise((resolve) => setTimeout(resolve, 1));
    collectGarbage();
    expect(loads.map((load) => load.deref())).toEqual([undefined, undefined]);
    expect(await read('u:rate', 0)).toBe(1);
  });

  it('keeps nothing around another whose tags cannot be told', async () => {
    const { read } = createEngine();
    const tags = (): never => {
      throw new Error('no tags');
    };
    const outer = (answer: number): Promise<number> => read('outer', () => read('inner', answer, [], { tags }));
    expect(await outer(1)).toBe(1);
    expect(await outer(2)).toBe(2);
  });
});

describe('reads that must not be cached', () => {
  it('neither read nor store inside a transaction, and do again after it', async () => {
    const { read, statistics } = createEngine();
    await read('key', 1);
    await runInTransactionScope(async () => {
      const transaction = { collect: () => undefined };
      currentFrame()!.transactions.enter(transaction);
      expect(await read('key', 2)).toBe(2);
      expect(await read('other', 3)).toBe(3);
      expect(await runInTransactionScope(() => read('key', 2))).toBe(2);
      currentFrame()!.transactions.leave(transaction);
      expect(await read('key', 4)).toBe(1);
    });
    expect(await read('other', 5)).toBe(5);
    expect([...statistics.bypasses]).toEqual([['transaction', 3]]);
  });

  it('go past the cache in a bypass, and everything they call with them', async () => {
    const { read } = createEngine();
    await read('inner', 1);
    expect(await runBypassed('no-cache', async () => read('outer', () => read('inner', 2)))).toBe(2);
    expect(await read('inner', 3)).toBe(1);
    expect(await read('outer', 4)).toBe(4);
  });

  it('tell a load around the bypass what they depend on', async () => {
    const { read, writes } = createEngine();
    const outer = (answer: number): Promise<number> =>
      read('outer', () => runBypassed('no-cache', () => read('inner', answer, [product])));
    expect(await outer(1)).toBe(1);
    expect(await outer(2)).toBe(1);
    void writes.invalidate({ touches: [product], sweeps: [] });
    expect(await outer(3)).toBe(3);
  });

  it('go to the database when the cache is disabled, and after it was closed', async () => {
    const disabled = createEngine({ isEnabled: false });
    await disabled.read('key', 1);
    expect(await disabled.read('key', 2)).toBe(2);
    const closed = createEngine();
    await closed.read('key', 1);
    closed.engine.close();
    closed.engine.close();
    expect(await closed.read('key', 2)).toBe(2);
  });

  it('store nothing when the cache was closed while they were loading', async () => {
    const { engine, read } = createEngine();
    const gate = new Gate();
    const loading = read('key', () => gate.opened.then(() => 1), [product]);
    engine.close();
    gate.open();
    expect([await loading, engine.entries, engine.knows(product)]).toEqual([1, 0, false]);
  });
});

describe('values that no load produced', () => {
  it('are valid unless one of their tags was written after the position they were computed at', async () => {
    const { engine, writes } = createEngine();
    const before = engine.takePosition();
    void writes.invalidate({ touches: [product], sweeps: [] });
    engine.put(key('too old'), 1, { ttlMs: Infinity, tags: [product], token: before });
    engine.put(key('other tag'), 1, { ttlMs: Infinity, tags: [author], token: before });
    engine.put(key('new enough'), 1, { ttlMs: Infinity, tags: [product], token: engine.takePosition() });
    expect(engine.lookup(key('too old'))).toBeUndefined();
    expect(engine.lookup(key('other tag'))).toBeDefined();
    expect(engine.lookup(key('new enough'))).toBeDefined();
  });

  it('are judged by everything that was forgotten when their position is long past', async () => {
    const { engine, writes, clock } = createEngine();
    const before = engine.takePosition();
    clock.advance(60_000);
    void writes.invalidate({ touches: [product], sweeps: [] });
    engine.put(key('old'), 1, { ttlMs: Infinity, tags: [product], token: before });
    expect(engine.lookup(key('old'))).toBeUndefined();
  });

  it('let go of their tags when they leave, or memory would fill with what nobody depends on', () => {
    const { engine } = createEngine();
    engine.put(key('left'), 1, { ttlMs: Infinity, tags: [product], token: engine.position });
    expect(engine.knows(product)).toBe(true);
    engine.delete(key('left'));
    expect(engine.knows(product)).toBe(false);
  });
});

describe('emptying the cache', () => {
  it('reaches what is stored and what is being loaded, of this prefix only', async () => {
    const { engine, writes, read, log } = createEngine();
    const neighbour = createEngine({ prefix: 'neighbour', log });
    await read('stored', 1);
    await neighbour.read('stored', 1);
    const gate = new Gate();
    const loading = read('loading', () => gate.opened.then(() => 1));
    void writes.invalidate(engine.clearing);
    gate.open();
    await loading;
    expect(engine.entries).toBe(0);
    expect(neighbour.engine.entries).toBe(1);
  });
});

describe('an answer made of one whose load was running already', () => {
  it('depends on what that depends on', async () => {
    const { read, writes } = createEngine();
    const gate = new Gate();
    const running = read('inner', () => gate.opened.then(() => 1), [product]);
    await turn();
    const outer = read('outer', () => read('inner', 2, [product]));
    await turn();
    gate.open();
    expect([await running, await outer]).toEqual([1, 1]);
    void writes.invalidate({ touches: [product], sweeps: [] });
    expect(await read('outer', 3)).toBe(3);
  });

  it('depends on it also where another began because the first was too old', async () => {
    const { read, writes } = createEngine();
    const gates = [new Gate(), new Gate()];
    let loads = 0;
    const load = (): Promise<number> => {
      const at = loads++;
      return gates[at].opened.then(() => at);
    };
    const running = read('inner', load, [product]);
    await turn();
    void writes.invalidate({ touches: [product], sweeps: [] });
    const outers = ['one', 'other'].map((name) => read(name, () => read('inner', load, [product])));
    await turn();
    gates[0].open();
    await running;
    await turn();
    gates[1].open();
    expect([await Promise.all(outers), loads]).toEqual([[1, 1], 2]);
    void writes.invalidate({ touches: [product], sweeps: [] });
    expect([await read('one', 3), await read('other', 3)]).toEqual([3, 3]);
  });
});

describe('the write path', () => {
  it('tells a log that joins between mark and release what is pending', async () => {
    const { writes } = createEngine();
    const mark = writes.mark({ touches: [product], sweeps: [] });
    const late = createEngine();
    writes.attach(late.log);
    await late.read('key', 1, [product]);
    expect(late.engine.entries).toBe(0);
    mark.release({ touches: [product], sweeps: [] });
    await late.read('key', 2, [product]);
    expect(late.engine.entries).toBe(1);
  });

  it('tells a log until the last of those has left who attached it, each of whom leaves once', async () => {
    const { read, log, writes } = createEngine();
    const leave = writes.attach(log);
    await read('key', 1, [product]);
    leave();
    leave();
    void writes.invalidate({ touches: [product], sweeps: [] });
    expect(await read('key', 2, [product])).toBe(2);
  });

  it('announces a mark when every log has it', async () => {
    const writes = new WritePath();
    const gates = [new Gate(), new Gate()];
    for (const { opened } of gates) {
      const log = { catchUp() {}, mark: () => opened, release() {} };
      writes.attach(log as unknown as FollowedLog);
    }
    const mark = writes.mark({ touches: [product], sweeps: [] });
    let isAnnounced = false;
    const announced = writes.announced()!.then(() => (isAnnounced = true));
    gates[0].open();
    await turn();
    expect(isAnnounced).toBe(false);
    gates[1].open();
    await announced;
    mark.withdraw();
  });

  it('releases a mark once, whatever is called how often', () => {
    const { writes, log } = createEngine();
    const mark = writes.mark({ touches: [product], sweeps: [] });
    mark.withdraw();
    const position = log.position;
    mark.release({ touches: [product], sweeps: [] });
    expect(log.position).toBe(position);
    expect(writes.openMarks).toBe(0);
  });
});

/** Resolves when what has been set going has come as far as it can. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
