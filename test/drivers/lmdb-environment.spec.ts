import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { RootDatabase } from 'lmdb';
import {
  dataFileOf,
  identityOf,
  makeFile,
  readBootId,
  removeFile,
  writerFlagOf,
} from '../../lib/drivers/lmdb/data-file.js';
import { LmdbEnvironment, type Surroundings } from '../../lib/drivers/lmdb/lmdb-environment.js';
import { wallClock } from '../../lib/support/clock.js';
import type { Lmdb } from '../../lib/drivers/lmdb/load-lmdb.js';
import { hasHadLog } from '../../lib/drivers/lmdb/writer-flag.js';
import { CompiledLibrary } from '../support/compiled-library.js';
import { afterThisTest, closedAfterTest, freshDirectory } from '../support/lmdb.js';

/** Undefined for one that is gone by now. */
function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** What this process has open below a path, or under a name. */
function openFiles(part: string): string[] {
  const paths = readdirSync('/proc/self/fd').map((fd) => readLink(join('/proc/self/fd', fd)));
  return paths.filter((path) => path !== undefined).filter((path) => path.includes(part));
}

const MAX_BYTES = 1024 ** 2;
const KEY = Buffer.from('key');
const VALUE = Buffer.from('value');

async function openEnvironment(directory: string, surroundings?: Surroundings): Promise<LmdbEnvironment> {
  return closedAfterTest(await LmdbEnvironment.open({ directory, maxBytes: MAX_BYTES }, surroundings));
}

