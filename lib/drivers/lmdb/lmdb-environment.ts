import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Database, RootDatabase } from 'lmdb';
import { ZooCacheError } from '../../errors/zoocache.error.js';
import { machineClock, monotonicClock, wallClock, type Clock } from '../../support/clock.js';
import { pause } from '../../support/pause.js';
import { committed } from './committed.js';
import {
  dataFileOf,
  identityOf,
  makeDirectory,
  makeFile,
  metaPagesOf,
  readBootId,
  removeFile,
  removeOtherFiles,
  unusableFile,
  type DataFile,
} from './data-file.js';
import { HeldUp, unlessHeldUp } from './held-up.js';
import { loadLmdb, type Lmdb } from './load-lmdb.js';
import type { LmdbUrl } from './lmdb-url.js';
import { OpeningNotice } from './opening-notice.js';
import { hasHadLog, WriterFlag, waitForWriters } from './writer-flag.js';

/** Keys and values are bytes, and each value has a number beside it that writes can be conditional on: its version. */
export type Table = Database<Buffer, Buffer>;

/** The tables of an environment; the names on disk carry the version of their format. */
export interface Tables {
  /** Stored values by key; the version is when they expire. */
  readonly entries: Table;
  /** One row for each time a value was stored, in the order in which they expire. */
  readonly expiries: Table;
  /** The log of the bus, with its head and its open marks. */
  readonly log: Table;
}

/** What an environment reads of the machine, for tests to decide. */
export interface Surroundings {
  /** @default that of this life of the kernel */
  readonly dataFile?: DataFile;
  /** @default the process's monotonic clock */
  readonly clock?: Clock;
}

/** One file, while it is open. */
interface OpenFile extends Tables {
  readonly root: RootDatabase;
  /** See {@link identityOf}. */
  readonly identity: string;
  readonly flag: WriterFlag;
}

/** A file that is replaced this often while it is being opened will not come to rest. */
const MOST_ATTEMPTS = 10;

/** Each process takes one slot, and each thread of it; the first who opens the environment decides for all. */
const MOST_READERS = 1024;

/** For so long a file that was in its place counts as being there: asking takes ten times what a read does. */
const TRUSTED_MS = 5;

const MEBIBYTE = 1024 ** 2;

/**
 * An LMDB environment: the file in which the processes of one machine share a cache.
 *
 * **Several processes.** Readers take no lock and see the last commit when their read transaction began; lmdb keeps that
 * transaction until the event loop turns, so who must see the latest commit resets it first. Writers take turns by a
 * mutex in shared memory. A process that dies holding it leaves it to the next, which goes on from the last commit, and
 * what readers of dead processes had pinned is freed from time to time. A process that is *stopped* while it holds the
 * mutex holds up every writer. So nothing here writes from the event loop: all writes go through lmdb's writer thread,
 * and reads go on. What others wait for does not wait for such a process, see {@link writeInTime}, nor does who opens
 * the file: he begins another one. Threads of one process share the environment like processes do; Node never forks without
 * exec.
 *
 * **Containers.** Readers are told apart by process id. Containers that share a directory must share their process ids
 * too, or two processes with the same one cannot read at the same time; the first read, as part of opening, shows it.
 * Machines must not share a directory by way of a network file system.
 *
 * **Opening.** Each time a process opens the file, liblmdb reads which commit is the last and a moment later writes that into
 * the memory that all of them share (`mdb_env_open2`, as of lmdb 3.5; LMDB itself does not). What others commit in between
 * is lost for everybody when it is one commit, and damages the file when there are more. So nobody commits while somebody
 * opens the file:
 * - Whoever opens it says so beforehand, see {@link OpeningNotice}, and then waits for those who are writing.
 * - Whoever writes says so, see {@link WriterFlag}, and waits for the end of an opening that he finds under way.
 * - Nobody waits forever, so a write may come in between all the same. Therefore whoever opened the file looks whether
 *   anything was committed meanwhile, and removes the file if so. And who has to rely on what he has committed waits for
 *   the end of an opening that he finds under way, and sees whether the file is still there: {@link isKept}.
 *
 * **Closing.** Who is the last to close it destroys its mutexes, and does not see who is about to open it and will use them.
 * So it is closed in turn with those who open it, too. A process that exits without closing has lmdb close it all the same.
 *
 * **A damaged file.** Whoever is told that the file is damaged, or its mutexes, removes it: a cache that is empty is worth
 * more than one that is broken.
 *
 * **A full disk.** The commit fails, its writes reject, and the environment stays as it was. The map grows by itself;
 * it is reserved at twice the bytes that values may take, so that it rarely has to.
 *
 * **A file that is gone.** Whoever removes the directory under running processes parts them from those that start
 * later: the former have the removed file open, the latter a new one. {@link isCurrent} tells by the identity of the
 * file that is at the path, which is that of no other file while somebody has it open. It asks every few milliseconds
 * only, and is exact all the same, if whoever finds a new file lets those pass before others can depend on what he
 * does: see {@link waitUntilNoticed}.
 */
