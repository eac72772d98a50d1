import { Statistics } from '../../../lib/events/statistics.js';
import type { CacheKey } from '../../../lib/keys/cache-key.js';
import { InvalidationSet } from '../../../lib/tags/invalidation-set.js';
import { rowTag, type TableId } from '../../../lib/tags/table-tags.js';
import { addWrite } from '../../../lib/tags/write-rules.js';
import { MapStorage, ReferenceLog, type MapPlace } from '../../../lib/testing/index.js';
import { SteppedDatabase, type SteppedTransaction, type Version } from '../stepped-database.js';
import type { FleetLibrary } from './library.js';
import { SteppedTime } from './stepped-time.js';
import { LossyWire, Wire, type Message } from './wire.js';

export interface FleetOptions {
  readonly peers: number;
  readonly rows?: number;
  /** How many records the log keeps. */
  readonly maxRecords?: number;
  /** Whether the processes share a storage besides. */
  readonly sharesEntries?: boolean;
  readonly isLossy?: boolean;
  /** How old answers may be but for what their own process wrote; 0 asks before each read. */
  readonly boundMs?: number;
}

/** Something that may happen next. */
export interface Move {
  readonly name: string;
  run(): void;
}

const TABLE: TableId = { database: 'db', name: 'product' };

/** As long as a new life of the log is not trusted: twice the time a COMMIT may take to be sent. */
const QUARANTINE_MS = 2_000;

/** One process: a real engine on a real shared log. */
class Peer {
  isPaused = false;
  isDead = false;
  readonly writes;
  readonly log;
  readonly engine;
  readonly failures: string[] = [];
  /** Ages of rows that this process itself has committed. */
  readonly own: number[];

  constructor(library: FleetLibrary, fleet: Fleet, options: FleetOptions) {
    const timers = fleet.time.timersOf(this);
    const clock = fleet.time;
    const failures = { report: () => undefined };
    const bus = new (options.isLossy === true ? LossyWire : Wire)(fleet.log, this, fleet.messages);
    this.own = fleet.database.ages.map(() => 0);
    this.log = new library.SharedLog({
      bus,
      clock,
      timers,
      failures,
      onLogDown: 'reject',
      history: options.sharesEntries === true ? 1_000 : 0,
      schemas: { of: () => undefined },
      isOver: (witness) => Promise.resolve(fleet.isOver(witness)),
    });
    const storage = new MapStorage(fleet.place, clock);
    this.engine = new library.Engine({
      prefix: 'fleet',
      isEnabled: true,
      log: this.log,
      boundMs: options.boundMs,
      sharedEntries:
        options.sharesEntries === true
          ? new library.SharedEntries({
              storage,
              prefix: 'fleet',
              codec: {
                encode: (value) => Buffer.from(JSON.stringify(value)),
                decode: (bytes) => ({ value: JSON.parse(Buffer.from(bytes).toString()) as unknown }),
              },
              clock,
              timers,
              failures,
              schema: () => '',
            })
          : undefined,
      clock: { now: () => clock.now(), exact: () => clock.now() },
      random: () => 0,
      copier: { store: (value) => ({ value, bytes: 100, copy: (same) => same }) },
      statistics: new Statistics(),
      failures: { report: (during, error) => this.failures.push(`${during}: ${String(error)}`) },
    });
    this.writes = new library.WritePath();
    this.writes.attach(this.log);
    void this.log.start();
  }
}

/**
 * Several processes with one database and one log, all moved by a schedule: their commands, the answers, time, and what
 * goes wrong on the way.
 *
 * The promise is judged here: an answer is never older than what was committed when the call began, in any process.
 */
export class Fleet {
  readonly time = new SteppedTime();
  readonly messages: Message[] = [];
  readonly place: MapPlace = new Map();
  readonly database: SteppedDatabase;
  readonly log: ReferenceLog;
  readonly failures: string[] = [];
  hits = 0;

  private readonly peers: Peer[];
  private readonly open = new Set<string>();
  private transactions = 0;
  private readonly running: Move[] = [];

  constructor(
    private readonly library: FleetLibrary,
    private readonly options: FleetOptions,
  ) {
    this.database = new SteppedDatabase(options.rows ?? 2);
    this.log = new ReferenceLog({ maxRecords: options.maxRecords, clock: this.time });
    this.peers = Array.from({ length: options.peers }, () => new Peer(library, this, options));
  }

  /** All that can happen next of itself: what is on its way arrives, what was begun goes on, or time passes. */
  get moves(): Move[] {
    const moves = this.running.filter(({ name }) => name !== '');
    for (const { from } of this.peers.map((from) => ({ from }))) {
      const first = this.messages.find((message) => message.from === from);
      if (first !== undefined && !from.isPaused && !from.isDead)
        moves.push({ name: 'deliver', run: () => first.deliver() });
    }
    if (this.time.canPass(this.isHeldUp)) moves.push({ name: 'time', run: () => this.time.pass(this.isHeldUp) });
    return moves;
  }

