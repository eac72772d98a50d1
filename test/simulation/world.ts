import { Statistics } from '../../lib/events/statistics.js';
import type { CacheKey } from '../../lib/keys/cache-key.js';
import { InvalidationSet } from '../../lib/tags/invalidation-set.js';
import { rowTag, tableTag, type TableId } from '../../lib/tags/table-tags.js';
import type { Tag } from '../../lib/tags/tag.js';
import { addWrite } from '../../lib/tags/write-rules.js';
import type { Library } from './library.js';
import { SteppedDatabase, type Version } from './stepped-database.js';

/** Something that goes forward one step at a time, when the schedule says so. */
export interface Process {
  /** False when it has ended, and while it waits for somebody else. */
  readonly canStep: boolean;
  readonly isDone: boolean;
  step(): void;
}

export interface WorldOptions {
  readonly rows?: number;
  readonly maxEntries?: number;
  readonly maxRememberedTags?: number;
}

const TABLE: TableId = { database: 'db', name: 'product' };

/**
 * One engine, one database and the processes that use them, all moved by a schedule.
 *
 * The promise is judged here: an answer about a row is never older than what was committed when the call began, and
 * never something that was not committed.
 */
export class World {
  readonly database: SteppedDatabase;
  readonly failures: string[] = [];
  private readonly engine;
  private readonly writes;
  private readonly log;
  private now = 0;

  constructor(
    private readonly library: Library,
    private readonly options: WorldOptions = {},
  ) {
    this.database = new SteppedDatabase(options.rows ?? 2);
    this.log = new library.ProcessLog();
    this.writes = new library.WritePath();
    this.engine = new library.Engine({
      prefix: 'simulation',
      isEnabled: true,
      limits: { maxEntries: options.maxEntries ?? 100 },
      maxRememberedTags: options.maxRememberedTags,
      log: this.log,
      clock: { now: () => this.now, exact: () => this.now },
      random: () => 0,
      copier: { store: (value) => ({ value, bytes: 100, copy: (same) => same }) },
      statistics: new Statistics(),
      failures: { report: (during, error) => this.failures.push(`${during}: ${String(error)}`) },
    });
    this.writes.attach(this.log);
  }

  get hits(): number {
    return [...this.engine.statistics.byName.values()].reduce((sum, { hits }) => sum + hits, 0);
  }

  /** What must hold when every process has ended; an empty list when it does. */
  get remains(): string[] {
    return [
      ...(this.engine.isAtRest ? [] : ['a load, a flight or a mark is left over']),
      ...(this.writes.openMarks === 0 ? [] : ['a mark was never released']),
    ];
  }

  /** A row is cached before anybody goes forward. */
  cache(row: number): void {
    const answer = [this.database.select(row)];
    const tags = [rowTag(TABLE, String(row))];
    this.engine.put(`row ${row}` as CacheKey, answer, { ttlMs: Infinity, tags, token: this.engine.position });
  }

  evict(row: number): Process {
    return script([() => void this.engine.delete(`row ${row}` as CacheKey)]);
  }

  clear(): Process {
    return script([() => this.writes.invalidate(this.engine.clearing)]);
  }

  /** Reads one row by its key: call, SELECT, answer. */
  rowReader(row: number): Process {
    return this.reader(`row ${row}`, [rowTag(TABLE, String(row))], [row], () => [this.database.select(row)]);
  }

  /** Reads the whole table. */
  listReader(): Process {
    const rows = this.database.history.map((_, row) => row);
    return this.reader('list', [tableTag(TABLE)], rows, () => this.database.selectAll());
  }

  /** A cached call that makes of another cached call's answer one of its own. */
  outerReader(row: number): Process {
    return this.caller(`outer ${row}`, [row], (gate) =>
      this.engine.read<readonly Version[]>(`outer ${row}` as CacheKey, this.plan('outer'), async () => {
        const inner = await this.engine.read<readonly Version[]>(`row ${row}` as CacheKey, this.plan('inner'), () =>
          this.selectRow(row, gate),
        );
        await gate();
        return inner;
      }),
    );
  }

  /** An autocommit statement: mark, the statement, release. */
  autocommit(row: number): Process {
    const transaction = this.database.begin();
    let mark: ReturnType<typeof this.writes.mark>;
    return script([
      () => (mark = this.writes.mark(touching([row]))),
      () => {
        transaction.write(row);
        transaction.commit();
      },
      () => mark.release(touching([row])),
    ]);
  }

  /** Somebody else changes the row, and the application is told by hand, all at once. */
  toldByHand(row: number): Process {
    const transaction = this.database.begin();
    return script([
      () => {
        transaction.write(row);
        transaction.commit();
        void this.writes.invalidate(touching([row]));
      },
    ]);
  }

  /** A cached call that asks for another one, which asks for the first one again before it reads the row. */
  mutualReader(which: 0 | 1): Process {
    const ask = (asked: number, depth: number, gate: () => Promise<void>): Promise<readonly Version[]> =>
      this.engine.read<readonly Version[]>(`mutual ${asked}` as CacheKey, this.plan('mutual'), () =>
        depth === 2 ? this.selectRow(0, gate) : ask(1 - asked, depth + 1, gate),
      );
    return this.caller(`mutual ${which}`, [0], (gate) => ask(which, 0, gate));
  }

