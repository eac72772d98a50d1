import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LmdbEnvironment, type Table } from '../../drivers/lmdb/lmdb-environment.js';
import { parseLmdbUrl } from '../../drivers/lmdb/lmdb-url.js';
import { ZooCacheError } from '../../errors/zoocache.error.js';
import { machineClock } from '../../support/clock.js';
import {
  FORGOTTEN,
  INCARNATION_CHANGED,
  type BusState,
  type InvalidationBus,
  type LogRecord,
  type NewRecord,
} from '../invalidation-bus.js';
import { LogKeys } from './log-keys.js';
import { recordBytes, recordOf } from './record-bytes.js';

/** Records that a log keeps. */
const KEPT = 100_000;

/** Records forgotten by one append: few, because other writers wait for its commit. */
const FORGOTTEN_AT_ONCE = 256;

/** Records read in one turn of the event loop. */
const PAGE = 1000;

/**
 * Twice the time within which a COMMIT follows its mark: for so long a transaction may be on its way whose mark was in a
 * log that is gone.
 */
const QUARANTINE_MS = 2000;

/** How late a follower may wake: a look costs a few microseconds. */
const LOOK_EVERY_MS = 5;

/** How to open an {@link LmdbBus}. */
export interface LmdbBusOptions {
  /** Separates the logs of applications that share a directory. */
  readonly prefix: string;
  /**
   * Records that the log keeps before it forgets the oldest.
   *
   * @default 100_000
   */
  readonly maxRecords?: number;
}

/**
 * Opens the bus that a URL such as `lmdb:./cache` names, in the environment that a storage of that URL uses.
 *
 * @throws ZooCacheError like `parseLmdbUrl` and {@link LmdbEnvironment.open}
 */
export async function openLmdbBus(url: string, options: LmdbBusOptions): Promise<LmdbBus> {
  return new LmdbBus(await LmdbEnvironment.open(parseLmdbUrl(url)), options);
}

/** The log's state as the table holds it: its position is the value's version, so that appends can depend on it. */
interface Head {
  readonly incarnation: string;
  readonly position: number;
  readonly floor: number;
  /** When its quarantine ends, by the monotonic clock of the machine, in milliseconds; undefined when it had none. */
  readonly until?: number | undefined;
}

/** A head, and the table that it was read from. */
interface KnownHead extends Head {
  readonly table: Table;
}

/** Records that wait for their turn, and whoever appended them. */
interface Waiting {
  readonly incarnation: string;
  readonly records: readonly NewRecord[];
  readonly resolve: (position: number | typeof INCARNATION_CHANGED) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The bus of the processes of one machine: a log in an LMDB environment.
 *
 * **Order.** The head says the last position, and every append depends on it: it commits only if the head is still the one
 * that its positions were counted from, and counts again otherwise. Whoever fails was overtaken by somebody who did not,
 * so the log always moves. A commit is visible to every process before the append resolves; that it reaches the disk is
 * not needed, see below. Appends that come while one is being written go into the next commit together.
 *
 * **The barrier.** Reading takes no lock. lmdb keeps one read transaction for a whole turn of the event loop, in which
 * a second look would not see what another process has appended since the first. So every look begins a new one.
 *
 * **One incarnation per file.** The commits of one environment are all or nothing, and a dead process leaves the last of
 * them behind, so the records, the head and the open marks can only be lost together, with their file:
 * - *The machine restarts.* Commits are not flushed, so the tail of the log may be gone, and with it what entries on the
 *   disk depend on. But the file belongs to one life of the kernel: the next one begins with an empty file, hence with
 *   a new log, and nobody who knew the former one is alive.
 * - *The file is removed under running processes.* Those that start then open another file and share nothing with those
 *   that run. So every look at the log first asks whether its file is still in its place, and every append does so
 *   after its commit. One that is not there any more has become another incarnation, and `hello` moves to the file that
 *   is there now. Others may do so later, with transactions on their way whose marks are in the removed file; so everybody
 *   has to bypass until these have appended what they have open. Who comes new to a new file is told by the flags of those
 *   who have known a log (see `WriterFlag`), and writes into the head until when:
 *
 *       X marks | Y opens the file, disturbed, and replaces it | Z starts, reads the old row | X COMMIT | Z: valid, the old row
 *
 *   Whoever removes the directory removes the flags too. Then a newcomer hears of a transaction when its process looks,
 *   right behind its COMMIT at the latest; hence the advice to do that only while nothing uses it.
 * - *A process is stopped in the midst of a write.* Nobody can append before it goes on, and the others would trust a log in
 *   which what is committed meanwhile cannot stand:
 *
 *       X holds the mutex, stopped | Y cannot append its mark in time, COMMIT all the same | Z: valid, the old row
 *
 *   So who waits too long for a write removes the file, and appends to the next one (see `LmdbEnvironment.writeInTime`); and
 *   whoever could not append in time, for whatever reason, removes it before he does without: {@link discard}.
 *
 * **Forgetting.** Beyond a number of records the oldest go, a few with each append that can take them, and the floor
 * rises in the same commit. Open marks are kept apart, however old.
 */
export class LmdbBus implements InvalidationBus {
  readonly reach = 'machine';

