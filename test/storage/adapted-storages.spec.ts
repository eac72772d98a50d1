import { describe, expect, it } from '@jest/globals';
import { createCache } from 'cache-manager';
import { Keyv } from 'keyv';
import { EventEmitter } from 'node:events';
import { cacheManagerStorage } from '../../lib/storage/keyv/cache-manager-storage.js';
import { keyvStorage } from '../../lib/storage/keyv/keyv-storage.js';
import type { CacheStorage } from '../../lib/storage/storage.js';

const LONG_MS = 600_000;

const bytesOf = (text: string) => Buffer.from(text);

async function textIn(storage: CacheStorage, key: string): Promise<string | undefined> {
  const bytes = await storage.get(key);
  return bytes && Buffer.from(bytes).toString();
}

/** Both libraries on one Keyv. */
const ADAPTERS: readonly (readonly [name: string, adapt: (keyv: Keyv) => CacheStorage])[] = [
  ['keyvStorage()', (keyv) => keyvStorage(keyv)],
  ['cacheManagerStorage()', (keyv) => cacheManagerStorage(createCache({ stores: [keyv] }))],
];

/** An adapter of Keyv that treats its keys as some databases do. */
class FoldingStore extends EventEmitter {
  readonly opts = {};
  private readonly kept = new Map<string, unknown>();

  get(key: string) {
    return this.kept.get(key.toLowerCase());
  }

  set(key: string, value: unknown) {
    this.kept.set(key.toLowerCase(), value);
  }

  delete(key: string) {
    return this.kept.delete(key.toLowerCase());
  }

  clear(): void {
    throw new Error('This takes what others keep');
  }
}

/** A column that is too short, in a database that cuts in silence. */
class CuttingStore extends FoldingStore {
  override set(key: string, value: string) {
    const { value: text, ...rest } = JSON.parse(value) as { value: string };
    super.set(key, JSON.stringify({ ...rest, value: text.slice(0, 30) }));
  }
}

/** An adapter that tells of its failures by events alone, as that of Redis does, and answers as if nothing had been. */
class WhisperingStore extends FoldingStore {
  isBroken = false;

  private whisper<T>(call: () => T, otherwise: T): T {
    if (!this.isBroken) return call();
    this.emit('error', new Error('connection lost'));
    return otherwise;
  }

  override get(key: string) {
    return this.whisper(() => super.get(key), undefined);
  }

  override set(key: string, value: unknown) {
    this.whisper(() => super.set(key, value), undefined);
  }

  override delete(key: string) {
    return this.whisper(() => super.delete(key), false);
  }

  getMany(keys: string[]) {
    return keys.map((key) => this.get(key));
  }
}

/** An adapter whose every call rejects. */
class ThrowingStore extends FoldingStore {
  override get(): never {
    throw new Error('connection lost');
  }

  override set(): never {
    throw new Error('connection lost');
  }

  override delete(): never {
    throw new Error('connection lost');
  }
}

