import type { DataSource, EntityMetadata } from 'typeorm';
import type { LogRecord } from '../../../lib/bus/invalidation-bus.js';
import { Copier } from '../../../lib/codec/copy/copier.js';
import { processWritePath } from '../../../lib/engine/write-path.js';
import type { CacheKey } from '../../../lib/keys/cache-key.js';
import type { TableId } from '../../../lib/tags/table-tags.js';
import { initializedDataSources } from '../../../lib/typeorm/databases/data-sources.js';
import { describeEntityClass } from '../../../lib/typeorm/entities/entity-shape.js';
import { heardDataSource } from '../../../lib/typeorm/statements/heard-data-source.js';
import { createEngine, type Fixture } from '../../engine/engine-fixture.js';
import { judgeTable, Told, type TableVerdict } from './coverage.js';
import { changedRows, tablesOf } from './dump.js';
import { Questionnaire, written, type Truth } from './questions.js';

/** What came of one write. */
export interface Verdict {
  readonly title: string;
  readonly tables: readonly TableVerdict[];
  /** Changed tables and rows that readers were not told of. */
  readonly missed: readonly string[];
  /** Answers of the cache that are not what the database says. */
  readonly stale: readonly string[];
  /** What was released without having been pending, and marks that were left open. */
  readonly unmarked: readonly string[];
  readonly changedRows: number;
  readonly told: Told;
}

/**
 * Judges writes by what they did, not by what they look like: everything in the database is compared before and after,
 * and readers must have heard of every difference. Beside what was said, it looks at what it is said for: a cache that
 * answers all questions must agree with the database after every step.
 */
export class WriteOracle {
  private readonly records: LogRecord[] = [];
  private readonly fixture: Fixture;
  private readonly questionnaire: Questionnaire;
  private readonly detach: () => void;
  private readonly verdicts: Verdict[] = [];
  /** What was true after the last write that was judged. */
  private latest: Truth | undefined;

  constructor(private readonly dataSource: DataSource) {
    this.fixture = createEngine({ copier: new Copier(describeEntityClass(initializedDataSources)) });
    this.detach = processWritePath.attach(this.fixture.log, this.fixture.engine);
    this.fixture.log.follow((record) => this.records.push(record));
    this.questionnaire = new Questionnaire(dataSource);
  }

  close(): void {
    this.detach();
    this.fixture.engine.close();
  }

  /** Fills the cache with the answers to all questions; what cannot be cached is returned. */
  async fill(): Promise<string[]> {
    await this.questionnaire.truth();
    await this.answersOfCache();
    const { of } = this.fixture.statistics;
    const before = of.call(this.fixture.statistics, 'test').loads;
    const loaded: string[] = [];
    for (const question of this.questionnaire.questions) {
      const { loads } = this.fixture.statistics.of('test');
      await this.askCache(question.name, () => question.ask());
      if (this.fixture.statistics.of('test').loads > loads) loaded.push(question.name);
    }
    return before === 0 ? ['nothing was cached'] : loaded;
  }

  /** Runs a write and judges it. */
  async judge(title: string, run: () => Promise<unknown>): Promise<Verdict> {
    return this.judgeFrom(await this.questionnaire.truth(), title, run);
  }

  /** The same where nobody wrote since the last judgement: what was true after that write is true before this one. */
  async judgeNext(title: string, run: () => Promise<unknown>): Promise<Verdict> {
    return this.judgeFrom(this.latest ?? (await this.questionnaire.truth()), title, run);
  }

  private async judgeFrom(before: Truth, title: string, run: () => Promise<unknown>): Promise<Verdict> {
    await this.answersOfCache();
    this.records.length = 0;
    await run();
    const records = this.records.splice(0);
    const after = await this.questionnaire.truth();
    this.latest = after;
    const stale = await this.staleAnswers(after);
    const told = new Told(records.filter(({ kind }) => kind !== 'mark'));
    const changed = changedRows(before.tables, after.tables);
    const tables = tablesOf(this.dataSource).map((metadata) =>
      judgeTable(
        metadata,
        changed.get(metadata.tableName) ?? new Set(),
        [before.tables, after.tables],
        told,
        this.tableOf(metadata),
      ),
    );
    const verdict = {
      title,
      tables,
      missed: tables.flatMap(({ missed }) => missed),
      stale,
      unmarked: unmarkedIn(records),
      changedRows: tables.reduce((sum, { changed: rows }) => sum + rows, 0),
      told,
    };
    this.verdicts.push(verdict);
    return verdict;
  }