  private readonly keys: LogKeys;
  private readonly kept: number;
  private readonly waiting: Waiting[] = [];
  private isWriting = false;
  private isClosed = false;
  private known: KnownHead | undefined;

  constructor(
    private readonly environment: LmdbEnvironment,
    options: LmdbBusOptions,
  ) {
    this.keys = new LogKeys(options.prefix);
    this.kept = options.maxRecords ?? KEPT;
  }

  async hello(former?: string): Promise<BusState> {
    this.requireOpen();
    this.environment.followFile();
    if (this.readHead() === undefined) await this.begin();
    const head = this.readHead();
    if (head === undefined) throw new Error(`The log in ${this.environment.directory} was removed as it began`);
    this.environment.know();
    const { incarnation, position, floor, until } = head;
    const marks = head.table.getRange({ ...this.keys.marks, versions: true });
    const pending = Array.from(marks, (mark) => recordOf(mark.value, mark.version!));
    const isLost = former !== undefined && former !== incarnation;
    const remainingMs = until === undefined ? 0 : Math.min(until - machineClock.now(), QUARANTINE_MS);
    const quarantineMs = isLost ? QUARANTINE_MS : Math.max(0, remainingMs);
    const state = { incarnation, position, floor, pending, quarantineMs };
    return until === undefined ? state : { ...state, trustedForMs: Math.max(0, -remainingMs) };
  }

  append(incarnation: string, records: readonly NewRecord[]): Promise<number | typeof INCARNATION_CHANGED> {
    return new Promise((resolve, reject) => {
      this.requireOpen();
      this.waiting.push({ incarnation, records, resolve, reject });
      if (!this.isWriting) void this.writeWaiting();
    });
  }

  async since(
    incarnation: string,
    position: number,
  ): Promise<readonly LogRecord[] | typeof INCARNATION_CHANGED | typeof FORGOTTEN> {
    this.requireOpen();
    const head = this.readHead();
    if (head?.incarnation !== incarnation || position > head.position) return INCARNATION_CHANGED;
    const records: LogRecord[] = [];
    for (let next = position + 1; next <= head.position; next++) {
      const bytes = head.table.getBinary(this.keys.record(next));
      // Not above the floor.
      if (bytes === undefined) return FORGOTTEN;
      records.push(recordOf(bytes, next));
      // Whoever has missed very many reads them for a second, in which others want to go on.
      if (records.length % PAGE === 0) await nextTurn();
    }
    return records;
  }

  /**
   * The position of the last record at this moment, whoever appended it: the barrier as a function call, which costs a few
   * microseconds. `undefined` when that incarnation is not current or cannot be read: then {@link since} tells.
   */
  head(incarnation: string): number | undefined {
    if (this.isClosed) return undefined;
    try {
      const head = this.readHead();
      return head?.incarnation === incarnation ? head.position : undefined;
    } catch {
      return undefined;
    }
  }

  discard(): void {
    if (!this.isClosed) this.environment.discard();
  }

  follow(wake: () => void): () => void {
    let seen = this.known;
    const timer = setInterval(() => {
      if (seen !== undefined && this.head(seen.incarnation) === seen.position) return;
      seen = this.known;
      wake();
    }, LOOK_EVERY_MS).unref();
    return () => clearInterval(timer);
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const { reject } of this.waiting.splice(0)) reject(this.closed());
    await this.environment.close();
  }

