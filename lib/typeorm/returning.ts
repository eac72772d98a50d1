import { processWritePath } from '../engine/write-path.js';
import { columnOf } from '../tags/table-info.js';
import { goneNode, heldNode } from '../tags/table-nodes.js';
import { tableSpellings, type TableId } from '../tags/table-tags.js';
import { at, type Tag } from '../tags/tag.js';
import { MAX_WRITTEN_ROWS } from '../tags/write-rules.js';
import type { Parameters } from './key-values.js';
import type { PlannedWrite, ReturnedRow, Told } from './planned-write.js';
import type { StatementPlan } from './text-plan.js';
import { rowsIn } from './written-rows.js';

/** Anything behind which a clause could not simply be added, or in which a column's name might mean another table's. */
const NOT_EXTENSIBLE = /;|--|\/\*|\busing\b|\bcurrent\s+of\b/i;

const PREFIX = 'WITH zoocache_changed AS (';

/** How columns are called that only this library asked for. */
const ASKED = 'zoocache_';

/** Longer texts are cut: they cannot be the value of a node, and need not travel. Twice the longest one that can. */
const LONGEST_TEXT = 256;

/** An UPDATE or DELETE of PostgreSQL that is sent in a form whose answer also tells the rows it changed. */
export interface AskingStatement {
  readonly text: string;
  /** What the answer tells; undefined when the rows are too many to be worth naming. */
  toldBy(answer: unknown, isStructured: boolean): Told | undefined;
  /** The answer as it would have been to the statement alone. */
  plainAnswer(answer: unknown, isStructured: boolean): unknown;
  /** Takes back from an error what the other form changed in it. */
  restoreError(error: unknown): void;
}

/**
 * The same UPDATE or DELETE, asked for the rows it changed; undefined when that is not possible without changing
 * anything else, or would tell nothing that anybody listens for.
 *
 * Without it nobody knows which rows a condition chose, and all rows of the table count as changed; nor is it known what
 * the rest of an updated row holds, and then an answer about other tenants' rows in the same state counts as changed.
 */
export function askingForRows(plan: StatementPlan, text: string, parameters: Parameters): AskingStatement | undefined {
  let question = questions.get(plan);
  if (question === undefined) questions.set(plan, (question = RowQuestion.of(plan, text) ?? null));
  return question?.statementFor(parameters);
}

/** Whether a clause can be added at the end of the text. */
export function isExtensible(text: string): boolean {
  return !NOT_EXTENSIBLE.test(text);
}

/** What statements can be asked, `null` for nothing; a plan is that of one text. */
const questions = new WeakMap<StatementPlan, RowQuestion | null>();

/** Everything that a statement can be asked about the rows it changes. */
class RowQuestion {
  /** The forms to send it in, by the columns they ask for. */
  private readonly statements = new Map<string, AskingStatement>();

  private constructor(
    private readonly write: PlannedWrite,
    private readonly columns: readonly AskedColumn[],
    private readonly make: (columns: AskedColumns) => AskingStatement,
  ) {}

  static of(plan: StatementPlan, text: string): RowQuestion | undefined {
    const { verb } = plan.statement;
    if ((verb !== 'update' && verb !== 'delete') || plan.writes.length !== 1) return undefined;
    const [write] = plan.writes;
    const { returningKey, hasTriggers } = write.relation;
    if (returningKey === undefined || hasTriggers || write.write.kind !== verb) return undefined;
    if (!isExtensible(text) || !/\bwhere\b/i.test(text)) return undefined;
    if (verb === 'update' && (/\bfrom\b/i.test(text) || write.changesKey)) return undefined;
    const columns = columnsOf(write);
    if (columns.length === 0) return undefined;
    const { returning } = write.write;
    if (write.isPinned) {
      // Few rows, and surely so: their columns are added to the statement's own answer.
      if (columns.every(({ isKey }) => isKey) || returning === '*') return undefined;
      const clause = returning === undefined ? ' RETURNING ' : ', ';
      return new RowQuestion(write, columns, (asked) => appended(text, clause + asked.list, asked));
    }
    if (returning !== undefined || /\breturning\b/i.test(text)) return undefined;
    return new RowQuestion(write, columns, (asked) => wrapped(text, asked));
  }

  /**
   * The form that asks for the columns by whose values an answer somewhere was chosen: of others it is enough to say that
   * they may hold anything, because a load that comes to depend on one meanwhile cannot be told too much.
   */
  statementFor(parameters: Parameters): AskingStatement | undefined {
    const isHeard = ({ groups }: AskedColumn): boolean => groups.some((tag) => processWritePath.isHeard(tag));
    const heard = this.columns.map(isHeard);
    const areValuesAsked = heard.includes(true);
    if (!areValuesAsked && this.write.isPinned && this.write.namesRows(parameters)) return undefined;
    const asked = this.columns.filter(({ isKey, isSet }, i) => heard[i] || isKey || (isSet && areValuesAsked));
    const name = asked.map(({ name: column }) => column).join();
    let statement = this.statements.get(name);
    if (statement === undefined) this.statements.set(name, (statement = this.make(listOf(asked))));
    return statement;
  }
}

/** One column that can be asked for. */
interface AskedColumn {
  readonly name: string;
  readonly expression: string;
  readonly isKey: boolean;
  /** Whether the statement sets it: what a row was given is told with each value it holds. */
  readonly isSet: boolean;
  /** The nodes above all that is said of its values. */
  readonly groups: readonly Tag[];
}

/** The columns to ask for. */
interface AskedColumns {
  readonly names: readonly string[];
  readonly list: string;
  readonly isKeyOnly: boolean;
}

