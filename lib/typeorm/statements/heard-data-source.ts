import type { DataSource, EntityMetadata } from 'typeorm';
import { createHash } from 'node:crypto';
import { processWritePath } from '../../engine/write-path.js';
import type { Dialect, Statement } from '../../sql/statement.js';
import { StatementMemo } from '../../sql/statement-memo.js';
import { monotonicClock, type Clock } from '../../support/clock.js';
import { nodeTimers, within, type Timers } from '../../support/timers.js';
import { databaseTag } from '../../tags/table-tags.js';
import type { Invalidation } from '../../tags/tag.js';
import { attachedFiles, readAttachedFiles, type AttachedFile } from '../databases/attached-files.js';
import { isLockedOut } from '../databases/postgres-catalogue.js';
import { readCatalogue } from '../databases/read-catalogue.js';
import type { Catalogue, CatalogueRelation, RunStatement } from '../databases/catalogue.js';
import { ignoredColumnsIn, type IgnoredColumns } from '../databases/column-wishes.js';
import { announceChange, dataSourcesRevision, initializedDataSources } from '../databases/data-sources.js';
import { identityOfDatabase, livesInMemory, placeOfDatabase } from '../databases/database-identity.js';
import { DatabaseSchema } from '../databases/database-schema.js';
import { dialectOf } from '../library/dialect.js';
import { Knowledge } from '../databases/knowledge.js';
import { mayPass } from '../databases/passing-failures.js';
import { reportHookFailureOnce } from '../library/hook-failures.js';
import { TextPlan } from './text-plan.js';

/** What texts say is the same for all DataSources of a dialect. */
const memo = new StatementMemo();

/**
 * A catalogue is not read more often than this, in milliseconds, because of statements that only might be DDL: those may
 * be part of every request, and until it is read nothing is kept and each write sweeps its database. One that takes longer
 * to be read rests for as long as that took, after DDL too.
 */
const REST_MS = 1_000;

/** A catalogue that takes longer to be read, in milliseconds, is waited for no longer by others, and read anew by the next. */
const JOINED_WITHIN_MS = 5_000;

/** What failed, for those who hear of it: for good, or at the moment. */
const READING = 'reading the catalogue of a database';
const READING_FOR_NOW = `${READING}, of which nothing is kept until that succeeds,`;

/** A DataSource as the hooks know it: whose tables there are, and what the texts it sends do to them. */
export class HeardDataSource {
  readonly dialect: Dialect;
  readonly database: string;

  /** TypeORM 0.3 can give a DataSource other options, and with them another driver. */
  readonly driver: DataSource['driver'];
  /** Where it leads, as long as it is not initialised with other options. */
  readonly place: string;

  private metadatas: readonly EntityMetadata[] | undefined;
  private known: DatabaseSchema | undefined;
  private judgedBy: Knowledge;
  private swept: Invalidation;
  private ignored: IgnoredColumns = new Map();
  private revision = -1;
  private plans = new WeakMap<readonly Statement[], TextPlan>();

  private catalogue: Catalogue | undefined;
  private reading: Promise<void> | undefined;
  private joinedUntil = 0;
  private isRead = false;
  private attached: readonly AttachedFile[] = [];
  /** How often that became another list, and how often it had when it was asked for. */
  private attachments = 0;
  private listedAt = -1;
  /** Until then it is too early to read it. */
  private readsFrom = -Infinity;
  /** How long it took to read it, in milliseconds. */
  private lasted = 0;
  private described: string | undefined;

  constructor(
    readonly dataSource: DataSource,
    private readonly clock: Clock = monotonicClock,
    private readonly timers: Timers = nodeTimers,
  ) {
    this.driver = dataSource.driver;
    this.dialect = dialectOf(dataSource);
    this.database = identityOfDatabase(dataSource);
    this.place = placeOfDatabase(dataSource);
    this.swept = sweepOf([this.database]);
    this.judgedBy = new Knowledge(this);
  }

  /** Everything in its databases: what a write of unknown effect invalidates. */
  get sweep(): Invalidation {
    return this.swept;
  }

  /** Its own, and those that are attached to it. */
  get databases(): readonly string[] {
    return [this.database, ...this.attached.map(({ database }) => database)];
  }

  get schema(): DatabaseSchema {
    const isOther = this.known === undefined || this.metadatas !== this.dataSource.entityMetadatas;
    if (isOther || (this.revision !== dataSourcesRevision() && this.ignoresOtherColumns())) this.rebuild();
    return this.known!;
  }

  /** A text that differs when other columns, keys or views are known of the database, or other columns are ignored. */
  get knownColumns(): string {
    return (this.described ??= digestOf([this.isRead, this.catalogue ?? null, textOf(this.ignored), ...this.attached]));
  }

  /** By what the reach of writes is judged at the moment. */
  get knowledge(): Knowledge {
    return this.judgedBy;
  }