  /** The head at this moment; `undefined` when the file is gone, or no log has begun in it. */
  private readHead(): KnownHead | undefined {
    if (!this.environment.isCurrent()) return undefined;
    const { log: table } = this.environment.tables;
    table.resetReadTxn();
    const entry = table.getEntry(this.keys.head);
    if (entry === undefined) return undefined;
    const position = entry.version!;
    // In one file the rest of the head changes with its position only.
    if (this.known?.table === table && this.known.position === position) return this.known;
    const [incarnation, floor, until] = JSON.parse(entry.value.toString()) as [string, number, number?];
    return (this.known = { table, incarnation, position, floor, until });
  }

  private async begin(): Promise<void> {
    this.environment.waitUntilNoticed();
    const { head } = this.keys;
    const until = this.environment.mayFollowLog() ? machineClock.now() + QUARANTINE_MS : undefined;
    const bytes = headBytes({ incarnation: randomUUID(), floor: 0, until });
    await this.environment.writeInTime(({ log }) => log.ifNoExists(head, () => void log.put(head, bytes, 0)));
  }

  private async writeWaiting(): Promise<void> {
    this.isWriting = true;
    // What the same turn of the event loop appends goes along.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0);
      try {
        await this.write(batch);
      } catch (error) {
        for (const { reject } of batch) reject(this.failure(error));
      }
    }
    this.isWriting = false;
  }

  private async write(batch: readonly Waiting[]): Promise<void> {
    for (;;) {
      const head = this.readHead();
      const current = batch.filter(({ incarnation }) => incarnation === head?.incarnation);
      for (const other of batch) if (!current.includes(other)) other.resolve(INCARNATION_CHANGED);
      if (head === undefined || current.length === 0) return;
      if (
        !(await this.commit(
          head,
          current.flatMap(({ records }) => records),
        ))
      )
        continue;
      // In a file that is not in its place any more nobody who starts now will see it.
      const isSeen = (await this.environment.isKept()) && this.environment.tables.log === head.table;
      let { position } = head;
      for (const { records, resolve } of current) {
        position += records.length;
        resolve(isSeen ? position : INCARNATION_CHANGED);
      }
      return;
    }
  }

  /** Whether the records now follow the head; they do not when somebody else's do. */
  private commit(head: KnownHead, records: readonly NewRecord[]): Promise<boolean> {
    const { keys } = this;
    const { table, incarnation, floor, until } = head;
    const last = head.position + records.length;
    const newFloor = last - this.kept >= floor + FORGOTTEN_AT_ONCE ? last - this.kept : floor;
    const encoded = records.map(recordBytes);
    const changes = () => {
      let { position } = head;
      records.forEach(({ kind, transactionId }, index) => {
        void table.put(keys.record(++position), encoded[index], 0);
        if (kind === 'mark') void table.put(keys.mark(transactionId), encoded[index], position);
        else if (kind === 'release') void table.remove(keys.mark(transactionId));
      });
      for (let old = floor + 1; old <= newFloor; old++) void table.remove(keys.record(old));
      void table.put(keys.head, headBytes({ incarnation, floor: newFloor, until }), last);
    };
    // While it waits for its turn to write, everybody may have moved to another file.
    return this.environment.writeInTime(({ log }) =>
      log === table ? table.ifVersion(keys.head, head.position, changes) : Promise.resolve(false),
    );
  }

  private requireOpen(): void {
    if (this.isClosed) throw this.closed();
  }

  private closed(): ZooCacheError {
    return new ZooCacheError('BUS_FAILED', {
      what: 'The bus is closed',
      name: this.environment.directory,
      next: 'Open another one',
    });
  }

  private failure(error: unknown): ZooCacheError {
    return new ZooCacheError('BUS_FAILED', {
      what: `LMDB did not do what the bus asked (${error instanceof Error ? error.message : String(error)})`,
      name: this.environment.directory,
      next: 'See whether its disk is full, or a process that uses it is stopped',
      cause: error,
    });
  }
}

function headBytes({ incarnation, floor, until }: Omit<Head, 'position'>): Buffer {
  return Buffer.from(JSON.stringify(until === undefined ? [incarnation, floor] : [incarnation, floor, until]));
}