describe('An LMDB environment', () => {
  let library: CompiledLibrary;
  beforeAll(() => {
    library = CompiledLibrary.of(['errors', 'support', 'drivers']);
  });
  afterAll(() => library.remove());

  /** The beginning of a program that has the environment of a directory open. */
  const opening = (directory: string) => `
    import { LmdbEnvironment } from './lib/drivers/lmdb/lmdb-environment.js';
    const environment = await LmdbEnvironment.open({ directory: ${JSON.stringify(directory)}, maxBytes: ${MAX_BYTES} });
    const { entries } = environment.tables;`;

  it('is one for all who open its directory, and stays open until the last of them closes it', async () => {
    const directory = freshDirectory();
    const first = await LmdbEnvironment.open({ directory, maxBytes: MAX_BYTES });
    const second = await LmdbEnvironment.open({ directory: join(directory, '.'), maxBytes: MAX_BYTES });
    expect(second).toBe(first);
    await first.close();
    await second.tables.entries.put(KEY, VALUE);
    await second.close();
    expect(() => second.tables).toThrow(/is closed/);

    const third = await openEnvironment(directory);
    expect(third).not.toBe(first);
    expect(third.tables.entries.get(KEY)).toEqual(VALUE);
  });

  it('can be opened again while it is closed', async () => {
    const directory = freshDirectory();
    const former = await LmdbEnvironment.open({ directory, maxBytes: MAX_BYTES });
    await former.write(({ entries }) => entries.put(KEY, VALUE));
    // What takes a while to be written.
    const puts = Array.from({ length: 40 }, (_, n) => former.tables.entries.put(Buffer.of(n), Buffer.alloc(MAX_BYTES)));
    const closed = former.close();
    const latter = await openEnvironment(directory);
    await Promise.all([closed, ...puts]);
    expect(latter.tables.entries.get(KEY)).toEqual(VALUE);
    await latter.write(({ entries }) => entries.remove(KEY));
    expect(await latter.isKept()).toBe(true);
  });

  it('writes what was to be written before it closes', async () => {
    const directory = freshDirectory();
    const environment = await LmdbEnvironment.open({ directory, maxBytes: MAX_BYTES });
    const put = environment.tables.entries.put(KEY, VALUE);
    await environment.close();
    expect(await put).toBe(true);
    expect((await openEnvironment(directory)).tables.entries.get(KEY)).toEqual(VALUE);
  });

  describe('a commit of which has failed', () => {
    const failure = (code: number) => Object.assign(new Error('of a commit'), { code });
    // MDB_BAD_TXN was what LMDB answered when others had opened the file as it was written to.
    const [BAD_TXN, MAP_FULL] = [failure(-30_782), failure(-30_792)];

    it('begins another file if this one is damaged, and rejects with what happened', async () => {
      const directory = freshDirectory();
      const environment = await openEnvironment(directory);
      await environment.tables.entries.put(KEY, VALUE);
      await expect(environment.write(() => Promise.reject(BAD_TXN))).rejects.toBe(BAD_TXN);
      environment.followFile();
      expect(environment.tables.entries.get(KEY)).toBeUndefined();
      expect(readdirSync(directory).filter((name) => name.includes('-writer-'))).toHaveLength(1);
      expect(await environment.write(({ entries }) => entries.put(KEY, VALUE))).toBe(true);
    });

    it('keeps its file if anything else happened', async () => {
      const environment = await openEnvironment(freshDirectory());
      await environment.tables.entries.put(KEY, VALUE);
      await expect(environment.write(() => Promise.reject(MAP_FULL))).rejects.toBe(MAP_FULL);
      environment.followFile();
      expect(environment.tables.entries.get(KEY)).toEqual(VALUE);
    });

    it('keeps the file that has taken the place of the damaged one meanwhile', async () => {
      const clock = { time: 0, now: () => (clock.time += 10) };
      const environment = await openEnvironment(freshDirectory(), { clock });
      const commits = [environment.write(() => Promise.reject(BAD_TXN)), environment.write(() => later(BAD_TXN))];
      // Which may be before the put below is over.
      commits[1].catch(() => undefined);
      await expect(commits[0]).rejects.toBe(BAD_TXN);
      environment.followFile();
      await environment.tables.entries.put(KEY, VALUE);
      await expect(commits[1]).rejects.toBe(BAD_TXN);
      environment.followFile();
      expect(environment.tables.entries.get(KEY)).toEqual(VALUE);
    });

    /** Rejects when a commit has had the time to succeed. */
    async function later(error: Error): Promise<never> {
      await new Promise((resolve) => setTimeout(resolve, 50));
      throw error;
    }
  });

  it('makes its directory, with those above it', async () => {
    const directory = join(freshDirectory(), 'a', 'b');
    await openEnvironment(directory);
    expect(readdirSync(directory)).toContain(dataFileOf(readBootId()).name);
  });

  it('names a directory that it cannot write to', async () => {
    const file = join(freshDirectory(), 'file');
    writeFileSync(file, '');
    const directory = join(file, 'cache');
    await expect(openEnvironment(directory)).rejects.toMatchObject({ code: 'INVALID_OPTION', subject: directory });
  });

  it('names one that is in a file system that takes none, where Node would try for ever', async () => {
    for (const directory of ['/proc/zoocache', '/proc/zoocache/cache'])
      await expect(openEnvironment(directory)).rejects.toMatchObject({ code: 'INVALID_OPTION', subject: directory });
  });

  it('makes the directories above it', async () => {
    const directory = join(freshDirectory(), 'of', 'shop');
    await openEnvironment(directory);
    expect(readdirSync(directory)).not.toEqual([]);
  });

  it('names a file that is no environment, and can be told from a new one', async () => {
    const directory = freshDirectory();
    const dataFile = dataFileOf('0123456789abcdef');
    writeFileSync(join(directory, dataFile.name), 'something else '.repeat(1000));
    await expect(openEnvironment(directory, { dataFile })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      subject: join(directory, dataFile.name),
    });
  });

  it('says which package is missing, since it is an optional one', () => {
    const alone = CompiledLibrary.of(['errors', 'support', 'drivers'], { packages: false });
    afterThisTest(() => alone.remove());
    const told = alone.run(`
      import { LmdbEnvironment } from './lib/drivers/lmdb/lmdb-environment.js';
      await LmdbEnvironment.open({ directory: 'cache', maxBytes: 1 }).catch((error) => console.log(error.code, error.subject));`);
    expect(told).toBe('MISSING_PACKAGE lmdb\n');
  });

  it('shows a process what another wrote beyond the map that both began with', async () => {
    const directory = freshDirectory();
    const { entries } = (await openEnvironment(directory)).tables;
    await entries.put(KEY, VALUE);
    library.run(`${opening(directory)}
      for (let i = 0; i < 120; i++) await entries.put(Buffer.from('big ' + i), Buffer.alloc(1024 ** 2, i));
      await environment.close();`);
    entries.resetReadTxn();
    expect(entries.get(Buffer.from('big 119'))!.equals(Buffer.alloc(1024 ** 2, 119))).toBe(true);
    expect(entries.get(KEY)).toEqual(VALUE);
    await entries.put(Buffer.from('big 120'), Buffer.alloc(1024 ** 2, 120));
    expect(statSync(join(directory, readdirSync(directory)[0])).size).toBeGreaterThan(120 * 1024 ** 2);
    expect(entries.get(Buffer.from('big 120'))![9]).toBe(120);
  });

  it('lets nobody but writers wait for a process that is stopped while it writes, and lets them go on when it dies', async () => {
    const directory = freshDirectory();
    const { entries } = (await openEnvironment(directory)).tables;
    await entries.put(KEY, VALUE);
    const stopped = library.start(`${opening(directory)}
      entries.transactionSync(() => {
        entries.put(Buffer.from('half'), Buffer.from('done'));
        process.stdout.write('writing\\n');
        for (;;);
      });`);
    expect(await stopped.line()).toBe('writing');

    let isWritten = false;
    const written = entries.put(KEY, Buffer.from('later')).then(() => (isWritten = true));
    for (let turn = 0; turn < 50; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      entries.resetReadTxn();
      expect(entries.get(KEY)).toEqual(VALUE);
    }
    expect(isWritten).toBe(false);

    await stopped.kill();
    await written;
    expect(entries.get(KEY)).toEqual(Buffer.from('later'));
    expect(entries.get(Buffer.from('half'))).toBeUndefined();
  });

  it('is closed again where its process cannot say beside it whether it writes', async () => {
    const directory = freshDirectory();
    // The names of all other files beside it are shorter.
    const dataFile = { name: `zoocache-${'0'.repeat(222)}.mdb`, isFlushed: false };
    await expect(openEnvironment(directory, { dataFile })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    expect(openFiles(dataFile.name)).toEqual([]);
  });

  it('does not keep a file open that it has left, because that takes room on the disk for as long', async () => {
    const directory = freshDirectory();
    const environment = await openEnvironment(directory);
    const { name } = dataFileOf(readBootId());
    const isLeft = () => openFiles(`${directory}/${name}`).every((path) => !path.endsWith(' (deleted)'));
    removeFile(join(directory, name));
    expect(isLeft()).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 6));
    environment.followFile();
    while (!isLeft()) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await environment.write(({ entries }) => entries.put(KEY, VALUE))).toBe(true);
  });

  it('lets nobody who opens it wait for a process that is stopped while it writes', async () => {
    const directory = freshDirectory();
    const stopped = library.start(`${opening(directory)}
      void environment.write(({ entries }) => entries.transaction(() => {
        process.stdout.write('writing\\n');
        for (;;);
      }));`);
    expect(await stopped.line()).toBe('writing');
    stopped.process.kill('SIGSTOP');
    const opener = library.start(`${opening(directory)}
      await environment.write(({ entries }) => entries.put(Buffer.from('key'), Buffer.from('value')));
      process.stdout.write('written\\n');`);
    const late = new Promise((resolve) => setTimeout(() => resolve('nothing'), 4_000).unref());
    expect(await Promise.race([opener.line(), late])).toBe('written');
    expect((await openEnvironment(directory)).tables.entries.get(KEY)).toEqual(VALUE);
  });

  describe('that a process opens while others use it', () => {
    const noticeIn = (directory: string) => join(directory, `${dataFileOf(readBootId()).name}-opening`);

    /** Says that this process is opening the file, as one does that is stopped in the midst of it. */
    function putUpNotice(directory: string, pid = process.pid): void {
      writeFileSync(noticeIn(directory), String(pid));
    }

    it('loses nothing of what they write', async () => {
      const directory = freshDirectory();
      const environment = await openEnvironment(directory);
      const opener = library.start(`
        import { LmdbEnvironment } from './lib/drivers/lmdb/lmdb-environment.js';
        for (let i = 0; i < 100; i++) {
          const environment = await LmdbEnvironment.open({ directory: ${JSON.stringify(directory)}, maxBytes: ${MAX_BYTES} });
          environment.tables.entries.get(Buffer.from('key'));
          await environment.close();
        }
        process.exit(0);`);
      const numbers = Array.from({ length: 50 }, (_, number) => Buffer.of(number));
      const wrongs: number[] = [];
      for (let round = 0; opener.process.exitCode === null; round++) {
        const value = Buffer.from(String(round));
        const key = numbers[round % numbers.length];
        await environment.write(({ entries }) => entries.put(key, value));
        expect(await environment.isKept()).toBe(true);
        environment.tables.entries.resetReadTxn();
        if (environment.tables.entries.get(key)?.equals(value) !== true) wrongs.push(round);
      }
      expect(await opener.ended).toBe(0);
      expect(wrongs).toEqual([]);
    });

    describe('begins behind the log of somebody who died', () => {
      /** A directory with the flag of a dead process that knew the log of a file which had the identity of the one there now. */
      function directoryOfDead() {
        const directory = freshDirectory();
        mkdirSync(directory, { recursive: true });
        const file = join(directory, dataFileOf(readBootId()).name);
        makeFile(file);
        writeFileSync(writerFlagOf(file, '999999999-0'), `-l${identityOf(file)}`);
        return directory;
      }

      it('if it is new, whatever place on the disk it has', async () => {
        expect((await openEnvironment(directoryOfDead())).mayFollowLog()).toBe(true);
      });

      it('but not if it is the one that the dead knew', async () => {
        const directory = directoryOfDead();
        const file = join(directory, dataFileOf(readBootId()).name);
        const flag = readdirSync(directory).find((name) => name.includes('-writer-'))!;
        rmSync(join(directory, flag));
        library.run(`${opening(directory)}
          await entries.put(Buffer.from('key'), Buffer.from('value'));`);
        writeFileSync(join(directory, flag), `-l${identityOf(file)}`);
        expect((await openEnvironment(directory)).mayFollowLog()).toBe(false);
      });

      it('also if somebody else has opened it first, and begun no log', async () => {
        const directory = directoryOfDead();
        const other = library.start(`${opening(directory)}
          process.stdout.write('open\\n');
          setInterval(() => undefined, 1000);`);
        await other.line();
        expect(readdirSync(directory).filter((name) => name.includes('-999999999-'))).toEqual([]);
        const environment = await openEnvironment(directory);
        expect(environment.mayFollowLog()).toBe(true);
        environment.know();
        await other.kill();
        const file = join(directory, dataFileOf(readBootId()).name);
        rmSync(
          writerFlagOf(
            file,
            readdirSync(directory)
              .find((name) => name.includes(`-${other.process.pid}-`))!
              .split('-writer-')[1],
          ),
        );
        expect(hasHadLog(file, identityOf(file))).toBe(true);
      });
    });

    describe('is left for another file by whoever opens it', () => {
      /** Opens a file that another process has left, and the first time as `lmdb` is told to. */
      async function openedAfter(first: (lmdb: Lmdb, ...file: Parameters<Lmdb['open']>) => RootDatabase) {
        const directory = freshDirectory();
        const clock = { time: 0, now: () => (clock.time += 10) };
        const environment = await openEnvironment(directory, { clock });
        for (const name of readdirSync(directory)) rmSync(join(directory, name));
        library.run(`${opening(directory)}
          await entries.put(Buffer.from('key'), Buffer.from('of the file that is there now'));`);
        // Somebody knew its log, and died.
        const file = join(directory, dataFileOf(readBootId()).name);
        writeFileSync(writerFlagOf(file, '999999999-0'), `-l${identityOf(file)}`);
        const { lmdb } = environment;
        let times = 0;
        const open = (...file: Parameters<Lmdb['open']>) => (++times === 1 ? first(lmdb, ...file) : lmdb.open(...file));
        Object.assign(environment, { lmdb: { ...lmdb, open } });
        environment.followFile();
        return { environment, times };
      }

      it('if something was written meanwhile all the same', async () => {
        // What another process commits who has not seen the notice.
        const { environment, times } = await openedAfter((lmdb, ...file) => {
          const root = lmdb.open(...file);
          root.transactionSync(() => void root.put('anything', 1));
          return root;
        });
        expect(times).toBe(2);
        expect(environment.tables.entries.get(KEY)).toBeUndefined();
        expect(environment.mayFollowLog()).toBe(true);
        expect(await environment.isKept()).toBe(true);
      });

      it('if another takes its place meanwhile', async () => {
        const elsewhere = freshDirectory();
        library.run(`${opening(elsewhere)}
          await entries.put(Buffer.from('key'), Buffer.from('value'));`);
        const { environment, times } = await openedAfter((lmdb, path, ...options) => {
          const root = lmdb.open(path, ...options);
          removeFile(path as string);
          copyFileSync(join(elsewhere, dataFileOf(readBootId()).name), path as string);
          return root;
        });
        expect(times).toBe(2);
        expect(environment.tables.entries.get(KEY)).toEqual(VALUE);
        expect(environment.mayFollowLog()).toBe(true);
      });

      it('if its mutexes are destroyed', async () => {
        const { environment, times } = await openedAfter(() => {
          throw Object.assign(new Error('Invalid argument'), { code: 22 });
        });
        expect(times).toBe(2);
        expect(environment.tables.entries.get(KEY)).toBeUndefined();
        expect(environment.mayFollowLog()).toBe(true);
        expect(await environment.isKept()).toBe(true);
      });
    });

    it('can be opened by others while the last one closes it', async () => {
      const directory = freshDirectory();
      const program = `
        import { LmdbEnvironment } from './lib/drivers/lmdb/lmdb-environment.js';
        for (let i = 0; i < 100; i++) {
          const environment = await LmdbEnvironment.open({ directory: ${JSON.stringify(directory)}, maxBytes: ${MAX_BYTES} });
          await environment.write(({ entries }) => entries.put(Buffer.of(i), Buffer.of(i)));
          await environment.close();
        }
        process.exit(0);`;
      const both = [library.start(program), library.start(program)];
      expect(await Promise.all(both.map(({ ended }) => ended))).toEqual([0, 0]);
      const { entries } = (await openEnvironment(directory)).tables;
      expect([...entries.getKeys()]).toHaveLength(100);
    });

    it('takes no write before it is open, and calls none kept', async () => {
      const directory = freshDirectory();
      const environment = await openEnvironment(directory);
      putUpNotice(directory);
      const happened: string[] = [];
      const written = environment.write(async ({ entries }) => {
        happened.push('written');
        return entries.put(KEY, VALUE);
      });
      const kept = environment.isKept().then((isKept) => happened.push(`kept: ${isKept}`));
      await new Promise((resolve) => setTimeout(resolve, 50));
      happened.push('opened');
      rmSync(noticeIn(directory));
      await Promise.all([written, kept]);
      expect(happened[0]).toBe('opened');
      expect(happened.slice(1).sort()).toEqual(['kept: true', 'written']);
    });

    it('is left for another file when that process dies of it', async () => {
      const directory = freshDirectory();
      const environment = await openEnvironment(directory);
      await environment.tables.entries.put(KEY, VALUE);
      const dead = library.start('');
      await dead.ended;
      putUpNotice(directory, dead.process.pid);
      const elsewhere = freshDirectory();
      const other = await openEnvironment(elsewhere);
      putUpNotice(elsewhere);
      const first = [other, environment].map(async (one) => ((await one.isKept()) ? undefined : one.directory));
      expect(await Promise.race(first)).toBe(directory);
      environment.followFile();
      expect(environment.tables.entries.get(KEY)).toBeUndefined();
    });

    it('is left for another file when that takes longer than it can', async () => {
      const directory = freshDirectory();
      const environment = await openEnvironment(directory);
      await environment.tables.entries.put(KEY, VALUE);
      putUpNotice(directory);
      library.run(`${opening(directory)}
        if (entries.get(Buffer.from('key')) !== undefined) throw new Error('It opened the file all the same');`);
      expect(await environment.isKept()).toBe(false);
    });
  });

  describe('whose machine restarts', () => {
    const before = { dataFile: dataFileOf('00000000-1111-2222-3333-444444444444') };
    const after = { dataFile: dataFileOf('55555555-6666-7777-8888-999999999999') };

    it('begins anew, because commits that were not flushed may be lost or torn', async () => {
      const directory = freshDirectory();
      const former = await LmdbEnvironment.open({ directory, maxBytes: MAX_BYTES }, before);
      await former.tables.entries.put(KEY, VALUE);
      await former.close();
      writeFileSync(join(directory, 'notes.txt'), 'not ours');

      const latter = await LmdbEnvironment.open({ directory, maxBytes: MAX_BYTES }, after);
      expect(latter.tables.entries.get(KEY)).toBeUndefined();
      await latter.close();
      const { name } = after.dataFile;
      expect(readdirSync(directory).sort()).toEqual(['notes.txt', name, `${name}-lock`].sort());
    });

    it('keeps its data where the system does not name its lives, since every commit is flushed there', async () => {
      const directory = freshDirectory();
      const dataFile = dataFileOf(readBootId(join(directory, 'absent')));
      expect(dataFile.isFlushed).toBe(true);
      const former = await LmdbEnvironment.open({ directory, maxBytes: MAX_BYTES }, { dataFile });
      await former.tables.entries.put(KEY, VALUE);
      await former.close();
      const latter = await openEnvironment(directory, { dataFile });
      expect(latter.tables.entries.get(KEY)).toEqual(VALUE);
      // That of the kernel begins anew with it.
      expect(latter.commonClock).toBe(wallClock);
    });

    it('believes no file that has anything but the name of a life in it', () => {
      const file = join(freshDirectory(), 'boot_id');
      writeFileSync(file, '00000000-1111-2222-3333-444444444444\n');
      expect(readBootId(file)).toBe('00000000-1111-2222-3333-444444444444');
      writeFileSync(file, '../../etc/passwd\n');
      expect(readBootId(file)).toBeUndefined();
    });
  });

  describe('whose directory is removed while it is open', () => {
    it('is not current any more, and follows to the file that is there then', async () => {
      const directory = freshDirectory();
      const clock = { time: 0, now: () => clock.time };
      const environment = await openEnvironment(directory, { clock });
      await environment.tables.entries.put(KEY, VALUE);
      expect(environment.isCurrent()).toBe(true);

      rmSync(directory, { recursive: true });
      clock.time = 4;
      expect(environment.isCurrent()).toBe(true);
      clock.time = 5;
      expect(environment.isCurrent()).toBe(false);
      expect(environment.tables.entries.get(KEY)).toEqual(VALUE);

      environment.followFile();
      expect(environment.isCurrent()).toBe(true);
      expect(environment.tables.entries.get(KEY)).toBeUndefined();
      await environment.tables.entries.put(KEY, Buffer.from('anew'));
      library.run(`${opening(directory)} if (String(entries.get(Buffer.from('key'))) !== 'anew') throw new Error();`);
    });

    it('notices that a file of the same name has taken the place of its own', async () => {
      const directory = join(freshDirectory(), 'cache');
      const clock = { time: 0, now: () => clock.time };
      const environment = await openEnvironment(directory, { clock });
      renameSync(directory, `${directory}-moved`);
      library.run(opening(directory));
      expect(existsSync(directory)).toBe(true);
      clock.time = 5;
      expect(environment.isCurrent()).toBe(false);
    });

    it('can be closed', async () => {
      const directory = freshDirectory();
      const environment = await LmdbEnvironment.open({ directory, maxBytes: MAX_BYTES });
      rmSync(directory, { recursive: true });
      await environment.close();
      expect(() => environment.tables).toThrow(/is closed/);
    });

    it('is followed by whoever opens it next, so that none of this process is left behind', async () => {
      const directory = freshDirectory();
      const clock = { time: 0, now: () => clock.time };
      await openEnvironment(directory, { clock });
      rmSync(directory, { recursive: true });
      mkdirSync(directory);
      clock.time = 5;
      expect((await openEnvironment(directory)).isCurrent()).toBe(true);
      expect(readdirSync(directory)).toContain(dataFileOf(readBootId()).name);
    });
  });
});