  planOf(text: string): TextPlan {
    const { schema } = this;
    const statements = memo.analyse(text, this.dialect);
    let plan = this.plans.get(statements);
    if (plan === undefined) this.plans.set(statements, (plan = new TextPlan(text, statements, schema, this.dialect)));
    return plan;
  }

  /**
   * Whether what it answers may be older than a write that was heard already. A replica of which nobody ever hears a write is as
   * good as any other database that others write to.
   */
  get mayLagBehind(): boolean {
    if (this.catalogue?.isReplica !== true) return false;
    return processWritePath.hasOthers || sourcesOf(this.database).some((other) => this.mayRepeat(other));
  }

  /** Whether what it answers may never be committed. */
  get showsUncommitted(): boolean {
    return this.catalogue?.showsUncommitted === true;
  }

  /** Whether its connections are in a transaction though nobody has begun one. */
  get isAlwaysInTransaction(): boolean {
    return this.catalogue?.isAlwaysInTransaction === true;
  }

  /** Whether the catalogue need not be waited for. */
  get isCatalogueRead(): boolean {
    return this.isRead;
  }

  /**
   * Reads the database's catalogue, once for all who ask, unless it is too early after a doubt or a failure; never rejects.
   *
   * If the database refuses, the entities alone count, and that is reported. It may never answer, if the connection of whoever
   * began is broken, or a subscriber who hears of it waits for one of those who wait here.
   */
  readCatalogue(run: RunStatement): Promise<void> {
    const now = this.clock.now();
    if (this.reading === undefined) {
      if (now < this.readsFrom) return Promise.resolve();
    } else if (now < this.joinedUntil) {
      const late = (): Error => new Error('the catalogue is still being read');
      return within(this.timers, this.joinedUntil - now, this.reading, late).catch(() => undefined);
    }
    this.joinedUntil = now + JOINED_WITHIN_MS;
    return (this.reading = this.readNow(run));
  }

  /** DDL was sent: what is known of the database may be wrong. */
  forgetCatalogue(): void {
    this.isRead = false;
    this.reading = undefined;
    // DDL comes in rows, and one that is forgotten while it is being read burdens the database to its end.
    this.readsFrom = this.lasted < REST_MS ? -Infinity : this.clock.now() + this.lasted;
    this.judgedBy = new Knowledge(this);
    this.described = undefined;
    announceChange();
    whenForgotten(this);
  }

  /** Something was sent that may have been DDL. */
  doubtCatalogue(): void {
    const now = this.clock.now();
    const wasRead = this.isRead || this.reading !== undefined;
    const isFirst = wasRead && now >= this.readsFrom;
    const readsFrom = isFirst ? Math.max(now, this.readsFrom + Math.max(REST_MS, 2 * this.lasted)) : this.readsFrom;
    this.forgetCatalogue();
    this.readsFrom = readsFrom;
  }

  /** Something was attached or detached: which files statements reach must be asked before the next one is judged. */
  forgetAttached(): void {
    this.attachments++;
  }

  /** Whether that need not be asked. */
  get isAttachedKnown(): boolean {
    return this.listedAt === this.attachments || this.dialect !== 'sqlite';
  }

  /** Asks, also in a transaction; never rejects. */
  async askAttached(run: RunStatement): Promise<void> {
    const asked = this.attachments;
    try {
      this.attach(await attachedFiles(run), asked);
    } catch (error) {
      reportHookFailureOnce(this.database, 'asking which files are attached', error);
      this.listedAt = asked;
    }
  }

  /** It was initialised, perhaps not for the first time. */
  restarted(): void {
    this.forgetCatalogue();
    this.readsFrom = -Infinity;
    this.forgetAttached();
    if (livesInMemory(this.dataSource)) void processWritePath.invalidate(this.sweep);
  }

  /** On MySQL all servers are one database. */
  private mayRepeat({ catalogue, driver }: HeardDataSource): boolean {
    return catalogue?.isReplica !== true && driver.database === this.driver.database;
  }

  private async readNow(run: RunStatement): Promise<void> {
    const knowledge = this.judgedBy;
    const asked = this.attachments;
    const from = this.clock.now();
    try {
      if (this.dialect === 'sqlite') this.attach(await readAttachedFiles(run), asked);
      if (knowledge !== this.judgedBy) return;
      const catalogue = await readCatalogue(this.dialect, run, this.otherDatabases);
      this.lasted = this.clock.now() - from;
      // DDL overtook the reading: whoever asks next reads again.
      if (knowledge !== this.judgedBy) return;
      this.learn(catalogue);
    } catch (error) {
      if (knowledge !== this.judgedBy) return;
      const passes = mayPass(error, this.dialect);
      if (!isLockedOut(error)) reportHookFailureOnce(this.database, passes ? READING_FOR_NOW : READING, error);
      if (passes) {
        this.reading = undefined;
        this.readsFrom = this.clock.now() + REST_MS;
        return;
      }
      this.isRead = true;
      this.described = undefined;
      announceChange();
      knowledge.confirm();
    }
  }