describe.each(ADAPTERS)('%s', (_name, adapt) => {
  it('leaves alone what others keep in the same store, under whatever keys', async () => {
    const keyv = new Keyv();
    const storage = adapt(keyv);
    for (const key of ['session', 'zoo:session']) await keyv.set(key, { user: 7 });
    await storage.set('zoo:answer', bytesOf('gone'), LONG_MS);

    expect(await storage.get('zoo:session')).toBeUndefined();
    expect(await storage.getMany!(['zoo:session'])).toEqual([undefined]);
    expect(await storage.delete('zoo:session:2')).toBe(false);
    for (const prefix of ['zoo:', '']) {
      await storage.set('zoo:answer', bytesOf('gone'), LONG_MS);
      await storage.clear(prefix);
      expect(await storage.get('zoo:answer')).toBeUndefined();
      for (const key of ['session', 'zoo:session']) expect(await keyv.get(key)).toEqual({ user: 7 });
    }
  });

  it('finds a key that begins with the namespace of the Keyv, which is prepended to some calls and not to others', async () => {
    const storage = adapt(new Keyv({ namespace: 'zoo' }));
    await storage.set('zoo:a', bytesOf('one'), LONG_MS);
    await storage.set('b', bytesOf('two'), LONG_MS);
    expect(await storage.getMany!(['zoo:a', 'b'])).toEqual([bytesOf('one'), bytesOf('two')]);
    expect(await storage.get('a')).toBeUndefined();
    await storage.clear('zoo:');
    expect([await textIn(storage, 'zoo:a'), await textIn(storage, 'b')]).toEqual([undefined, 'two']);
  });

  it('clears without a namespace and with one in several parts, although Keyv then tells other keys', async () => {
    for (const namespace of [undefined, 'one:two']) {
      const storage = adapt(new Keyv({ namespace }));
      for (const key of ['zoo:1', 'zoo:2', 'ape:1']) await storage.set(key, bytesOf(key), LONG_MS);
      await storage.clear('zoo:');
      expect(await storage.getMany!(['zoo:1', 'zoo:2', 'ape:1'])).toEqual([undefined, undefined, bytesOf('ape:1')]);
    }
  });

  it('clears more keys than are deleted at once, and has done so when it says so', async () => {
    class SlowStore extends Map<string, unknown> {
      override delete(key: string): never {
        return new Promise((resolve) => setImmediate(() => resolve(super.delete(key)))) as never;
      }
    }
    const kept = new SlowStore();
    const storage = adapt(new Keyv({ store: kept }));
    for (let at = 0; at < 250; at++) await storage.set(`zoo:${at}`, bytesOf('gone'), LONG_MS);
    await storage.set('ape', bytesOf('here'), LONG_MS);
    await storage.clear('zoo:');
    expect([...kept.keys()]).toEqual(['keyv:ape']);
  });

  it.each([
    ['takes two keys for one', new FoldingStore(), 'ZOO'],
    ['cuts what it keeps', new CuttingStore(), 'zoo'],
  ])(
    'has nothing where the store %s, rather than the bytes of another or half of its own',
    async (_what, store, key) => {
      const storage = adapt(new Keyv({ store }));
      await storage.set('zoo', bytesOf('forty characters that do not fit into it'), LONG_MS);
      expect(await storage.get(key)).toBeUndefined();
      expect(await storage.getMany!([key])).toEqual([undefined]);
    },
  );

  it('keeps what a store cannot list until its lifetime is over, and does not take what others keep instead', async () => {
    const storage = adapt(new Keyv({ store: new FoldingStore() }));
    await storage.set('zoo', bytesOf('still here'), LONG_MS);
    await storage.clear('');
    expect(await textIn(storage, 'zoo')).toBe('still here');
  });

  it('gives each key its own lifetime, and not the one that the store has for those without', async () => {
    const kept = new Map<string, unknown>();
    const storage = adapt(new Keyv({ store: kept, ttl: 5_000, serialize: undefined }));
    const expires = (key: string) => (kept.get(`keyv:${key}`) as { expires?: number }).expires;
    await storage.set('endless', bytesOf('here'), Infinity);
    await storage.set('long', bytesOf('here'), LONG_MS);
    await storage.set('short', bytesOf('here'), 0.2);
    expect(expires('endless')).toBeUndefined();
    expect(expires('long')! - Date.now()).toBeGreaterThan(5_000);
    expect(Number.isInteger(expires('short'))).toBe(true);
  });

  it('rejects when the store whispers of an error, because an error answered as a miss would be counted as one', async () => {
    const store = new WhisperingStore();
    const storage = adapt(new Keyv({ store }));
    await storage.set('zoo', bytesOf('here'), LONG_MS);
    store.isBroken = true;
    const calls = [
      () => storage.get('zoo'),
      () => storage.getMany!(['zoo']),
      () => storage.set('zoo', bytesOf('there'), LONG_MS),
      () => storage.delete('zoo'),
    ];
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({ cause: expect.objectContaining({ message: 'connection lost' }) });
    }
    store.isBroken = false;
    expect(await textIn(storage, 'zoo')).toBe('here');
  });

  it('rejects or has nothing when the store throws, as Keyv does', async () => {
    const storage = adapt(new Keyv({ store: new ThrowingStore() }));
    expect(await storage.get('zoo')).toBeUndefined();
    expect(await storage.getMany!(['zoo'])).toEqual([undefined]);
    await expect(storage.set('zoo', bytesOf('here'), LONG_MS)).rejects.toThrow('reported an error');
    await expect(storage.delete('zoo')).rejects.toThrow('reported an error');
  });

  it('stops listening when it is closed, and leaves the store open', async () => {
    const keyv = new Keyv();
    const before = keyv.listeners('error').length;
    const storage = adapt(keyv);
    expect(keyv.listeners('error')).toHaveLength(before + 1);
    await storage.close!();
    await storage.close!();
    expect(keyv.listeners('error')).toHaveLength(before);
    await keyv.set('session', 'open');
    expect(await keyv.get('session')).toBe('open');
  });

  it('refuses options that nobody reads', () => {
    expect(() => adapt(new Keyv())).not.toThrow();
    expect(() => keyvStorage(new Keyv(), { reach: 'planet' as 'network' })).toThrow(
      "'process' or 'machine' or 'network'",
    );
    expect(() => cacheManagerStorage(createCache(), { range: 1 } as object)).toThrow('range');
  });
});

