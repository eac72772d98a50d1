import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  dataFileOf,
  identityOf,
  noticeOf,
  readBootId,
  removeFile,
  writerFlagOf,
} from '../../lib/drivers/lmdb/data-file.js';
import { LmdbEnvironment } from '../../lib/drivers/lmdb/lmdb-environment.js';
import { FORGOTTEN, INCARNATION_CHANGED, type LogRecord, type NewRecord } from '../../lib/bus/invalidation-bus.js';
import { LmdbBus, openLmdbBus } from '../../lib/bus/lmdb/lmdb-bus.js';
import { LogKeys } from '../../lib/bus/lmdb/log-keys.js';
import { openLmdbStorage } from '../../lib/storage/lmdb/lmdb-storage.js';
import { machineClock } from '../../lib/support/clock.js';
import { busConformance } from '../../lib/testing/index.js';
import { CompiledLibrary } from '../support/compiled-library.js';
import { closedAfterTest, freshDirectory } from '../support/lmdb.js';

const prefix = 'shop';

const invalidate = (...touches: string[]): NewRecord => ({
  kind: 'invalidate',
  transactionId: '',
  invalidation: { touches, sweeps: [] },
});

const mark = (transactionId: string): NewRecord => ({
  kind: 'mark',
  transactionId,
  invalidation: { touches: ['Book'], sweeps: ['Book:'] },
  witness: `witness of ${transactionId}`,
  schemas: { 'postgres://shop': 'f1' },
});

const release = (transactionId: string): NewRecord => ({
  kind: 'release',
  transactionId,
  invalidation: { touches: ['Book:1'], sweeps: [] },
});

async function openBus(directory: string, options: { prefix?: string; maxRecords?: number } = {}): Promise<LmdbBus> {
  return closedAfterTest(await openLmdbBus(`lmdb:${directory}`, { prefix, ...options }));
}

/** A bus of its own environment, as another process has, whose clock the test moves. */
async function openWithClock(directory: string): Promise<{ bus: LmdbBus; clock: { time: number } }> {
  const clock = { time: 0, now: () => clock.time };
  const environment = await LmdbEnvironment.open({ directory, maxBytes: 1024 ** 2 }, { clock });
  return { bus: closedAfterTest(new LmdbBus(environment, { prefix })), clock };
}

const touchesOf = (records: readonly LogRecord[] | string) =>
  typeof records === 'string' ? records : records.map(({ invalidation }) => invalidation.touches[0]);