export class LmdbEnvironment {
  /** How many storages and buses use it. */
  private users = 0;
  private file: OpenFile;
  private readonly notice: OpeningNotice;
  /** When the file was in its place for certain. */
  private seenAt = -Infinity;
  private closing: Promise<void> | undefined;
  private knowsLog = false;
  /** Whether somebody had known a log in another file when this one was opened; who was dead then is forgotten by now. */
  private followsLog = false;
  /** The same in any file. */
  private sawLog = false;

  private constructor(
    readonly lmdb: Lmdb,
    readonly directory: string,
    private readonly maxBytes: number,
    private readonly dataFile: DataFile,
    private readonly clock: Clock,
  ) {
    this.notice = new OpeningNotice(this.path);
    this.file = this.openFile();
  }

  /**
   * The environment of a directory: one for all storages and buses of this process, opened for the first of them.
   * Each closes it once.
   *
   * @throws ZooCacheError `MISSING_PACKAGE` without the package `lmdb`, `INVALID_OPTION` when the directory is not usable
   */
  static async open(
    url: LmdbUrl,
    { dataFile = dataFileOf(readBootId()), clock = monotonicClock }: Surroundings = {},
  ): Promise<LmdbEnvironment> {
    const lmdb = await loadLmdb();
    makeDirectory(url.directory);
    const directory = realpathSync(url.directory);
    // Opening stops this thread until a notice is down, and the one who closes could not take his down.
    while (closings.has(directory)) await closings.get(directory);
    let environment = environments.get(directory);
    if (environment === undefined) {
      environment = new LmdbEnvironment(lmdb, directory, url.maxBytes, dataFile, clock);
      environments.set(directory, environment);
    }
    environment.followFile();
    environment.users++;
    return environment;
  }

  /** Those of the file that is open now: not to be kept, because the file may be replaced. */
  get tables(): Tables {
    return this.openedFile;
  }

  private get openedFile(): OpenFile {
    if (this.closing === undefined) return this.file;
    throw new Error(`The LMDB environment in ${this.directory} is closed`);
  }

  /** Whether the file that is open is still the one at its path, where processes that start now look for it. */
  isCurrent(): boolean {
    const now = this.clock.now();
    if (now - this.seenAt < TRUSTED_MS) return true;
    if (identityOf(this.path) !== this.file.identity) return false;
    this.seenAt = now;
    return true;
  }

  /**
   * Returns when every process that has a former file open takes it for gone: called also between opening a file without a
   * log and beginning one there. What is appended to that log is then never missed by a process that looks later.
   */
  waitUntilNoticed(): void {
    pause(2 * TRUSTED_MS);
  }

  /** This process knows a log in the file from now on. */
  know(): void {
    if (!this.knowsLog) this.openedFile.flag.know(this.followsLog);
    this.knowsLog = true;
  }

