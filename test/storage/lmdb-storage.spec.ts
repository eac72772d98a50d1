import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBootId } from '../../lib/drivers/lmdb/data-file.js';
import { LmdbEnvironment } from '../../lib/drivers/lmdb/lmdb-environment.js';
import { openLmdbStorage, type LmdbStorage } from '../../lib/storage/lmdb/lmdb-storage.js';
import { storageConformance } from '../../lib/testing/index.js';
import { CompiledLibrary } from '../support/compiled-library.js';
import { closedAfterTest, freshDirectory } from '../support/lmdb.js';

const MINUTE = 60_000;
const MEBIBYTE = 1024 ** 2;

const bytes = (text: string) => Buffer.from(text);

/** A clock that the test moves. */
class SetClock {
  time = 1_700_000_000_000;
  now(): number {
    return this.time;
  }
}

interface Opened {
  readonly directory: string;
  readonly url: string;
  readonly clock: SetClock;
  readonly storage: LmdbStorage;
}

async function openStorage({ directory = freshDirectory(), maxBytes = '64mb' } = {}): Promise<Opened> {
  const url = `lmdb:${directory}?maxBytes=${maxBytes}`;
  const clock = new SetClock();
  return { directory, url, clock, storage: closedAfterTest(await openLmdbStorage(url, clock)) };
}

async function textAt(storage: LmdbStorage, key: string): Promise<string | undefined> {
  const found = await storage.get(key);
  return found && Buffer.from(found).toString();
}

/** How many values rest in a directory, expired ones included. */
async function valuesIn(directory: string): Promise<number> {
  const environment = await LmdbEnvironment.open({ directory, maxBytes: MEBIBYTE });
  const { entries } = environment.tables;
  entries.resetReadTxn();
  const values = entries.getKeysCount({ start: Buffer.alloc(1) });
  await environment.close();
  return values;
}

const sizeOf = (directory: string) =>
  readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);