  /** Whether a witness's transaction is over, which the database knows. */
  isOver(witness: string): boolean {
    return !this.open.has(witness);
  }

  read(peer: number, row: number): void {
    const { engine, isPaused, isDead, own } = this.peers[peer];
    if (isPaused || isDead) return;
    const { boundMs = 0 } = this.options;
    const agesAtCall = boundMs > 0 ? [...own] : this.database.ages;
    const plan = { ttlMs: Infinity, counters: engine.statistics.of('row') };
    void engine
      .read<Version>(`row ${row}` as CacheKey, plan, async () => {
        this.library.context.currentFrame()?.load?.depend(rowTag(TABLE, String(row)));
        await this.step('select');
        const version = this.database.select(row);
        await this.step('answer');
        return version;
      })
      .then((version) => {
        const age = this.database.ageOf(row, version);
        if (age < agesAtCall[row]) {
          this.failures.push(
            `peer ${peer} answered commit ${age} of row ${row}, ${agesAtCall[row]} was there at the call`,
          );
        }
      });
  }

  /** A transaction: mark, wait, COMMIT is sent, COMMIT is executed at some time, release. */
  write(peer: number, row: number): void {
    const { writes, isPaused, isDead, own } = this.peers[peer];
    if (isPaused || isDead) return;
    const transaction = this.database.begin();
    transaction.write(row);
    void this.commit(writes, own, row, transaction);
  }

  /** Another program changes the row, and the application is told by hand. */
  tellByHand(peer: number, row: number): void {
    const transaction = this.database.begin();
    transaction.write(row);
    transaction.commit();
    void this.peers[peer].writes.invalidate(touching(row));
  }

  /** The first message of a process arrives, if there is one. */
  deliver(peer: number): void {
    this.messages.find(({ from }) => from === this.peers[peer])?.deliver();
  }

  /** The first that waits for this step goes on, if there is one. */
  goOn(step: string): void {
    this.running.find(({ name }) => name === step)?.run();
  }

  /** Lets time pass until so much has, with everything that it brings. */
  async wait(ms: number, settle: () => Promise<void>): Promise<void> {
    const until = this.time.now() + ms;
    while (this.time.now() < until && this.time.canPass(this.isHeldUp)) {
      this.time.pass(this.isHeldUp);
      await settle();
      for (let round = 0; round < 20 && this.messages.length > 0; round++) {
        this.messages[0].deliver();
        await settle();
      }
    }
  }

  pause(peer: number): void {
    this.peers[peer].isPaused = true;
  }

  resume(peer: number): void {
    this.peers[peer].isPaused = false;
  }

  /** The process is killed: nothing it holds or owes is left, and what it had sent may still be executed. */
  kill(peer: number): void {
    const dead = this.peers[peer];
    if (dead.isDead) return;
    dead.isDead = true;
    for (const message of this.messages.filter(({ from }) => from === dead)) {
      this.messages.splice(this.messages.indexOf(message), 1);
    }
    this.peers[peer] = new Peer(this.library, this, this.options);
  }

  /** The log is replaced by one that never heard of anything. */
  loseLog(): void {
    this.log.lose(QUARANTINE_MS);
  }

  loseMessage(which: number): void {
    if (this.messages.length > 0) this.messages[which % this.messages.length].lose();
  }

  skip(ms: number): void {
    this.time.skip(ms);
  }

  /** How often the processes answered from the cache. */
  countHits(): number {
    return this.peers.reduce((sum, { engine }) => sum + engine.statistics.of('row').hits, 0);
  }

  private readonly isHeldUp = (owner: object): boolean => (owner as Peer).isPaused || (owner as Peer).isDead;

  private async commit(
    writes: Peer['writes'],
    own: number[],
    row: number,
    transaction: SteppedTransaction,
  ): Promise<void> {
    const witness = String(++this.transactions);
    this.open.add(witness);
    const mark = writes.mark(touching(row), witness);
    try {
      await writes.announced();
    } catch {
      this.open.delete(witness);
      mark.withdraw();
      return;
    }
    // Sent in the very turn in which the mark was answered. When it is executed is up to the database.
    await this.step('commit');
    transaction.commit();
    this.open.delete(witness);
    const age = this.database.ages[row];
    await this.step('committed');
    own[row] = Math.max(own[row], age);
    mark.release(touching(row));
  }

  /** Waits until the schedule lets it go on. */
  private step(name: string): Promise<void> {
    return new Promise((resolve) => {
      const move: Move = {
        name,
        run: () => {
          this.running.splice(this.running.indexOf(move), 1);
          resolve();
        },
      };
      this.running.push(move);
    });
  }
}

function touching(row: number): InvalidationSet {
  const invalidation = new InvalidationSet();
  addWrite(invalidation, { table: TABLE, rows: [String(row)] });
  return invalidation;
}
