import type { MomentColumns } from '../../sql/times-of-today.js';
import type { KeyColumn, TableInfo } from '../../tags/table-info.js';

/** A column by its name in tags and by its name in the database. */
export interface SpelledColumn {
  /** Folded to lower case. */
  readonly name: string;
  readonly spelled: string;
}

/** What a statement's name for a table means in a database. */
export interface Relation extends TableInfo {
  /** Whether entities or the database's catalogue know the name at all. */
  readonly isKnown: boolean;
  /** Column whose value the database itself gives to every new row, the only one of the primary key. */
  readonly generatedKey?: KeyColumn;
  /** A rollback undoes what is written to it. */
  readonly isTransactional: boolean;
  /** An UPDATE or DELETE of it can be asked for the primary keys it changed, and nothing else happens; as spelled there. */
  readonly returningKey?: readonly string[];
  /** Which table it surely is, where {@link returningKey} may be asked for: what `tableoid` of its rows says in text. */
  readonly oid?: string;
  /** All columns, where {@link returningKey} may be asked for. */
  readonly returning?: readonly SpelledColumn[];
  /**
   * By column (folded), the constant the database gives a row that leaves the column out or says DEFAULT: null for NULL.
   * A column is missing here when that is no constant, or not known.
   */
  readonly defaults: ReadonlyMap<string, unknown>;
  /** Columns (folded) that the database itself may set whenever a row is updated. */
  readonly computed: readonly string[];
  /** Columns (folded) in which the database may store another value where it was given NULL. */
  readonly replacesNull: readonly string[];
  /** The same for 0. */
  readonly replacesZero: readonly string[];
  /** Columns (folded) whose change nobody hears of. */
  readonly ignored: ReadonlySet<string>;
  /** What is written to it may become other writes: to more of its rows, or under another key. */
  readonly hasTriggers: boolean;
  /** A row that is written to it may take the place of others, as if by REPLACE. */
  readonly replacesRows: boolean;
  /** The tables a view shows, and those that a name may mean besides; empty for tables. */
  readonly bases: readonly Relation[];
  /** Which tables a view shows, or a write reaches, cannot be told: any of its database. */
  readonly mayShowAny: boolean;
  /** Which columns hold times, and which hold days; empty where that does not matter. */
  readonly moments: MomentColumns;
  /** Why what it shows cannot be told, or is not a function of tables. */
  readonly obstacle?: string;
}
