import type { LoadCapture } from '../../engine/load-capture.js';
import type { Dialect, Statement, TransactionCommand } from '../../sql/statement.js';
import { InvalidationSet } from '../../tags/invalidation-set.js';
import type { Invalidation } from '../../tags/tag.js';
import type { Control, Step } from '../connections/transaction-control.js';
import type { DatabaseSchema } from '../databases/database-schema.js';
import { dayObstacle } from '../databases/todays-times.js';
import { valueOf, type Parameters } from './key-values.js';
import { PlannedSelect } from './planned-select.js';
import { PlannedRead } from './planned-read.js';
import { PlannedWrite } from './planned-write.js';

/** Settings and commands that change what names mean, or who asks, for the rest of the connection's life. */
const RENAMING_VERBS = new Set(['set', 'reset', 'use']);

const LOCAL_SETTING = /^\s*set\s+local\s/i;

/** A call that sets what names mean or who asks, unless it is plain that it sets something else. */
const SETTING_CALL = /\bset_config\s*\((?!\s*'(?!(?:search_path|role|session_authorization)')[\w.]+'\s*,)/i;

/** The same, unless it is plain that it does so for a transaction only. */
const LASTING_CALL = new RegExp(String.raw`${SETTING_CALL.source}(?![^()]*,\s*true\s*\))`, 'i');

/** Statements that run a text or a procedure: hardly ever DDL, and perhaps one in every request. */
const RUNNING_VERBS = new Set(['call', 'execute', 'exec', 'do']);

/** Statements of PostgreSQL that say which of its tables a user can be asked to return. */
const GRANTING_VERBS = new Set(['grant', 'revoke']);

/** Other statements of unknown effect that change rows, and no tables. */
const NOT_DEFINING_VERBS = new Set(['fetch', 'load', 'merge']);

/** Statements of SQLite that give a connection other files, or take them away. */
const ATTACHING_VERBS = new Set(['attach', 'detach']);

/** What one statement of a text does. */
export class StatementPlan {
  readonly reads: readonly PlannedRead[];
  readonly writes: readonly PlannedWrite[];
  readonly control: Control | undefined;

  constructor(
    readonly statement: Statement,
    private readonly schema: DatabaseSchema,
    private readonly dialect: Dialect,
    private readonly isLocalSetting: boolean,
  ) {
    this.reads = statement.reads.map((read) => new PlannedRead(schema, read, dialect));
    this.writes = statement.writes.map((write) => new PlannedWrite(schema, write, dialect));
    this.control = statement.transaction === undefined ? undefined : controlOf(statement.transaction);
  }

  /** The same where it depends on a parameter. */
  controlFor(parameters: Parameters): Control | undefined {
    const { transaction } = this.statement;
    if (transaction?.control !== 'autocommit-as-given') return this.control;
    const { value } = transaction;
    return autocommitAt(value === undefined ? undefined : valueOf(value, parameters, this.dialect));
  }

  /** Names mean something else on this connection from now on, or another user asks. */
  get renames(): boolean {
    return !this.isLocalSetting && this.setsNames;
  }

  /** It is so until the transaction ends. */
  get renamesMeanwhile(): boolean {
    return this.isLocalSetting && this.setsNames;
  }

  private get setsNames(): boolean {
    return this.statement.writesUnknown && RENAMING_VERBS.has(this.statement.verb);
  }

  /** A temporary table or view is found before all else of its name; SQLite's catalogue tells of those that there are. */
  get hidesTables(): boolean {
    if (this.dialect !== 'postgres' && this.dialect !== 'mysql') return false;
    return this.writes.some(({ write: { table, isTemporary } }) => {
      const isHere = isTemporary === true || table.schema === 'pg_temp';
      return isHere && this.schema.relation({ name: table.name }).isKnown;
    });
  }

  /** It may write anything. */
  get writesAnything(): boolean {
    const { writesUnknown, transaction } = this.statement;
    // What XA is beside its transaction commands ends or lists branches, and writes nothing.
    const isKnown = this.renames || this.isLocalSetting || this.statement.verb === 'xa';
    return (writesUnknown && !isKnown) || transaction?.control === 'commit-prepared';
  }

  /** A procedure, or what is not understood, may commit: PostgreSQL lets none do so inside a transaction, SQLite has none. */
  get mayEndAnything(): boolean {
    if (this.control !== undefined) return false;
    const isOfThose = this.dialect === 'mysql' || this.dialect === 'generic';
    return this.statement.commitsPerhaps || (isOfThose && this.writesAnything);
  }

  get isWrite(): boolean {
    return this.writes.length > 0 || this.writesAnything;
  }

  /** It writes ignored columns, and nothing that anybody need hear of. */
  get isUnheard(): boolean {
    return !this.writesAnything && this.writes.length > 0 && this.writes.every((write) => write.isUnheard);
  }

  /** Tables, views or keys may be others afterwards, or who may see them. */
  get defines(): boolean {
    const { verb } = this.statement;
    return (
      (this.dialect === 'postgres' && GRANTING_VERBS.has(verb)) ||
      this.writes.some(({ write }) => write.kind === 'define') ||
      (this.writesAnything && !this.control && !NOT_DEFINING_VERBS.has(verb) && !RUNNING_VERBS.has(verb))
    );
  }

  /** What it runs may do so. */
  get mayDefine(): boolean {
    return this.writesAnything && RUNNING_VERBS.has(this.statement.verb);
  }

  /** The transaction around it is committed whatever comes of it. */
  get commits(): boolean {
    if (this.control !== undefined || this.statement.commitsPerhaps) return false;
    return this.statement.commitsImplicitly || (this.schema.definitionsCommit && this.defines);
  }

  /** Something it does survives a rollback. */
  get isDurable(): boolean {
    return (
      (this.statement.verb === 'pragma' && this.writesAnything) ||
      this.writes.some(({ relation }) => !relation.isTransactional)
    );
  }

  /** Why the answer of a load that runs it cannot be kept; undefined when it can. */
  get obstacle(): string | undefined {
    const { uncacheable, readsUnknown } = this.statement;
    if (uncacheable !== undefined) return uncacheable;
    if (readsUnknown) return 'tables unknown';
    return this.reads.find(({ obstacle }) => obstacle !== undefined)?.obstacle;
  }

  /** It calls a function that may do anything, also to rows that no statement names. */
  get callsUnknown(): boolean {
    return this.statement.callsUnknown;
  }

  /** What it invalidates, as far as is known before it is sent. */
  before(parameters: Parameters): Invalidation {
    const [write, ...others] = this.writes;
    if (write !== undefined && others.length === 0 && !this.writesAnything) {
      return write.invalidationOf(parameters);
    }
    const all = new InvalidationSet();
    if (this.writesAnything) all.add(this.schema.sweep);
    for (const each of this.writes) all.add(each.invalidationOf(parameters));
    return all;
  }

  step(parameters: Parameters): Step {
    const commits = this.commits || (this.mayEndAnything && 'perhaps');
    return { control: this.controlFor(parameters), commits, write: this.isWrite ? this.before(parameters) : undefined };
  }
}

/** What a text does that a driver is asked to run. */
export class TextPlan {
  readonly statements: readonly StatementPlan[];

  /** It neither writes nor has to do with definitions, names or transactions. */
  readonly isRead: boolean;
  readonly isWrite: boolean;
  readonly defines: boolean;
  readonly mayDefine: boolean;
  readonly renames: boolean;
  readonly renamesMeanwhile: boolean;
  /** Other files may belong to the connection afterwards. */
  readonly attaches: boolean;

  /** Which tables are hit depends on what only the database's catalogue knows. */
  readonly needsCatalogue: boolean;

  /** Its caller stands in a transaction afterwards, if it succeeds. */
  readonly begins: boolean;

  /** It may start a transaction, or go one deeper. */
  readonly mayBegin: boolean;
  readonly obstacle: string | undefined;

  private select: PlannedSelect | null | undefined;

  constructor(
    private readonly text: string,
    statements: readonly Statement[],
    /** By what it was made; a DataSource that has another by now needs another plan. */
    readonly schema: DatabaseSchema,
    private readonly dialect: Dialect,
  ) {
    // Its transaction takes it along, and what is read inside of one is not stored.
    const isLocal = dialect === 'postgres' && statements.length === 1 && LOCAL_SETTING.test(text);
    this.statements = statements.map((statement) => new StatementPlan(statement, schema, dialect, isLocal));
    this.isWrite = this.statements.some((plan) => plan.isWrite);
    this.renames = this.statements.some((plan) => plan.renames);
    this.defines = this.statements.some((plan) => plan.defines);
    const isEvent = this.isWrite || this.defines || this.renames;
    this.isRead =
      !isEvent &&
      this.statements.every(
        ({ control, commits, mayEndAnything }) => control === undefined && !commits && !mayEndAnything,
      );
    this.renames ||= dialect === 'postgres' && LASTING_CALL.test(text);
    this.renames ||= this.statements.some((plan) => plan.hidesTables);
    this.renamesMeanwhile =
      this.statements.some((plan) => plan.renamesMeanwhile) || (dialect === 'postgres' && SETTING_CALL.test(text));
    this.attaches =
      dialect === 'sqlite' && this.statements.some(({ statement }) => ATTACHING_VERBS.has(statement.verb));
    this.mayDefine = this.statements.some((plan) => plan.mayDefine);
    this.needsCatalogue = this.statements.some(
      ({ reads, writes }) => reads.length > 0 || writes.some(({ write }) => write.kind !== 'define'),
    );
    this.begins = this.statements.some(({ control }) => control !== undefined && BEGINNINGS.has(control.kind));
    this.mayBegin = this.begins || this.statements.some(({ control }) => control?.kind === 'savepoint');
    const moments = this.statements.flatMap(({ reads }) => reads.map(({ relation }) => relation.moments));
    this.obstacle =
      this.statements.find((plan) => plan.obstacle !== undefined)?.obstacle ?? dayObstacle(text, moments, dialect);
  }

  /** The only statement; undefined when there are several, or none. */
  get only(): StatementPlan | undefined {
    return this.statements.length === 1 ? this.statements[0] : undefined;
  }

  /** What it asks column by column; undefined when it is no single SELECT, or not understood so far. */
  get fine(): PlannedSelect | undefined {
    // Only loads ask, so that what nobody caches is not read twice.
    if (this.select === undefined) {
      const isSelect = this.isRead && this.only?.statement.verb === 'select';
      this.select = (isSelect ? PlannedSelect.of(this.text, this.schema, this.dialect) : undefined) ?? null;
    }
    return this.select ?? undefined;
  }

  /** Makes a load depend on everything that is read, whatever the answer is. */
  addTo(load: LoadCapture, parameters: Parameters): void {
    for (const { reads } of this.statements) for (const read of reads) read.addTo(load, parameters);
  }
}

const BEGINNINGS: ReadonlySet<Control['kind']> = new Set(['begin', 'autocommit-off', 'autocommit-unknown'] as const);

function autocommitAt(value: unknown): Control {
  const text = typeof value === 'boolean' ? String(Number(value)) : String(value).toLowerCase();
  if (text === '0' || text === 'off') return { kind: 'autocommit-off' };
  return { kind: text === '1' || text === 'on' ? 'autocommit-on' : 'autocommit-unknown' };
}

function controlOf({ control, savepoint = '' }: TransactionCommand): Control {
  switch (control) {
    case 'begin':
    case 'prepare':
    case 'autocommit-off':
    case 'autocommit-on':
    case 'commits-chain':
    case 'commits-end':
      return { kind: control };
    case 'autocommit-as-given':
      return { kind: 'autocommit-unknown' };
    case 'commit':
    case 'rollback':
      return { kind: control };
    case 'commit-and-chain':
      return { kind: 'commit', isChained: true };
    case 'rollback-and-chain':
      return { kind: 'rollback', isChained: true };
    case 'savepoint':
    case 'release-savepoint':
    case 'rollback-to-savepoint':
      return { kind: control, savepoint };
    case 'commit-prepared':
    case 'rollback-prepared':
      return { kind: 'end-prepared' };
  }
}