  /** Whether a log that is about to begin may follow one that somebody trusts still: files are replaced under running processes. */
  mayFollowLog(): boolean {
    return this.followsLog || hasHadLog(this.path, this.openedFile.identity);
  }

  /** Leaves a file that is gone for the one at its path. */
  followFile(): void {
    if (this.closing !== undefined || this.isCurrent()) return;
    makeDirectory(this.directory);
    const former = this.file;
    this.file = this.openFile();
    if (this.knowsLog) this.file.flag.know(true);
    former.flag.leave();
    void former.root.close();
  }

  /**
   * Writes to the tables while nobody is opening their file; the outcome once it is committed, or why it failed. If the file
   * is damaged it is removed, and everybody follows to a new one: it would fail every write for as long as it is there.
   */
  async write<T>(change: (tables: Tables) => Promise<T>): Promise<T> {
    let file = this.openedFile;
    for (file.flag.raise(); this.notice.isUp(); file.flag.raise()) {
      file.flag.lower();
      await this.notice.untilDown();
      file = this.openedFile;
    }
    try {
      return await committed(change(file));
    } catch (failure) {
      if (isDamage(failure)) this.remove(file.identity);
      throw failure;
    } finally {
      file.flag.lower();
    }
  }

  /**
   * The same for what others must not miss. Who is stopped while he writes holds up all the others, for as long as he is
   * stopped, and they would go on to trust what the file says, although somebody could not tell them. So when it takes too long
   * this rejects, and the file is removed as if it were damaged: everybody follows to a new one.
   */
  async writeInTime<T>(change: (tables: Tables) => Promise<T>): Promise<T> {
    const { identity } = this.openedFile;
    try {
      return await unlessHeldUp(this.write(change));
    } catch (failure) {
      if (failure instanceof HeldUp) this.remove(identity);
      throw failure;
    }
  }

  /**
   * Removes the file that is in place, and returns when everybody takes it for gone: nobody may trust what it says. Those who
   * begin another one hear that this process may be writing.
   */
  discard(): void {
    this.openedFile.flag.know(true);
    this.knowsLog = true;
    removeFile(this.path);
    this.waitUntilNoticed();
  }

  /** Whether what was committed to the file before this call will be found by everybody who opens it from now on. */
  async isKept(): Promise<boolean> {
    if (this.notice.isUp()) await this.notice.untilDown();
    // Looked at anew: whoever disturbs a commit by opening the file removes it before his notice goes.
    this.seenAt = -Infinity;
    return this.isCurrent();
  }

  /** Removes the file, unless it is another one by now. */
  private remove(identity: string): void {
    if (identityOf(this.path) !== identity) return;
    removeFile(this.path);
    this.seenAt = -Infinity;
  }

  /** Of one user; the last one closes the file, once everything that was to be written to it is. */
  async close(): Promise<void> {
    if (--this.users > 0) return;
    environments.delete(this.directory);
    const { flag, root } = this.file;
    flag.leave();
    this.closing = this.notice.duringAll(() => root.close()).finally(() => closings.delete(this.directory));
    closings.set(this.directory, this.closing);
    await this.closing;
  }

  /**
   * By which all processes that use the file tell each other times. A file of one life of the kernel has the kernel's own
   * clock, which nobody sets; one that outlives it needs a clock that goes on.
   */
  get commonClock(): Clock {
    return this.dataFile.isFlushed ? wallClock : machineClock;
  }

  private get path(): string {
    return join(this.directory, this.dataFile.name);
  }