describe('A store that refuses', () => {
  it('makes set reject, because nobody would look for what was never kept', async () => {
    const store = Object.assign(new FoldingStore(), { set: () => false });
    await expect(keyvStorage(new Keyv({ store })).set('zoo', bytesOf('here'), LONG_MS)).rejects.toThrow('did not take');
  });
});

describe('A store that tells what it deleted', () => {
  it('tells one of those who delete at once, so that only one takes what was there', async () => {
    const storage = keyvStorage(new Keyv());
    await storage.set('zoo', bytesOf('here'), LONG_MS);
    expect(await Promise.all([storage.delete('zoo'), storage.delete('zoo')])).toEqual([true, false]);
  });
});

describe('The reach of an adapted store', () => {
  /** A store in memory that is known by its name. */
  class CacheableMemory extends FoldingStore {}

  it.each([
    ['a Map', new Keyv(), 'process'],
    ['a memory store of cacheable', new Keyv({ store: new CacheableMemory() }), 'process'],
    ['any other store, since it may be shared', new Keyv({ store: new FoldingStore() }), 'network'],
  ])('is that of %s', (_what, keyv, reach) => {
    expect(keyvStorage(keyv).reach).toBe(reach);
    expect(cacheManagerStorage(createCache({ stores: [keyv] })).reach).toBe(reach);
  });

  it('is that of the store which is shared most widely, when there are several', () => {
    const stores = [new Keyv(), new Keyv({ store: new FoldingStore() })];
    expect(cacheManagerStorage(createCache({ stores })).reach).toBe('network');
    expect(cacheManagerStorage(createCache({ stores: [new Keyv(), new Keyv()] })).reach).toBe('process');
  });

  it('is what the application says it is', () => {
    expect(keyvStorage(new Keyv({ store: new FoldingStore() }), { reach: 'machine' }).reach).toBe('machine');
    expect(cacheManagerStorage(createCache(), { reach: 'network' }).reach).toBe('network');
  });
});

describe('A cache of several stores', () => {
  it('answers from the first that holds a key, and sets, deletes and clears in all', async () => {
    const [front, shared] = [new Keyv({ namespace: 'front' }), new Keyv({ namespace: 'shared' })];
    const storage = cacheManagerStorage(createCache({ stores: [front, shared] }));
    await storage.set('zoo', bytesOf('here'), LONG_MS);
    for (const one of [front, shared]) expect(await textIn(keyvStorage(one), 'zoo')).toBe('here');

    await keyvStorage(shared).set('zoo', bytesOf('from elsewhere'), LONG_MS);
    expect(await textIn(storage, 'zoo')).toBe('here');
    await front.delete('zoo');
    expect(await textIn(storage, 'zoo')).toBe('from elsewhere');

    await front.set('other', 'left alone');
    await storage.clear('');
    expect([await shared.get('zoo'), await front.get('other')]).toEqual([undefined, 'left alone']);
  });
});

