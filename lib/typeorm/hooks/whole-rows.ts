import { currentFrame } from '../../engine/context.js';
import { restoreQuery, rowsWithout, withColumns, type AskingStatement } from '../asking/asking-statement.js';
import type { Call } from '../statements/call.js';
import type { ConnectionState } from '../connections/connection-state.js';
import type { HeardDataSource } from '../statements/heard-data-source.js';
import { isAnythingKeptOnSave } from '../reads/open-reads.js';
import { isExtensible } from '../asking/postgres-returning.js';
import type { RowOfTable } from '../entities/row-hydration.js';
import { SavedRowKeepers } from './saved-row-keepers.js';
import { MAX_SAVED_ROWS, type SavedRow } from '../connections/saved-rows.js';
import type { StatementPlan } from '../statements/text-plan.js';
import { rowsIn } from '../asking/written-rows.js';

/** How the columns are called that are asked for here. */
const ASKED = 'zoocache_row_';

const OID = `${ASKED}oid`;

/** A statement of `save()` on PostgreSQL that also returns the rows it wrote, whole, for whoever wants them back. */
export class WholeRows implements AskingStatement {
  readonly text: string;
  readonly leavesTransaction = false;
  private readonly columns: readonly string[];

  private constructor(
    /** The statement without: that of the caller, or one that asks for something already. */
    private readonly inner: Pick<AskingStatement, 'text'> & Partial<AskingStatement>,
    private readonly verb: 'insert' | 'update',
    private readonly keepers: SavedRowKeepers,
    returns: boolean,
  ) {
    this.columns = keepers.columns;
    const list = this.columns.map((name, at) => `"${name}" AS ${ASKED}${at}`).join(', ');
    this.text = withColumns(inner.text, returns, `tableoid::text AS ${OID}, ${list}`);
  }

  /** Undefined for what `save()` did not send, where nobody wants the rows, or where they might not be the last word. */
  static of(
    plan: StatementPlan,
    text: string,
    asking: AskingStatement | undefined,
    source: HeardDataSource,
    connection: ConnectionState,
  ): WholeRows | undefined {
    if (!isAnythingKeptOnSave() || currentFrame()?.saving === undefined) return undefined;
    const { verb } = plan.statement;
    const [planned, ...others] = plan.writes;
    if ((verb !== 'insert' && verb !== 'update') || planned?.write.kind !== verb || others.length > 0) return undefined;
    if (plan.writesAnything || plan.callsUnknown || !isExtensible(text)) return undefined;
    if (source.dataSource.options.type !== 'postgres' || source.knowledge.doubt !== undefined) return undefined;
    if (!connection.isSurelyOpen) return undefined;
    const { rows, returning } = planned.write;
    const isFew = verb === 'insert' ? rows !== undefined && rows.length <= MAX_SAVED_ROWS : planned.isPinned;
    const renames = verb === 'update' && planned.changesKey;
    if (!isFew || renames || returning === '*') return undefined;
    const keepers = SavedRowKeepers.of(source.dataSource, planned.relation);
    if (keepers === undefined) return undefined;
    return new WholeRows(asking ?? { text }, verb, keepers, asking !== undefined || returning !== undefined);
  }

  /** The rows that the answer holds. */
  savedIn(answer: unknown, isStructured: boolean): readonly SavedRow[] {
    const saved: SavedRow[] = [];
    for (const returned of this.rowsIn(answer, isStructured)) {
      const row: RowOfTable = Object.fromEntries(this.columns.map((name, at) => [name, returned[ASKED + at]]));
      const kept = this.keepers.keep(row, returned[OID]);
      if (kept !== undefined) saved.push(kept);
    }
    return saved;
  }

  toldBy(answer: unknown, isStructured: boolean): ReturnType<AskingStatement['toldBy']> {
    return this.inner.toldBy?.(answer, isStructured);
  }

  plainAnswer(answer: unknown, call: Pick<Call, 'isStructured' | 'runner'>): unknown {
    const { isStructured } = call;
    const rows = rowsWithout(ASKED, this.rowsIn(answer, isStructured));
    const without = this.answerWith(rows, answer, isStructured);
    return this.inner.plainAnswer === undefined ? without : this.inner.plainAnswer(without, call);
  }

  isToBlame(error: unknown): boolean {
    return this.inner.isToBlame?.(error) === true;
  }

  restoreError(error: unknown): void {
    restoreQuery(error, this.text, this.inner.text);
    this.inner.restoreError?.(error);
  }

  private rowsIn(answer: unknown, isStructured: boolean): readonly Readonly<Record<string, unknown>>[] {
    return (rowsIn(answer, isStructured) ?? []) as readonly Readonly<Record<string, unknown>>[];
  }

  private answerWith(rows: readonly unknown[], answer: unknown, isStructured: boolean): unknown {
    if (isStructured) {
      const raw = this.verb === 'insert' ? rows : [rows, (answer as { readonly affected?: unknown }).affected];
      return Object.assign(answer as object, { records: rows, raw });
    }
    return this.verb === 'insert' ? rows : [rows, (answer as readonly unknown[])[1]];
  }
}