  /** Opens what is at the path. */
  private openFile(): OpenFile {
    let cause: unknown;
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      // It is another file by now.
      if (attempt > 0) this.followsLog ||= this.sawLog;
      try {
        const opened = this.notice.during(() => this.openOnce());
        if (opened !== undefined) return opened;
      } catch (error) {
        if (!isDamage(error)) throw error instanceof ZooCacheError ? error : unusableFile(this.path, error);
        cause = error;
        removeFile(this.path);
      }
    }
    throw unusableFile(this.path, cause);
  }

  /** Undefined if what was opened had been removed, somebody wrote to it meanwhile, or is stopped while he does. */
  private openOnce(): OpenFile | undefined {
    const { path } = this;
    makeFile(path);
    const identity = identityOf(path);
    this.sawLog ||= hasHadLog(path);
    // Of an empty file nobody knows a log: the dead may have known one in a file that had the same place on the disk.
    this.followsLog ||= hasHadLog(path, identity) || (this.sawLog && metaPagesOf(path).length === 0);
    if (!waitForWriters(path, identity)) {
      // To open its tables takes the mutex of writers, for which this thread would wait as long as somebody who has it is stopped.
      removeFile(path);
      return undefined;
    }
    const before = metaPagesOf(path);
    const root = this.openRoot(path);
    const isUndisturbed = before.length === 0 || metaPagesOf(path).equals(before);
    const isInPlace = identity !== undefined && identityOf(path) === identity;
    if (isInPlace && isUndisturbed) {
      removeOtherFiles(this.directory, this.dataFile.name);
      return { identity, root, ...openTables(root), flag: this.flagOf(root, identity) };
    }
    if (isInPlace) removeFile(path);
    void root.close();
    return undefined;
  }

  /** Where no file can be made any more, what was opened is closed again: it is tried until one can. */
  private flagOf(root: RootDatabase, identity: string): WriterFlag {
    try {
      return new WriterFlag(this.path, identity, this.followsLog);
    } catch (error) {
      void root.close();
      throw error;
    }
  }

  private openRoot(path: string): RootDatabase {
    return this.lmdb.open(path, {
      noSubdir: true,
      maxDbs: Object.keys(NAMES).length,
      maxReaders: MOST_READERS,
      mapSize: Math.ceil((2 * this.maxBytes) / MEBIBYTE) * MEBIBYTE,
      noSync: !this.dataFile.isFlushed,
      overlappingSync: false,
      // What lmdb adds to batch a turn's writes has a promise that nobody is given: when a commit fails, its rejection
      // would end the process.
      eventTurnBatching: false,
    });
  }
}

/**
 * LMDB's locks belong to the process, so its environments do: these are the one state of the module, and hold nothing
 * that an application could see of another.
 */
const environments = new Map<string, LmdbEnvironment>();

/** Of those that are being closed: whoever opens the directory meanwhile waits. */
const closings = new Map<string, Promise<void>>();

/**
 * What LMDB says of pages that are not what they should be: MDB_PAGE_NOTFOUND, MDB_CORRUPTED, MDB_PANIC, MDB_PROBLEM and
 * MDB_BAD_TXN; and EINVAL of mutexes that were destroyed.
 */
const DAMAGED: ReadonlySet<unknown> = new Set([-30_797, -30_796, -30_795, -30_779, -30_782, 22]);

function isDamage(failure: unknown): boolean {
  return DAMAGED.has((failure as { code?: unknown }).code);
}

const NAMES: Readonly<Record<keyof Tables, string>> = { entries: 'entries-2', expiries: 'expiries-2', log: 'log-1' };

/**
 * Keys and values are bytes, of which lmdb lends a buffer that its next read overwrites. Its own encoding `binary` gives
 * each value memory of its own, which takes as long as all the rest of reading 1 KB; here small ones share some.
 */
const BYTES = {
  keyEncoding: 'binary',
  encoder: {
    encode: (bytes: Buffer): Buffer => bytes,
    // What is lent says its length anew with each read, of which only subarray() knows nothing.
    decode: ({ buffer, byteOffset, length }: Buffer): Buffer => Buffer.from(new Uint8Array(buffer, byteOffset, length)),
  },
  useVersions: true,
} as const;

function openTables(root: RootDatabase): Tables {
  const open = (name: string): Table => root.openDB<Buffer, Buffer>(name, BYTES);
  const tables = { entries: open(NAMES.entries), expiries: open(NAMES.expiries), log: open(NAMES.log) };
  tables.log.doesExist(Buffer.of(0));
  return tables;
}