  /** A statement that names no row: marked as a sweep, and released as one unless the row becomes known. */
  criteriaUpdate(row: number, isKnownAfterwards = true): Process {
    const transaction = this.database.begin();
    let mark: ReturnType<typeof this.writes.mark>;
    return script([
      () => (mark = this.writes.mark(touching(undefined))),
      () => {
        transaction.write(row);
        transaction.commit();
      },
      () => mark.release(touching(isKnownAfterwards ? [row] : undefined)),
    ]);
  }

  /** A transaction that ends in one of four ways; with a savepoint, its second row is rolled back to it. */
  transaction(rows: readonly number[], end: TransactionEnd, isSecondUndone = false): Process {
    const transaction = this.database.begin();
    let collected: number[] = [];
    let mark: ReturnType<typeof this.writes.mark> | undefined;
    const steps: (() => void)[] = [];
    rows.forEach((row, index) => {
      steps.push(() => {
        if (isSecondUndone && index === 1) transaction.savepoint();
        transaction.write(row);
        collected.push(row);
      });
    });
    if (isSecondUndone && rows.length > 1) {
      steps.push(() => {
        if (transaction.rollbackToSavepoint()) collected = [rows[0]];
      });
    }
    if (end === 'rollback') return script(steps);
    // Nobody sees what is written before the commit, so the last statement and the mark are one step.
    const lastStatement = steps.pop()!;
    steps.push(() => {
      lastStatement();
      mark = this.writes.mark(touching(collected));
    });
    // A commit whose answer is lost, and one that fails, look the same from outside: both release.
    if (end === 'commit') steps.push(() => transaction.commit());
    steps.push(() => (end === 'mark withdrawn' ? mark!.withdraw() : mark!.release(touching(collected))));
    return script(steps);
  }

  private reader(
    key: string,
    tags: readonly Tag[],
    rows: readonly number[],
    select: () => readonly Version[],
  ): Process {
    return this.caller(key, rows, (gate) =>
      this.engine.read<readonly Version[]>(key as CacheKey, this.plan(key), async () => {
        for (const tag of tags) this.library.context.currentFrame()!.load!.depend(tag);
        await gate();
        const versions = select();
        await gate();
        return versions;
      }),
    );
  }

  /** Calls once and judges the answer; whatever awaits a gate in between goes on in a step of its own. */
  private caller(
    name: string,
    rows: readonly number[],
    call: (gate: () => Promise<void>) => Promise<readonly Version[]>,
  ): Process {
    const gates: (() => void)[] = [];
    const gate = (): Promise<void> => new Promise((open) => gates.push(open));
    let hasStarted = false;
    let isDone = false;
    const start = (): void => {
      hasStarted = true;
      const agesAtCall = this.database.ages;
      void call(gate).then((answer) => {
        isDone = true;
        rows.forEach((row, index) => this.judge(name, row, answer[index], agesAtCall[row]));
      });
    };
    return {
      get canStep() {
        return !hasStarted || gates.length > 0;
      },
      get isDone() {
        return isDone;
      },
      step() {
        if (hasStarted) gates.shift()!();
        else start();
      },
    };
  }

  private judge(name: string, row: number, version: Version, ageAtCall: number): void {
    const age = this.database.ageOf(row, version);
    if (age < 0) this.failures.push(`${name} answered version ${version}, which was never committed`);
    else if (age < ageAtCall) {
      this.failures.push(`${name} answered commit ${age} of row ${row}, ${ageAtCall} was there at the call`);
    }
  }

  private async selectRow(row: number, gate: () => Promise<void>): Promise<readonly Version[]> {
    this.library.context.currentFrame()!.load!.depend(rowTag(TABLE, String(row)));
    await gate();
    const version = this.database.select(row);
    await gate();
    return [version];
  }

  private plan(name: string): { ttlMs: number; counters: ReturnType<Statistics['of']> } {
    return { ttlMs: Infinity, counters: this.engine.statistics.of(name) };
  }
}

export type TransactionEnd = 'commit' | 'rollback' | 'commit fails' | 'mark withdrawn';

function touching(rows: readonly number[] | undefined): InvalidationSet {
  const invalidation = new InvalidationSet();
  addWrite(invalidation, { table: TABLE, rows: rows === undefined ? 'some' : rows.map(String) });
  return invalidation;
}

/** Two processes of which nobody can tell which is which: the second one starts second. */
export function twins(make: () => Process): readonly Process[] {
  const first = make();
  const second = make();
  let hasFirstStarted = false;
  return [
    {
      get canStep() {
        return first.canStep;
      },
      get isDone() {
        return first.isDone;
      },
      step() {
        hasFirstStarted = true;
        first.step();
      },
    },
    {
      get canStep() {
        return hasFirstStarted && second.canStep;
      },
      get isDone() {
        return second.isDone;
      },
      step: () => second.step(),
    },
  ];
}

/** Processes that take their steps at the same time, as when the database answers both at once. */
export function together(...processes: readonly Process[]): Process {
  return {
    get canStep() {
      return processes.some((each) => each.canStep);
    },
    get isDone() {
      return processes.every((each) => each.isDone);
    },
    step() {
      for (const each of processes.filter(({ canStep }) => canStep)) each.step();
    },
  };
}

function script(steps: readonly (() => void)[]): Process {
  let next = 0;
  return {
    get canStep() {
      return next < steps.length;
    },
    get isDone() {
      return next === steps.length;
    },
    step() {
      steps[next++]();
    },
  };
}