  /** What all judgements add up to. */
  get summary(): Summary {
    const pairs = this.verdicts.flatMap(({ tables }) => tables.filter(({ changed }) => changed > 0));
    const all = this.verdicts.flatMap(({ tables }) => tables);
    const count = <T>(list: readonly T[], holds: (one: T) => boolean): number => list.filter(holds).length;
    return {
      steps: this.verdicts.length,
      changed: pairs.length,
      exact: count(pairs, ({ isExact }) => isExact),
      byTable: count(pairs, ({ isExact, missed }) => !isExact && missed.length === 0),
      missed: count(pairs, ({ missed }) => missed.length > 0),
      needlessTables: count(all, ({ isNeedless }) => isNeedless),
      needlessRows: all.reduce((sum, { needlessRows }) => sum + needlessRows, 0),
      changedRows: all.reduce((sum, { changed }) => sum + changed, 0),
    };
  }

  private tableOf({ tableName }: EntityMetadata): TableId {
    return heardDataSource(this.dataSource).schema.relation({ name: tableName.toLowerCase() }).id;
  }

  private askCache(name: string, ask: () => Promise<unknown>): Promise<unknown> {
    return this.fixture.engine.read(name as CacheKey, this.fixture.plan(), ask);
  }

  private async answersOfCache(): Promise<Map<string, string>> {
    const answers = new Map<string, string>();
    for (const { name, ask } of this.questionnaire.questions)
      answers.set(name, written(await this.askCache(name, ask)));
    return answers;
  }

  private async staleAnswers(truth: Truth): Promise<string[]> {
    const stale: string[] = [];
    const answers = await this.answersOfCache();
    for (const { name, ask } of this.questionnaire.questions) {
      const answer = answers.get(name)!;
      if (answer === (truth.answers.get(name) ?? 'null')) continue;
      // A key may find a row that is spelled otherwise.
      const right = written(await ask());
      if (answer === right) continue;
      // Told once: what follows must not suffer from it.
      this.fixture.engine.delete(name as CacheKey);
      stale.push(`${name}: ${answer.slice(0, 200)} instead of ${right.slice(0, 200)}`);
    }
    return stale;
  }
}

/** Counts of (table, step) pairs, and of rows. */
export interface Summary {
  readonly steps: number;
  /** Pairs in which a table changed. */
  readonly changed: number;
  /** … and exactly the changed rows, or more, were named by their ids. */
  readonly exact: number;
  /** … and all rows of the table were swept. */
  readonly byTable: number;
  readonly missed: number;
  /** Pairs in which a table was reported that did not change. */
  readonly needlessTables: number;
  /** Rows that were reported and did not change. */
  readonly needlessRows: number;
  readonly changedRows: number;
}

/** Nodes of values that only the answer to an update or delete tells: what its rows hold, or held. */
const ANSWERED_VALUE = /\u001f~\u001f[=-]./;

/**
 * Every release must have been covered by its mark, and every mark must have been released.
 *
 * Values that only the answer tells are exempt: whoever depends on one of them depends as well on what the text says of
 * the columns it sets, or on rows that go of which nothing is known, and that was marked.
 */
function unmarkedIn(records: readonly LogRecord[]): string[] {
  const open = new Map<string, Told>();
  const wrong: string[] = [];
  for (const record of records) {
    if (record.kind === 'mark') {
      open.set(record.transactionId, new Told([record]));
      continue;
    }
    const released = new Told([record]);
    const mark = open.get(record.transactionId) ?? new Told([]);
    for (const tag of mark.lacks(released).filter((lacked) => !ANSWERED_VALUE.test(lacked)))
      wrong.push(`released without a mark: ${tag.replaceAll('\u001f', ' / ')}`);
    open.delete(record.transactionId);
  }
  for (const id of open.keys()) wrong.push(`left open: mark ${id}`);
  return wrong;
}