/** A Keyv of version 4: an EventEmitter, of which an error that nobody hears is thrown, and whose get takes many keys. */
class FormerKeyv extends EventEmitter {
  readonly opts = { store: new Map<string, unknown>() };

  get(keys: string): Promise<unknown>;
  get(keys: string[]): Promise<unknown[]>;
  async get(keys: string | string[]) {
    return typeof keys === 'string' ? this.opts.store.get(keys) : keys.map((key) => this.opts.store.get(key));
  }

  async set(key: string, value: unknown) {
    return this.opts.store.set(key, value) !== undefined;
  }

  async delete(key: string) {
    return this.opts.store.delete(key);
  }
}

describe('Keyv 4', () => {
  it('is asked for many keys as it takes them, and its errors end no process', async () => {
    const keyv = new FormerKeyv();
    const storage = keyvStorage(keyv);
    await storage.set('zoo', bytesOf('here'), LONG_MS);
    expect(await storage.getMany!(['ape', 'zoo'])).toEqual([undefined, bytesOf('here')]);
    expect(() => keyv.emit('error', new Error('connection lost'))).not.toThrow();
  });
});

describe('The first releases of cache-manager 6', () => {
  it('are asked for many keys at once, where their own way takes one after the other', async () => {
    const { get, set, del } = createCache();
    let [asked, answered, most] = [0, 0, 0];
    const counting = async <T>(key: string): Promise<T | undefined> => {
      most = Math.max(most, ++asked - answered);
      const value = await get<T>(key);
      answered++;
      return value;
    };
    const mget = async (keys: string[]): Promise<unknown[]> => {
      const values: unknown[] = [];
      for (const key of keys) values.push(await counting(key));
      return values;
    };
    const storage = cacheManagerStorage({ get: counting, mget, set, del } as Parameters<typeof cacheManagerStorage>[0]);
    await storage.getMany!(['ape', 'bee', 'zoo']);
    expect(most).toBe(3);
  });

  it('are asked key by key, and what they hold is left when it is cleared', async () => {
    const { get, set, del } = createCache();
    const storage = cacheManagerStorage({ get, set, del });
    await storage.set('zoo', bytesOf('here'), LONG_MS);
    await storage.clear('');
    expect(await storage.getMany!(['ape', 'zoo'])).toEqual([undefined, bytesOf('here')]);
    expect([await storage.delete('zoo'), await storage.delete('zoo')]).toEqual([true, false]);
    expect(storage.reach).toBe('network');
  });
});

describe('A wrong argument', () => {
  const keyv = new Keyv();
  const cache = createCache();

  it.each([
    ['nothing', undefined, 'undefined', 'new Keyv(store)'],
    ['a URL', 'redis://localhost', "'redis://localhost'", 'new Keyv(store)'],
    ['a store without its Keyv', new Map(), 'Map', 'new Keyv(store)'],
    ['an adapter without its Keyv', new FoldingStore(), 'FoldingStore', 'new Keyv(store)'],
    ['a cache of cache-manager', cache, 'Object', 'cacheManagerStorage(cache)'],
  ])('of keyvStorage() is refused with what to write instead: %s', (_what, argument, named, advice) => {
    const adapt = () => keyvStorage(argument as unknown as Keyv);
    expect(adapt).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', subject: named }));
    expect(adapt).toThrow(advice);
  });

  it.each([
    ['nothing', null, 'null', 'createCache('],
    ['a Keyv', keyv, 'Keyv', 'keyvStorage(keyv)'],
    ['a store without its cache', { get: () => 1 }, 'Object', 'createCache('],
  ])('of cacheManagerStorage() is refused with what to write instead: %s', (_what, argument, named, advice) => {
    const adapt = () => cacheManagerStorage(argument as unknown as typeof cache);
    expect(adapt).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', subject: named }));
    expect(adapt).toThrow(advice);
  });
});