function listOf(columns: readonly AskedColumn[]): AskedColumns {
  return {
    names: columns.map(({ name }) => name),
    isKeyOnly: columns.every(({ isKey }) => isKey),
    list: columns.map(({ expression }, i) => `${expression} AS ${ASKED}${i}`).join(', '),
  };
}

/** All of a table that has values to compare, and else those of its key. */
function columnsOf({ relation, write }: PlannedWrite): readonly AskedColumn[] {
  const { returning = [], computed } = relation;
  const isKey = (name: string): boolean => relation.key.some((column) => column.name === name);
  const isComparable = (name: string): boolean => (columnOf(relation, name)?.kind ?? 'other') !== 'other';
  const isKeyOnly = !returning.some(({ name }) => !isKey(name) && isComparable(name));
  const groupOf = write.kind === 'delete' ? goneNode : heldNode;
  return returning
    .filter(({ name }) => !isKeyOnly || isKey(name))
    .map(({ name, spelled }) => ({
      name,
      expression: expressionOf(name, spelled),
      isKey: isKey(name),
      isSet: write.columns === undefined || write.columns.includes(name) || computed.includes(name),
      groups: tablesOf(relation.id).map((table) => at(table, groupOf(name))),
    }));

  function expressionOf(name: string, spelled: string): string {
    const column = `"${spelled.replaceAll('"', '""')}"`;
    switch (columnOf(relation, name)?.kind) {
      case 'text':
      case 'ascii-text':
        return isKey(name) ? `${column}::text` : `left(${column}::text, ${LONGEST_TEXT})`;
      case 'other':
      case undefined:
        // Of these it only matters whether there is a value.
        return `CASE WHEN ${column} IS NOT NULL THEN 'x' END`;
      default:
        return `${column}::text`;
    }
  }
}

/** The names under which the readers of a table may know it. */
function tablesOf(table: TableId): readonly Tag[] {
  const { own, other } = tableSpellings(table);
  return other === undefined ? [own.table] : [own.table, other.table];
}

/** For statements that surely change few rows. */
function appended(text: string, clause: string, columns: AskedColumns): AskingStatement {
  const asking = text + clause;
  return {
    text: asking,
    toldBy: (answer, isStructured) => toldBy(rowsIn(answer, isStructured), columns),
    plainAnswer(answer, isStructured) {
      const rows = (rowsIn(answer, isStructured) ?? []).map(withoutAsked).filter((row) => row !== undefined);
      if (isStructured) return Object.assign(answer as object, { records: rows, raw: [rows, countIn(answer)] });
      return [rows, (answer as readonly unknown[])[1]];
    },
    restoreError: (error) => restoreError(error, asking, text, 0),
  };
}

/** For any number of rows: an UPDATE of a million must not bring a million rows into this process. */
function wrapped(text: string, columns: AskedColumns): AskingStatement {
  const asking =
    `${PREFIX}${text} RETURNING ${columns.list}) SELECT (SELECT count(*) FROM zoocache_changed) AS count, (SELECT json_agg(k) ` +
    `FROM (SELECT * FROM zoocache_changed LIMIT ${MAX_WRITTEN_ROWS + 1}) k) AS rows`;
  return {
    text: asking,
    toldBy(answer, isStructured) {
      const { count, rows } = summaryOf(answer, isStructured);
      if (Number(count) > MAX_WRITTEN_ROWS) return undefined;
      // An application may have chosen another parser for JSON.
      return toldBy((typeof rows === 'string' ? JSON.parse(rows) : rows) as readonly unknown[] | null, columns);
    },
    plainAnswer(answer, isStructured) {
      const count = Number(summaryOf(answer, isStructured).count);
      if (!isStructured) return [[], count];
      return Object.assign(answer as object, { records: [], affected: count, raw: [[], count] });
    },
    restoreError: (error) => restoreError(error, asking, text, PREFIX.length),
  };
}

function toldBy(rows: readonly unknown[] | null | undefined, { names, isKeyOnly }: AskedColumns): Told {
  const asked = (rows ?? []).map((row): ReturnedRow => {
    const values = new Map<string, unknown>();
    for (let i = 0; i < names.length; i++) {
      const value = (row as Readonly<Record<string, unknown>>)[ASKED + i];
      // Cut, so that it may have been any text that begins so.
      if (typeof value !== 'string' || value.length < LONGEST_TEXT) values.set(names[i], value);
    }
    return values;
  });
  return { rows: asked, isWhole: !isKeyOnly };
}

/** The row without what only this library asked for; undefined when nothing else was. */
function withoutAsked(row: unknown): unknown {
  const all = row as Readonly<Record<string, unknown>>;
  let own: Record<string, unknown> | undefined;
  for (const name of Object.keys(all)) if (!name.startsWith(ASKED)) (own ??= {})[name] = all[name];
  return own;
}

function countIn(answer: unknown): unknown {
  return (answer as { readonly affected?: unknown }).affected;
}

interface Summary {
  readonly count: string | number;
  readonly rows: unknown;
}

function summaryOf(answer: unknown, isStructured: boolean): Summary {
  const rows = isStructured ? (answer as { readonly raw: readonly Summary[] }).raw : (answer as readonly Summary[]);
  return rows[0];
}

function restoreError(error: unknown, asking: string, text: string, offset: number): void {
  if (typeof error !== 'object' || error === null || !('query' in error) || error.query !== asking) return;
  error.query = text;
  restorePosition(error, offset);
  if ('driverError' in error) restorePosition(error.driverError, offset);
}

/** Where in the text PostgreSQL found the mistake, counted from 1. */
function restorePosition(error: unknown, offset: number): void {
  if (typeof error !== 'object' || error === null || !('position' in error)) return;
  const position = Number(error.position);
  if (position > offset) error.position = String(position - offset);
}