  /** Those that entities name. */
  private get otherDatabases(): readonly string[] {
    const named = this.dataSource.entityMetadatas.map(({ database }) => database);
    return [...new Set(named)].filter((name): name is string => name !== undefined && name !== '');
  }

  private attach(files: readonly AttachedFile[], asked: number): void {
    this.listedAt = asked;
    if (files.length === 0 && this.attached.length === 0) return;
    this.attached = files;
    this.swept = sweepOf(this.databases);
    this.rebuild();
  }

  private learn(catalogue: Catalogue | undefined): void {
    const { foreignKeys } = this.schema;
    const keys = this.spelledKeys();
    this.catalogue = catalogue;
    this.isRead = true;
    this.rebuild();
    // Views, triggers and partitions lead to other rows just as keys do, and entities say too little of them to compare.
    const knewAll =
      keys === this.spelledKeys() &&
      foreignKeys.coverActionsOf(this.schema.foreignKeys) &&
      !(catalogue?.relations.some(leadsElsewhere) ?? false) &&
      (catalogue?.triggers?.length ?? 0) === 0 &&
      (catalogue?.kinships.length ?? 0) === 0;
    if (!knewAll) {
      this.judgedBy.refute();
      this.judgedBy = new Knowledge(this);
    }
    this.judgedBy.confirm();
  }

  /** Applications and entities come and go, and each may have a say in what is ignored. */
  private ignoresOtherColumns(): boolean {
    this.revision = dataSourcesRevision();
    return textOf(ignoredColumnsIn(this.database)) !== textOf(this.ignored);
  }

  /** How the rows of entities are named: a column may be stored as another type than its entity says. */
  private spelledKeys(): string {
    return JSON.stringify(this.dataSource.entityMetadatas.map((metadata) => this.schema.relationOf(metadata).key));
  }

  private rebuild(): void {
    this.metadatas = this.dataSource.entityMetadatas;
    this.ignored = ignoredColumnsIn(this.database);
    this.known = new DatabaseSchema(
      this.dataSource,
      this.database,
      this.dialect,
      this.catalogue,
      this.ignored,
      this.attached,
      this.swept,
    );
    this.plans = new WeakMap();
    this.described = undefined;
    announceChange();
  }
}

function sweepOf(databases: readonly string[]): Invalidation {
  return { touches: [], sweeps: [...new Set(databases)].map(databaseTag) };
}

function leadsElsewhere({ kind, hasTriggers, replacesRows }: CatalogueRelation): boolean {
  return kind === 'view' || hasTriggers === true || replacesRows === true;
}

/** Short, because a catalogue may be megabytes long. */
function digestOf(known: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(known)).digest('base64url');
}

function textOf(ignored: IgnoredColumns): string {
  const texts = [...ignored].map(([table, columns]) => JSON.stringify([table, ...[...columns].sort()]));
  return texts.sort().join();
}

let whenForgotten: (source: HeardDataSource) => void = () => undefined;

/** Has something done whenever a catalogue is forgotten, beside what the statements do that need it. */
export function onForgottenCatalogue(action: (source: HeardDataSource) => void): void {
  whenForgotten = action;
}

const heard = new WeakMap<DataSource, HeardDataSource>();

/** The one for a DataSource; the same as long as it keeps its driver and leads to the same database. */
export function heardDataSource(dataSource: DataSource): HeardDataSource {
  const known = heard.get(dataSource);
  return known?.driver === dataSource.driver ? known : hearAnew(dataSource, known);
}

/** A DataSource was initialised, perhaps not for the first time, and perhaps with other options than before. */
export function restartDataSource(dataSource: DataSource): void {
  const known = heardDataSource(dataSource);
  const leadsElsewhere = known.place !== placeOfDatabase(dataSource);
  (leadsElsewhere ? hearAnew(dataSource, known) : known).restarted();
}

function hearAnew(dataSource: DataSource, known: HeardDataSource | undefined): HeardDataSource {
  const source = new HeardDataSource(dataSource);
  heard.set(dataSource, source);
  // What it has read there is no answer of the database that it leads to now.
  if (known !== undefined && known.place !== source.place) void processWritePath.invalidate(known.sweep);
  return source;
}

/**
 * DDL was sent to a database: all DataSources on it have to read its catalogue again, or the readers of one would go on
 * naming values by the types that the columns had, and the writers of another by those that they have.
 */
export function forgetCatalogues(database: string): void {
  for (const source of sourcesOf(database)) source.forgetCatalogue();
}

/** The same for what may have been DDL; undefined: in any database. */
export function doubtCatalogues(database: string | undefined): void {
  for (const source of sourcesOf(database)) source.doubtCatalogue();
}

function sourcesOf(database: string | undefined): readonly HeardDataSource[] {
  const all = [...initializedDataSources()].map(heardDataSource);
  return database === undefined ? all : all.filter(({ databases }) => databases.includes(database));
}