describe('A bus in LMDB', () => {
  it('begins with an empty log, in one incarnation for all who say hello', async () => {
    const directory = freshDirectory();
    const bus = await openBus(directory);
    expect(bus.reach).toBe('machine');
    const hellos = await Promise.all([bus.hello(), bus.hello(), (await openBus(directory)).hello()]);
    const [{ incarnation }] = hellos;
    for (const hello of hellos) {
      expect(hello).toEqual({ incarnation, position: 0, floor: 0, pending: [], quarantineMs: 0 });
    }
  });

  it('hands out records as they were appended, at positions that count by one', async () => {
    const bus = await openBus(freshDirectory());
    const { incarnation } = await bus.hello();
    const records = [mark('a'), invalidate('\ud800 é'), release('a')];
    expect(await bus.append(incarnation, records.slice(0, 1))).toBe(1);
    expect(await bus.append(incarnation, records.slice(1))).toBe(3);
    expect(await bus.append(incarnation, [])).toBe(3);
    const numbered = records.map((record, index) => ({ ...record, position: index + 1 }));
    expect(await bus.since(incarnation, 0)).toEqual(numbered);
    expect(await bus.since(incarnation, 2)).toEqual(numbered.slice(2));
    expect(await bus.since(incarnation, 3)).toEqual([]);
    expect(bus.head(incarnation)).toBe(3);
  });

  it('lets others go on while it hands out thousands', async () => {
    const bus = await openBus(freshDirectory());
    const { incarnation } = await bus.hello();
    await bus.append(
      incarnation,
      Array.from({ length: 5_000 }, (_, index) => invalidate(`Book:${index}`)),
    );
    let turns = 0;
    const counting = setInterval(() => turns++, 0);
    const records = await bus.since(incarnation, 0);
    clearInterval(counting);
    expect(touchesOf(records).at(-1)).toBe('Book:4999');
    expect(turns).toBeGreaterThan(1);
  });

  it('answers each of concurrent appends with the position of its own last record', async () => {
    const directory = freshDirectory();
    const buses = [await openBus(directory), await openBus(directory)];
    const { incarnation } = await buses[0].hello();
    const appends = Array.from({ length: 200 }, async (_, i) => {
      const records = Array.from({ length: (i % 3) + 1 }, () => invalidate(String(i)));
      return { i, last: await buses[i % 2].append(incarnation, records) };
    });
    for (const { i, last } of await Promise.all(appends)) {
      const own = touchesOf(await buses[1].since(incarnation, Number(last) - (i % 3) - 1)).slice(0, (i % 3) + 1);
      expect(own).toEqual(Array.from({ length: (i % 3) + 1 }, () => String(i)));
    }
    expect(buses[1].head(incarnation)).toBe(399);
  });

  it('appends nothing to another incarnation, and tells nothing of one', async () => {
    const bus = await openBus(freshDirectory());
    const { incarnation } = await bus.hello();
    const outcomes = [bus.append('another', [invalidate('A')]), bus.append(incarnation, [invalidate('B')])];
    expect(await Promise.all(outcomes)).toEqual([INCARNATION_CHANGED, 1]);
    expect(await bus.since('another', 0)).toBe(INCARNATION_CHANGED);
    expect(await bus.since(incarnation, 2)).toBe(INCARNATION_CHANGED);
    expect(bus.head('another')).toBeUndefined();
  });

  it('keeps marks that are open, however much is appended after them', async () => {
    const bus = await openBus(freshDirectory(), { maxRecords: 10 });
    const { incarnation } = await bus.hello();
    await bus.append(incarnation, [mark('a'), mark('b'), mark('c'), release('b')]);
    await bus.append(
      incarnation,
      Array.from({ length: 500 }, () => invalidate('A')),
    );
    await bus.append(incarnation, [release('c')]);
    const { floor, pending } = await bus.hello(incarnation);
    expect(floor).toBeGreaterThan(1);
    expect(pending).toEqual([{ ...mark('a'), position: 1 }]);
  });

  it('keeps so many records and a few more, and knows which it forgot', async () => {
    const directory = freshDirectory();
    const bus = await openBus(directory, { maxRecords: 1000 });
    const { incarnation } = await bus.hello();
    let position = 0;
    for (let i = 0; i < 40; i++) {
      position = Number(
        await bus.append(
          incarnation,
          Array.from({ length: 70 }, (_, j) => invalidate(String(position + j + 1))),
        ),
      );
    }
    const { floor } = await bus.hello();
    expect(position).toBe(2800);
    expect(position - floor).toBeGreaterThanOrEqual(1000);
    expect(position - floor).toBeLessThan(1000 + 256);
    expect(await bus.since(incarnation, floor - 1)).toBe(FORGOTTEN);
    expect(touchesOf(await bus.since(incarnation, floor))).toEqual(
      Array.from({ length: position - floor }, (_, i) => String(floor + i + 1)),
    );
    const environment = closedAfterTest(await LmdbEnvironment.open({ directory, maxBytes: 1024 ** 2 }));
    expect(environment.tables.log.getKeysCount({ start: Buffer.alloc(1) })).toBe(position - floor + 1);
  });

  it('shares its environment with a storage, and nothing with a bus of another prefix', async () => {
    const directory = freshDirectory();
    const storage = closedAfterTest(await openLmdbStorage(`lmdb:${directory}`));
    const shop = await openBus(directory);
    const others = await Promise.all(
      ['', 'sho', 'shop2', 'shop\u0002x'].map((other) => openBus(directory, { prefix: other })),
    );
    const { incarnation } = await shop.hello();
    await shop.append(incarnation, [mark('a')]);
    for (const other of others) {
      const hello = await other.hello();
      expect(hello).toMatchObject({ position: 0, pending: [] });
      expect(hello.incarnation).not.toBe(incarnation);
    }
    await storage.clear('');
    expect(await shop.hello()).toMatchObject({ incarnation, position: 1, pending: [mark('a')] });
  });

  it('wakes its followers when something was appended, until they leave', async () => {
    const directory = freshDirectory();
    const [bus, other] = [await openBus(directory), await openBus(directory, {})];
    const { incarnation } = await bus.hello();
    const woken = new Promise<void>((resolve) => {
      const leave = bus.follow(() => {
        leave();
        resolve();
      });
    });
    await other.append(incarnation, [invalidate('A')]);
    await expect(woken).resolves.toBeUndefined();
  });

  it('may be closed twice, and rejects from then on', async () => {
    const directory = freshDirectory();
    await openBus(directory);
    const bus = await openBus(directory);
    const { incarnation } = await bus.hello();
    const late = bus.append(incarnation, [invalidate('A')]);
    await bus.close();
    await bus.close();
    await expect(late).rejects.toThrow(/is closed/);
    await expect(bus.hello()).rejects.toThrow(/is closed/);
    await expect(bus.append(incarnation, [])).rejects.toThrow(/is closed/);
    await expect(bus.since(incarnation, 0)).rejects.toThrow(/is closed/);
    expect(bus.head(incarnation)).toBeUndefined();
  });

  it('begins another incarnation when the machine restarts, since the end of its log may be lost', async () => {
    const directory = freshDirectory();
    const incarnations: string[] = [];
    for (const bootId of ['00000000-1111-2222-3333-444444444444', '55555555-6666-7777-8888-999999999999']) {
      const dataFile = dataFileOf(bootId);
      const environment = await LmdbEnvironment.open({ directory, maxBytes: 1024 ** 2 }, { dataFile });
      const bus = new LmdbBus(environment, { prefix });
      const { incarnation } = await bus.hello();
      await bus.append(incarnation, [mark('a')]);
      incarnations.push(incarnation);
      expect(await bus.hello(incarnation)).toMatchObject({ incarnation, position: 1, quarantineMs: 0 });
      await bus.close();
    }
    expect(incarnations[1]).not.toBe(incarnations[0]);
  });

  it('is bypassed for no longer than a quarantine when its file outlives a life of the kernel, whose clock begins anew', async () => {
    const directory = freshDirectory();
    const dataFile = dataFileOf(undefined);
    const environment = await LmdbEnvironment.open({ directory, maxBytes: 1024 ** 2 }, { dataFile });
    const bus = closedAfterTest(new LmdbBus(environment, { prefix }));
    const head = ['of the former kernel', 0, machineClock.now() + 1e9];
    await environment.tables.log.put(new LogKeys(prefix).head, Buffer.from(JSON.stringify(head)), 0);
    expect(await bus.hello()).toMatchObject({ incarnation: 'of the former kernel', quarantineMs: 2000 });
  });

  describe('as any other', () => {
    const directory = mkdtempSync(join(tmpdir(), 'zoocache-lmdb-'));
    afterAll(() => rmSync(directory, { recursive: true, force: true }));
    const clock = { time: 0, now: () => clock.time };
    const open = async (name: string, maxRecords?: number) => {
      const place = { directory: join(directory, name), maxBytes: 1024 ** 2 };
      return new LmdbBus(await LmdbEnvironment.open(place, { clock }), { prefix, maxRecords });
    };
    const checks = busConformance(() => open('log'), {
      follows: true,
      smallLog: { open: () => open('small', 100), records: 100 },
      loseLog: () => {
        rmSync(join(directory, 'log'), { recursive: true });
        clock.time += 5;
      },
    });
    it.each(checks)('$title', async ({ run }) => {
      await expect(run()).resolves.toBeUndefined();
    });
  });

  describe('among processes', () => {
    let library: CompiledLibrary;
    beforeAll(() => {
      library = CompiledLibrary.of(['errors', 'support', 'drivers', 'bus']);
    });
    afterAll(() => library.remove());

    const opening = (directory: string) => `
      import { openLmdbBus } from './lib/bus/lmdb/lmdb-bus.js';
      const bus = await openLmdbBus(${JSON.stringify(`lmdb:${directory}`)}, { prefix: '${prefix}' });
      const { incarnation } = await bus.hello();
      const record = (kind, transactionId, touch) => ({ kind, transactionId, invalidation: { touches: [touch], sweeps: [] } });`;

    it('shows what another has appended at once, in the same turn of the event loop', async () => {
      const directory = freshDirectory();
      const bus = await openBus(directory);
      const { incarnation } = await bus.hello();
      expect(bus.head(incarnation)).toBe(0);
      const before = bus.since(incarnation, 0);
      library.run(`${opening(directory)} await bus.append(incarnation, [record('invalidate', '', 'A')]);`);
      expect(bus.head(incarnation)).toBe(1);
      const after = bus.since(incarnation, 0);
      expect(touchesOf(await before)).toEqual([]);
      expect(touchesOf(await after)).toEqual(['A']);
    });

    it('begins one log when several find none at the same time', async () => {
      const directory = freshDirectory();
      const bus = await openBus(directory);
      const hello = bus.hello();
      library.run(`${opening(directory)} await bus.append(incarnation, [record('invalidate', '', 'A')]);`);
      const { incarnation, position } = await hello;
      expect(position).toBe(1);
      expect(touchesOf(await bus.since(incarnation, 0))).toEqual(['A']);
    });

    it('orders what several append at the same time, and loses nothing', async () => {
      const directory = freshDirectory();
      const bus = await openBus(directory);
      const { incarnation } = await bus.hello();
      const program = (name: string) => `${opening(directory)}
        process.stdout.write('ready\\n');
        process.stdin.once('data', async () => {
          let appended = 0;
          const next = () => record('invalidate', '', '${name}' + appended++);
          const positions = [];
          while (appended < 5000) {
            const burst = Array.from({ length: 1 + (appended % 5) }, () => bus.append(incarnation, [next(), next()]));
            positions.push(...(await Promise.all(burst)));
          }
          process.stdout.write(JSON.stringify({ appended, positions }) + '\\n');
          await bus.close();
          process.exit();
        });`;
      const programs = [library.start(program('a')), library.start(program('b'))];
      for (const each of programs) await each.line();
      for (const each of programs) each.say('go');
      const told = await Promise.all(
        programs.map(async (each) => JSON.parse(await each.line()) as { appended: number; positions: number[] }),
      );
      const log = touchesOf(await bus.since(incarnation, 0)) as string[];
      expect(log).toHaveLength(told[0].appended + told[1].appended);
      for (const [index, { appended, positions }] of told.entries()) {
        const name = 'ab'[index];
        const own = log.filter((touch) => touch.startsWith(name));
        expect(own).toEqual(Array.from({ length: appended }, (_, i) => name + i));
        expect(positions.map((position) => log[position - 1])).toEqual(positions.map((_, i) => name + (2 * i + 1)));
      }
      expect(log.findIndex((touch) => touch.startsWith('b'))).toBeLessThan(log.findLastIndex((t) => t.startsWith('a')));
    });

    it('leaves the file to one who is stopped while he writes, so that nobody trusts what it does not say', async () => {
      const directory = freshDirectory();
      const bus = await openBus(directory);
      const { incarnation } = await bus.hello();
      const trusting = library.start(`${opening(directory)}
        process.stdout.write(bus.head(incarnation) + '\\n');
        process.stdin.once('data', () => process.stdout.write(bus.head(incarnation) + '\\n'));`);
      expect(await trusting.line()).toBe('0');
      const stopped = library.start(`${opening(directory)}
        bus.environment.tables.entries.transactionSync(() => {
          process.stdout.write('writing\\n');
          for (;;);
        });`);
      expect(await stopped.line()).toBe('writing');

      await expect(bus.append(incarnation, [mark('a')])).rejects.toThrow('held up');
      await pause(10);
      trusting.say('go');
      expect(await trusting.line()).toBe('undefined');

      const next = await bus.hello(incarnation);
      expect(next).toMatchObject({ quarantineMs: 2_000 });
      expect(await bus.append(next.incarnation, [mark('a')])).toBe(1);
      await stopped.kill();
      expect(bus.head(next.incarnation)).toBe(1);
    });

    it('is trusted by nobody once it was discarded, neither by who has it open nor by who comes later', async () => {
      const directory = freshDirectory();
      const discarding = library.start(`
        import { openLmdbBus } from './lib/bus/lmdb/lmdb-bus.js';
        const bus = await openLmdbBus(${JSON.stringify(`lmdb:${directory}`)}, { prefix: '${prefix}' });
        process.stdin.on('data', () => {
          bus.discard();
          process.stdout.write('discarded\\n');
        });
        process.stdout.write('opened\\n');`);
      expect(await discarding.line()).toBe('opened');
      const bus = await openBus(directory);
      const { incarnation } = await bus.hello();
      await bus.close();
      // The flag of this process, which has known a log, is gone; the other one never asked for any.
      discarding.say('go');
      expect(await discarding.line()).toBe('discarded');
      const trusting = await openBus(directory);
      const later = await trusting.hello();
      expect(later).toMatchObject({ incarnation: expect.not.stringMatching(incarnation) });
      expect(later.quarantineMs).toBeGreaterThan(1_000);
      expect(trusting.head(later.incarnation)).toBe(0);
      discarding.say('go');
      expect(await discarding.line()).toBe('discarded');
      expect(trusting.head(later.incarnation)).toBeUndefined();
      await trusting.close();
      trusting.discard();
    });

    it('is discarded only when the time is over for which a process trusts what it saw last', async () => {
      const bus = await openBus(freshDirectory());
      const before = performance.now();
      bus.discard();
      expect(performance.now() - before).toBeGreaterThanOrEqual(5);
    });

    it('keeps the log of one that is killed: what it was told is appended, and its marks are open', async () => {
      const directory = freshDirectory();
      const bus = await openBus(directory);
      const { incarnation } = await bus.hello();
      for (let round = 0; round < 3; round++) {
        const writer = library.start(`${opening(directory)}
          await bus.append(incarnation, [record('mark', 'open ${round}', 'A')]);
          for (let i = 0; ; i++) {
            const appends = ['x', 'y'].map((id) => bus.append(incarnation, [record('mark', id + i, 'A'), record('release', id + i, 'A')]));
            const last = Math.max(...(await Promise.all(appends)));
            if (i % 50 === 49) process.stdout.write(last + '\\n');
          }`);
        let told = 0;
        for (let lines = 0; lines < 5; lines++) told = Number(await writer.line());
        await writer.kill();

        const { position, pending } = await bus.hello(incarnation);
        expect(position).toBeGreaterThanOrEqual(told);
        expect(pending.map(({ transactionId }) => transactionId)).toEqual(
          Array.from({ length: round + 1 }, (_, i) => `open ${i}`),
        );
        expect(await bus.since(incarnation, 0)).toHaveLength(position);
        // A commit in the midst of which it was killed may be seen only by who writes next: LMDB makes it known last of
        // all, and mends that under the lock. Nobody was told of it.
        const next = Number(await bus.append(incarnation, [invalidate('after')]));
        expect(next).toBeGreaterThan(position);
        expect(await bus.since(incarnation, 0)).toHaveLength(next);
      }
    });
  });

  it('goes on in a new file when LMDB says that pages of this one are damaged', async () => {
    const directory = freshDirectory();
    const clock = { time: 0, now: () => clock.time };
    const environment = await LmdbEnvironment.open({ directory, maxBytes: 1024 ** 2 }, { clock });
    const bus = closedAfterTest(new LmdbBus(environment, { prefix }));
    const { incarnation } = await bus.hello();
    // What it answered after processes had been killed as they wrote, which cannot be summoned.
    const failure = Object.assign(new Error('MDB_BAD_TXN'), { code: -30_782 });
    environment.tables.log.ifVersion = () => Promise.reject(failure);
    await expect(bus.append(incarnation, [mark('a')])).rejects.toMatchObject({ code: 'BUS_FAILED' });
    const latter = await bus.hello(incarnation);
    expect(latter.incarnation).not.toBe(incarnation);
    expect(latter.quarantineMs).toBe(2000);
    expect(await bus.append(latter.incarnation, [mark('a')])).toBe(1);
    expect(readdirSync(directory).filter((name) => name.endsWith('.mdb'))).toHaveLength(1);
  });

  it('stays where it is when a commit failed for another reason', async () => {
    const directory = freshDirectory();
    const environment = await LmdbEnvironment.open({ directory, maxBytes: 1024 ** 2 });
    const bus = closedAfterTest(new LmdbBus(environment, { prefix }));
    const { incarnation } = await bus.hello();
    const { log } = environment.tables;
    const { ifVersion } = log;
    log.ifVersion = () => Promise.reject(Object.assign(new Error('MDB_MAP_FULL'), { code: -30_792 }));
    await expect(bus.append(incarnation, [mark('a')])).rejects.toMatchObject({ code: 'BUS_FAILED' });
    log.ifVersion = ifVersion;
    expect((await bus.hello(incarnation)).incarnation).toBe(incarnation);
    expect(await bus.append(incarnation, [mark('a')])).toBe(1);
  });

  describe('whose file takes the place of another', () => {
    const NOBODY = 999_999_999;

    it.each([
      ['one who has known a log there', process.ppid, '-l1:1', true],
      ['one who has known a log there and is dead', NOBODY, '-l1:1', true],
      ['one who is writing there', process.ppid, 'wl1:1', true],
      ['one who has followed to it from another', process.ppid, '-fHERE', true],
      ['one who knows a log here', process.ppid, '-lHERE', false],
      ['one who has known none', process.ppid, '--1:1', false],
    ])('keeps newcomers waiting beside the flag of %s: %d %s', async (_who, pid, said, waits) => {
      const directory = freshDirectory();
      const path = join(directory, dataFileOf(readBootId()).name);
      await (await openLmdbStorage(`lmdb:${directory}`)).close();
      writeFileSync(writerFlagOf(path, `${pid}-0`), said.replace('HERE', identityOf(path)!));
      const { quarantineMs } = await (await openBus(directory)).hello();
      expect(quarantineMs > 1000).toBe(waits);
    });

    it('keeps nobody waiting who begins a log of another prefix beside one that is known', async () => {
      const directory = freshDirectory();
      await (await openBus(directory)).hello();
      expect((await (await openBus(directory, { prefix: 'other' })).hello()).quarantineMs).toBe(0);
    });
  });

  describe('whose directory is removed', () => {
    it('is in another incarnation, and appends to it only after a hello', async () => {
      const directory = freshDirectory();
      const { bus, clock } = await openWithClock(directory);
      const { incarnation } = await bus.hello();
      await bus.append(incarnation, [mark('a')]);
      rmSync(directory, { recursive: true });
      clock.time += 5;
      expect(bus.head(incarnation)).toBeUndefined();
      expect(await bus.since(incarnation, 1)).toBe(INCARNATION_CHANGED);
      expect(await bus.append(incarnation, [release('a')])).toBe(INCARNATION_CHANGED);
      const latter = await bus.hello(incarnation);
      expect(latter).toMatchObject({ position: 0, floor: 0, pending: [] });
      expect(latter.incarnation).not.toBe(incarnation);
      expect(await bus.append(latter.incarnation, [mark('a')])).toBe(1);
    });

    it('is bypassed for a while by those who knew it, and by newcomers, as transactions may be on their way', async () => {
      const directory = freshDirectory();
      const { bus, clock } = await openWithClock(directory);
      const { incarnation } = await bus.hello();
      rmSync(directory, { recursive: true });
      clock.time += 5;
      const { quarantineMs, incarnation: latter } = await bus.hello(incarnation);
      expect(quarantineMs).toBe(2000);
      await bus.append(latter, [mark('a')]);
      for (const former of [undefined, latter]) {
        const state = await bus.hello(former);
        expect(state.quarantineMs).toBeGreaterThan(1000);
        expect(state.trustedForMs).toBe(0);
      }
    });

    it.each([5, 0])(
      'does not take a record for seen that was on its way into the removed file, not even %d ms later',
      async (ms) => {
        const directory = freshDirectory();
        const { bus, clock } = await openWithClock(directory);
        const { incarnation } = await bus.hello();
        const append = bus.append(incarnation, [mark('a')]);
        await Promise.resolve();
        rmSync(directory, { recursive: true });
        clock.time += ms;
        expect(await append).toBe(INCARNATION_CHANGED);
      },
    );

    it('does not take it for seen either when somebody else has followed to the new file meanwhile', async () => {
      const directory = freshDirectory();
      const { bus, clock } = await openWithClock(directory);
      const { incarnation } = await bus.hello();
      const append = bus.append(incarnation, [mark('a')]);
      await Promise.resolve();
      rmSync(directory, { recursive: true });
      clock.time += 5;
      await openBus(directory);
      expect(await append).toBe(INCARNATION_CHANGED);
    });

    it('appends nothing to a file that this process has left while the append waited for somebody who opened it', async () => {
      const directory = freshDirectory();
      const { bus, clock } = await openWithClock(directory);
      const { incarnation } = await bus.hello();
      const path = join(directory, dataFileOf(readBootId()).name);
      writeFileSync(noticeOf(path), `${process.ppid} opens it`);
      const append = bus.append(incarnation, [mark('a')]);
      await new Promise((resolve) => setImmediate(resolve));
      removeFile(path);
      clock.time += 5;
      // Whose patience with the other one ends after a second.
      await openBus(directory);
      expect(await append).toBe(INCARNATION_CHANGED);
    });

    it('begins the next log when every process has had the time to notice', async () => {
      const directory = freshDirectory();
      const { bus } = await openWithClock(directory);
      const before = performance.now();
      await bus.hello();
      expect(performance.now() - before).toBeGreaterThanOrEqual(9);
    });
  });
});
