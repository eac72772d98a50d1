import { processWritePath } from '../../engine/write-path.js';
import { columnOf } from '../../tags/table-info.js';
import { goneNode, heldNode } from '../../tags/table-nodes.js';
import { tableSpellings, type TableId } from '../../tags/table-tags.js';
import { at, type Tag } from '../../tags/tag.js';
import { ASKED, type AskedColumns, type AskingStatement, type WayToAsk } from './asking-statement.js';
import type { Call } from '../statements/call.js';
import type { PlannedWrite } from '../statements/planned-write.js';
import { postgresWay } from './postgres-returning.js';
import { betterSqlite3Way, sqljsWay } from './sqlite-returning.js';
import type { StatementPlan } from '../statements/text-plan.js';

/** The drivers that can be asked. */
const WAYS: Readonly<Record<string, WayToAsk | undefined>> = {
  postgres: postgresWay,
  sqljs: sqljsWay,
  'better-sqlite3': betterSqlite3Way,
};

/**
 * The same UPDATE or DELETE, asked for the rows it changed; undefined when that is not possible without changing
 * anything else, or would tell nothing that anybody listens for.
 *
 * Without it nobody knows which rows a condition chose, and all rows of the table count as changed; nor is it known what
 * the rest of an updated row holds, and then an answer about other tenants' rows in the same state counts as changed.
 */
export function askingForRows(plan: StatementPlan, call: Call): AskingStatement | undefined {
  let question = questions.get(plan);
  if (question === undefined) {
    const way = WAYS[call.source.dataSource.options.type];
    question = (way && RowQuestion.of(plan, call.text, way)) ?? null;
    questions.set(plan, question);
  }
  return question?.statementFor(call);
}

/** What statements can be asked, `null` for nothing; a plan is that of one text. */
const questions = new WeakMap<StatementPlan, RowQuestion | null>();

/** Everything that a statement can be asked about the rows it changes. */
class RowQuestion {
  /** The forms to send it in, by the columns they ask for. */
  private readonly statements = new Map<string, AskingStatement | undefined>();

  private constructor(
    private readonly write: PlannedWrite,
    private readonly columns: readonly AskedColumn[],
    private readonly make: (columns: AskedColumns) => AskingStatement | undefined,
  ) {}

  static of(plan: StatementPlan, text: string, way: WayToAsk): RowQuestion | undefined {
    const { verb } = plan.statement;
    if ((verb !== 'update' && verb !== 'delete') || plan.writes.length !== 1 || plan.writesAnything) return undefined;
    const [write] = plan.writes;
    const { returningKey, hasTriggers } = write.relation;
    if (returningKey === undefined || hasTriggers || write.write.kind !== verb) return undefined;
    if (!way.isExtensible(text) || !/\bwhere\b/i.test(text)) return undefined;
    if (verb === 'update' && (/\bfrom\b/i.test(text) || write.changesKey)) return undefined;
    const columns = columnsOf(write, way);
    if (columns.length === 0) return undefined;
    const { returning } = write.write;
    if (write.isPinned) {
      // Few rows, and surely so: their columns are added to the statement's own answer.
      if (columns.every(({ isKey }) => isKey) || returning === '*') return undefined;
      return new RowQuestion(write, columns, (asked) => way.ofFew(text, returning !== undefined, asked));
    }
    if (returning !== undefined || /\breturning\b/i.test(text)) return undefined;
    if (way.looksFirst && plan.callsUnknown) return undefined;
    return new RowQuestion(write, columns, (asked) => way.ofAny(text, asked));
  }

  /**
   * The form that asks for the columns by whose values an answer somewhere was chosen: of others it is enough to say that
   * they may hold anything, because a load that comes to depend on one meanwhile cannot be told too much.
   */
  statementFor(call: Call): AskingStatement | undefined {
    const isHeard = ({ groups }: AskedColumn): boolean => groups.some((tag) => processWritePath.isHeard(tag));
    const heard = this.columns.map(isHeard);
    const areValuesAsked = heard.includes(true);
    if (!areValuesAsked && this.write.isPinned && this.write.namesRows(call.parameters)) return undefined;
    const asked = this.columns.filter(({ isKey, isSet }, i) => heard[i] || isKey || (isSet && areValuesAsked));
    const name = asked.map(({ name: column }) => column).join();
    if (!this.statements.has(name)) this.statements.set(name, this.make(listOf(asked)));
    const statement = this.statements.get(name);
    return statement?.isAffordable?.(call) === false ? undefined : statement;
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

function listOf(columns: readonly AskedColumn[]): AskedColumns {
  return {
    names: columns.map(({ name }) => name),
    isKeyOnly: columns.every(({ isKey }) => isKey),
    list: columns.map(({ expression }, i) => `${expression} AS ${ASKED}${i}`).join(', '),
  };
}

/** All of a table that has values to compare, and else those of its key. */
function columnsOf({ relation, write }: PlannedWrite, way: WayToAsk): readonly AskedColumn[] {
  const { returning = [], computed } = relation;
  const isKey = (name: string): boolean => relation.key.some((column) => column.name === name);
  const isComparable = (name: string): boolean => (columnOf(relation, name)?.kind ?? 'other') !== 'other';
  const isKeyOnly = !returning.some(({ name }) => !isKey(name) && isComparable(name));
  const isUpdate = write.kind === 'update';
  const groupOf = isUpdate ? heldNode : goneNode;
  const mayBeSet = (name: string): boolean => write.columns?.includes(name) !== false || computed.includes(name);
  return returning
    .filter(({ name }) => !isKeyOnly || isKey(name))
    .map(({ name, spelled }) => ({
      name,
      expression: expressionOf(name, spelled),
      isKey: isKey(name),
      isSet: isUpdate && mayBeSet(name),
      groups: tablesOf(relation.id).map((table) => at(table, groupOf(name))),
    }));

  function expressionOf(name: string, spelled: string): string {
    const column = `"${spelled.replaceAll('"', '""')}"`;
    switch (columnOf(relation, name)?.kind) {
      case 'text':
      case 'ascii-text':
        return isKey(name) ? way.asText(column) : way.asShortText(column);
      case 'other':
      case undefined:
        // Of these it only matters whether there is a value.
        return `CASE WHEN ${column} IS NOT NULL THEN 'x' END`;
      default:
        return way.asText(column);
    }
  }
}

/** The names under which the readers of a table may know it. */
function tablesOf(table: TableId): readonly Tag[] {
  const { own, other } = tableSpellings(table);
  return other === undefined ? [own.table] : [own.table, other.table];
}