describe('A storage in LMDB', () => {
  it('keeps values for their lifetime, however the wall clock is set, unless its file outlives the kernel', async () => {
    const storage = closedAfterTest(await openLmdbStorage(`lmdb:${freshDirectory()}`));
    const now = jest.spyOn(Date, 'now');
    try {
      await storage.set('key', bytes('value'), MINUTE);
      now.mockReturnValue(Date.now() + 2 * MINUTE);
      expect(await textAt(storage, 'key')).toBe(readBootId() === undefined ? undefined : 'value');
    } finally {
      now.mockRestore();
    }
  });

  it('hands out what was last stored, and copies that are their readers own', async () => {
    const { storage } = await openStorage();
    expect(storage.reach).toBe('machine');
    expect(await storage.get('a')).toBeUndefined();
    for (const size of [0, 10, 1000, 40_000, 17 * MEBIBYTE]) {
      await storage.set('a', Buffer.alloc(size, 1), MINUTE);
      const first = (await storage.get('a'))!;
      const second = (await storage.get('a'))!;
      first.fill(2);
      await storage.set('a', Buffer.alloc(size, 3), MINUTE);
      await storage.get('a');
      expect(Buffer.from(second).equals(Buffer.alloc(size, 1))).toBe(true);
    }
  });

  it('hands out several values in the order of their keys', async () => {
    const { storage } = await openStorage();
    await Promise.all([storage.set('a', bytes('1'), MINUTE), storage.set('b', bytes('2'), MINUTE)]);
    expect(await storage.getMany(['b', 'c', 'a', 'b'])).toEqual([bytes('2'), undefined, bytes('1'), bytes('2')]);
  });

  it('forgets a key, and says whether it held something', async () => {
    const { storage, clock } = await openStorage();
    await storage.set('a', bytes('1'), MINUTE);
    expect(await storage.delete('a')).toBe(true);
    expect(await storage.get('a')).toBeUndefined();
    expect(await storage.delete('a')).toBe(false);
    await storage.set('a', bytes('1'), MINUTE);
    clock.time += MINUTE;
    expect(await storage.delete('a')).toBe(false);
  });

  it('tells keys apart whatever is in them, and however long they are', async () => {
    const { storage } = await openStorage();
    const long = 'shop:' + 'k'.repeat(3000);
    const keys = ['', 'a', 'a\0', 'a\0b', '\u{1f427}', '\ud83d', '\udc27', '\ufffd', 'é', 'e\u0301'];
    keys.push(
      long,
      `${long}1`,
      `${long}2`,
      long.slice(0, 1900),
      long.slice(0, 1901),
      'é'.repeat(1000),
      'é'.repeat(1001),
    );
    for (const [index, key] of keys.entries()) await storage.set(key, bytes(String(index)), MINUTE);
    for (const [index, key] of keys.entries()) expect(await textAt(storage, key)).toBe(String(index));
  });

  describe('whose values expire', () => {
    it('has nothing from the moment of expiry on', async () => {
      const { storage, clock } = await openStorage();
      await storage.set('minute', bytes('1'), MINUTE);
      await storage.set('always', bytes('2'), Infinity);
      clock.time += MINUTE - 1;
      expect(await textAt(storage, 'minute')).toBe('1');
      clock.time += 1;
      expect(await storage.get('minute')).toBeUndefined();
      expect(await storage.getMany(['minute'])).toEqual([undefined]);
      clock.time += 1e12;
      expect(await textAt(storage, 'always')).toBe('2');
    });

    it('drops what has expired as others are stored, without looking for it', async () => {
      const { storage, clock, directory } = await openStorage();
      await Promise.all(Array.from({ length: 500 }, (_, i) => storage.set(`old:${i}`, bytes('1'), MINUTE)));
      clock.time += MINUTE;
      await Promise.all(Array.from({ length: 500 }, (_, i) => storage.set(`new:${i}`, bytes('1'), MINUTE)));
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < 64; i++) await storage.set('same', bytes('1'), MINUTE);
      }
      expect(await valuesIn(directory)).toBe(501);
    });

    it('leaves what was stored again since, when the time of the former value comes', async () => {
      const { storage, clock } = await openStorage();
      await storage.set('a', bytes('former'), MINUTE);
      await storage.set('a', bytes('latter'), 10 * MINUTE);
      clock.time += MINUTE;
      for (let i = 0; i < 64; i++) await storage.set('same', bytes('1'), MINUTE);
      expect(await textAt(storage, 'a')).toBe('latter');
    });
  });

  describe('with more than fits', () => {
    it('keeps what was stored last, and a file that grows no further', async () => {
      const { storage, directory, clock } = await openStorage({ maxBytes: '4mb' });
      const sizes: number[] = [];
      let stored = 0;
      for (let round = 0; round < 8; round++) {
        for (let burst = 0; burst < 40; burst++) {
          clock.time++;
          await Promise.all(
            Array.from({ length: 50 }, () => storage.set(`key:${stored++}`, Buffer.alloc(1000, 1), MINUTE)),
          );
        }
        sizes.push(sizeOf(directory));
      }
      expect(await storage.get(`key:${stored - 1}`)).toBeDefined();
      expect(await storage.get(`key:${stored - 1500}`)).toBeDefined();
      expect(await storage.get('key:0')).toBeUndefined();
      expect(sizes.at(-1)).toBeLessThan(12 * MEBIBYTE);
      expect(sizes.at(-1)! - sizes[3]).toBeLessThan(2 * MEBIBYTE);
    });

    it('keeps as much of large values, of which few fit', async () => {
      const { storage, directory, clock } = await openStorage({ maxBytes: '4mb' });
      const keys = Array.from({ length: 100 }, (_, at) => `key:${at}`);
      for (const [at, key] of keys.entries()) {
        clock.time++;
        await storage.set(key, Buffer.alloc(200_000, 1), MINUTE);
        const held = (await storage.getMany(keys)).filter((value) => value !== undefined).length;
        expect([at, held > Math.min(at, 15), held <= 22]).toEqual([at, true, true]);
      }
      expect(await storage.getMany(keys.slice(-16))).not.toContain(undefined);
      expect(sizeOf(directory)).toBeLessThan(12 * MEBIBYTE);
    });

    it('drops the oldest of what never expires', async () => {
      const { storage, clock } = await openStorage({ maxBytes: '1mb' });
      for (let i = 2000; i > 0; i--) {
        clock.time++;
        await storage.set(`key:${i}`, Buffer.alloc(1000, 1), Infinity);
      }
      expect(await storage.getMany(['key:2000', 'key:1999', 'key:1000'])).toEqual([undefined, undefined, undefined]);
      expect(await storage.getMany(['key:1', 'key:2', 'key:200'])).not.toContain(undefined);
    });
  });

  describe('cleared', () => {
    it('by prefix forgets the keys that start with it, and no other', async () => {
      const { storage } = await openStorage();
      const others = ['shop', 'shop9', 'shop;', 'shoq:1', 'a', 'shopé'];
      const keys = ['shop:', 'shop:1', 'shop:\u{10ffff}', 'shop:\ud800', `shop:${'k'.repeat(5000)}`];
      for (const key of [...others, ...keys]) await storage.set(key, bytes('1'), MINUTE);
      await storage.clear('shop:');
      expect(await storage.getMany(keys)).toEqual(keys.map(() => undefined));
      expect(await storage.getMany(others)).not.toContain(undefined);
    });

    it('forgets more keys than one commit removes', async () => {
      const { storage, directory } = await openStorage();
      await Promise.all(Array.from({ length: 2500 }, (_, i) => storage.set(`shop:${i}`, bytes('1'), MINUTE)));
      await storage.set('other', bytes('1'), MINUTE);
      await storage.clear('shop:');
      expect(await valuesIn(directory)).toBe(1);
    });

    it('by a prefix longer than what is readable of a key forgets all that may start with it', async () => {
      const { storage } = await openStorage();
      const prefix = 'p'.repeat(2500);
      await storage.set(`${prefix}1`, bytes('1'), MINUTE);
      await storage.set('p', bytes('1'), MINUTE);
      await storage.clear(prefix);
      expect(await storage.get(`${prefix}1`)).toBeUndefined();
      expect(await storage.get('p')).toBeDefined();
    });

    it('by no prefix forgets everything', async () => {
      const { storage, directory } = await openStorage();
      await Promise.all(['', 'a', '\u{10ffff}'].map((key) => storage.set(key, bytes('1'), MINUTE)));
      await storage.clear('');
      expect(await valuesIn(directory)).toBe(0);
    });
  });

  it('adds only to what holds nothing', async () => {
    const { storage, clock } = await openStorage();
    expect(await storage.add('a', bytes('1'), MINUTE)).toBe(true);
    expect(await storage.add('a', bytes('2'), MINUTE)).toBe(false);
    clock.time += MINUTE;
    expect(await storage.add('a', bytes('3'), MINUTE)).toBe(true);
    expect(await textAt(storage, 'a')).toBe('3');
  });

  it('gives a value another lifetime, from now on', async () => {
    const { storage, clock } = await openStorage();
    expect(await storage.touch('a', MINUTE)).toBe(false);
    await storage.set('a', bytes('1'), MINUTE);
    clock.time += MINUTE - 1;
    expect(await storage.touch('a', MINUTE)).toBe(true);
    clock.time += MINUTE - 1;
    for (let i = 0; i < 64; i++) await storage.set('same', bytes('1'), MINUTE);
    expect(await textAt(storage, 'a')).toBe('1');
    clock.time += 1;
    expect(await storage.touch('a', MINUTE)).toBe(false);
    expect(await storage.get('a')).toBeUndefined();
  });

  it('counts, and keeps the lifetime of what it counts', async () => {
    const { storage, clock } = await openStorage();
    expect(await storage.increment('a', 2, 40)).toBe(42);
    expect(await storage.increment('a', -50, 0)).toBe(-8);
    expect(await textAt(storage, 'a')).toBe('-8');
    await storage.set('b', bytes('7'), MINUTE);
    expect(await storage.increment('b', 1, 0)).toBe(8);
    clock.time += MINUTE;
    expect(await storage.increment('b', 1, 0)).toBe(1);
    for (const text of ['text', '', '1.5', String(Number.MAX_SAFE_INTEGER)]) {
      await storage.set('c', bytes(text), MINUTE);
      expect(await storage.increment('c', 1, 0)).toBeUndefined();
      expect(await textAt(storage, 'c')).toBe(text);
    }
  });

  it('moves to the file that is there when its directory was removed', async () => {
    const { storage, directory } = await openStorage();
    rmSync(directory, { recursive: true });
    mkdirSync(directory);
    await new Promise((resolve) => setImmediate(resolve));
    for (let i = 0; i < 200; i++) await storage.set(`key:${i}`, bytes('1'), MINUTE);
    expect(await valuesIn(directory)).toBeGreaterThan(0);
  });

  it('may be closed twice, and rejects from then on', async () => {
    const { storage } = await openStorage();
    await storage.close();
    await storage.close();
    await expect(storage.get('a')).rejects.toThrow(/is closed/);
    await expect(storage.set('a', bytes('1'), 1)).rejects.toThrow(/is closed/);
  });

  describe('as any other', () => {
    const directory = mkdtempSync(join(tmpdir(), 'zoocache-lmdb-'));
    afterAll(() => rmSync(directory, { recursive: true }));
    const open = () => openLmdbStorage(`lmdb:${directory}`);
    it.each(storageConformance(open, { capabilities: ['getMany', 'add', 'increment'] }))('$title', async ({ run }) => {
      await expect(run()).resolves.toBeUndefined();
    });
  });

  describe('among processes', () => {
    let library: CompiledLibrary;
    beforeAll(() => {
      library = CompiledLibrary.of(['errors', 'support', 'drivers', 'storage']);
    });
    afterAll(() => library.remove());

    const opening = (url: string) => `
      import { openLmdbStorage } from './lib/storage/lmdb/lmdb-storage.js';
      const storage = await openLmdbStorage(${JSON.stringify(url)});`;

    it('outlives the one that stored', async () => {
      const url = `lmdb:${freshDirectory()}`;
      library.run(`${opening(url)}
        await storage.set('a', Buffer.from('1'), 60_000);
        process.exit();`);
      const storage = closedAfterTest(await openLmdbStorage(url));
      expect(await textAt(storage, 'a')).toBe('1');
    });

    it('is whole when one of them is killed in the middle of writing', async () => {
      const url = `lmdb:${freshDirectory()}`;
      const storage = closedAfterTest(await openLmdbStorage(url));
      for (let round = 0; round < 3; round++) {
        const writer = library.start(`${opening(url)}
          for (let i = 0; ; i = (i + 1) % 2000) {
            if (i === 500) process.stdout.write('writing\\n');
            await Promise.all([1, 2, 3].map((part) => storage.set(part + ':' + i, Buffer.alloc(3000 * part, i), 60_000)));
          }`);
        await writer.line();
        await writer.kill();
        let found = 0;
        for (let i = 0; i < 2000; i++) {
          for (const part of [1, 2, 3]) {
            const value = await storage.get(`${part}:${i}`);
            if (value === undefined) continue;
            found++;
            if (!Buffer.from(value).equals(Buffer.alloc(3000 * part, i))) throw new Error(`${part}:${i} is torn`);
          }
        }
        expect(found).toBeGreaterThan(1000);
        await storage.set('after', bytes(String(round)), MINUTE);
        expect(await textAt(storage, 'after')).toBe(String(round));
      }
    });

    it('does not grow because of one that was killed while it read', async () => {
      const { storage, url, directory, clock } = await openStorage({ maxBytes: '2mb' });
      await storage.set('a', bytes('1'), MINUTE);
      const reader = library.start(`${opening(url)}
        storage.environment.tables.entries.useReadTransaction();
        process.stdout.write('reading\\n');
        process.stdin.resume();`);
      await reader.line();
      await reader.kill();
      for (let i = 0; i < 200; i++) {
        clock.time++;
        await Promise.all(Array.from({ length: 50 }, (_, j) => storage.set(`${i}:${j}`, Buffer.alloc(1000), MINUTE)));
      }
      expect(sizeOf(directory)).toBeLessThan(16 * MEBIBYTE);
    });

    it('counts each of their steps once, and lets one of them add', async () => {
      const url = `lmdb:${freshDirectory()}`;
      const storage = closedAfterTest(await openLmdbStorage(url));
      const program = `${opening(url)}
        process.stdout.write('ready\\n');
        process.stdin.once('data', async () => {
          let added = 0;
          for (let i = 0; i < 300; i++) {
            await storage.increment('count', 1, 0);
            if (await storage.add('lock:' + i, Buffer.from('1'), 60_000)) added++;
          }
          process.stdout.write(added + '\\n');
          await storage.close();
          process.exit();
        });`;
      const programs = [library.start(program), library.start(program)];
      for (const each of programs) await each.line();
      for (const each of programs) each.say('go');
      const added = await Promise.all(programs.map(async (each) => Number(await each.line())));
      expect(added[0] + added[1]).toBe(300);
      expect(await storage.increment('count', 0, 0)).toBe(600);
    });

    it('rejects what a full disk does not take, says why, and still reads', async () => {
      const url = `lmdb:${freshDirectory()}`;
      const program = library.start(
        `${opening(url)}
        await storage.set('a', Buffer.alloc(1000), 60_000);
        const outcomes = new Set();
        for (let i = 0; i < 10; i++) {
          const sets = Array.from({ length: 50 }, (_, j) => storage.set(i + ':' + j, Buffer.alloc(10_000), 60_000));
          for (const { status, reason } of await Promise.allSettled(sets)) outcomes.add(reason?.message ?? status);
        }
        process.stdout.write(JSON.stringify([...outcomes]) + '\\n');
        process.stdout.write((await storage.get('a')).length + '\\n');
        await storage.close();`,
        ['sh', '-c', `trap '' XFSZ; ulimit -f 4000; exec "${process.execPath}" "$0"`],
      );
      const [success, ...reasons] = JSON.parse(await program.line()) as string[];
      expect(success).toBe('fulfilled');
      expect(reasons.length).toBeGreaterThan(0);
      for (const reason of reasons) expect(reason).toMatch(/Input\/output error|File too large/);
      expect(await program.line()).toBe('1000');
      expect(await program.ended).toBe(0);
    });
  });
});
