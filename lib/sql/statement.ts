/**
 * The family whose lexical rules a text follows. `mysql` stands for MariaDB too, `postgres` for CockroachDB; `generic` is every
 * other database (SQL Server, Oracle, …) and accepts "x", [x] and `x` as quoted names.
 */
export type Dialect = 'postgres' | 'mysql' | 'sqlite' | 'generic';

/** A table as the text names it, folded to lower case; of `database.schema.table` the last two parts are kept. */
export interface TableName {
  readonly schema?: string;
  readonly name: string;
}

/**
 * A constant of the statement: a parameter (zero-based position in the list handed to the driver; `isList` for
 * `= ANY($1)`) or a literal. Nothing is converted: whoever compares it must know what the database makes of it (MySQL finds row 1
 * under '1abc', MySQL clients expand an array given for one `?`, and NULL or 0 in an insert may stand for a generated id).
 */
export type ValueRef =
  | { readonly kind: 'parameter'; readonly index: number; readonly isList?: boolean }
  | { readonly kind: 'literal'; readonly value: string | number | bigint | boolean | null };

/**
 * A column (folded) that is compared for equality with constants, ANDed at the top of its scope's WHERE or of an inner join's
 * ON: every row of the alias that matters holds one of the values. An unqualified column that the table does not have belongs
 * to an enclosing query and pins nothing.
 */
export interface Pin {
  readonly column: string;
  readonly values: readonly ValueRef[];
}

/** One occurrence of a table in a FROM clause (or wherever rows are read from), with the pins of that occurrence. */
export interface TableRead {
  readonly table: TableName;
  readonly pins: readonly Pin[];
  /**
   * What a SELECT of PostgreSQL names as columns of it (folded), possibly more than once: `a.f` calls the function f, if the table
   * has no such column. Empty in other dialects.
   */
  readonly fields: readonly string[];
}

/** `upsert` is any insert with ON CONFLICT or ON DUPLICATE KEY; `define` is DDL; `refresh` recomputes a materialized view. */
export type WriteKind =
  'insert' | 'update' | 'delete' | 'upsert' | 'replace' | 'merge' | 'truncate' | 'define' | 'refresh';

/** A column that an update sets (folded), and to which constant; `undefined`: to no constant. */
export interface ColumnSet {
  readonly column: string;
  readonly value: ValueRef | undefined;
}

/** One cell of a VALUES tuple: a constant, the keyword DEFAULT, or `undefined` for what is computed. */
export type Cell = ValueRef | 'default' | undefined;

/** One table that the statement may change. */
export interface TableWrite {
  readonly table: TableName;
  readonly kind: WriteKind;
  /** Which rows an update or delete is limited to; empty for everything else. */
  readonly pins: readonly Pin[];
  /** Update: the columns it sets (`undefined`: unknown). Insert: its column list (`undefined`: not named). Folded. */
  readonly columns?: readonly string[];
  /**
   * Update of one table: what each column (folded) is set to; an `undefined` value is computed in SQL, or DEFAULT. NULL is the literal
   * null. `undefined`: a column could not be told.
   */
  readonly sets?: readonly ColumnSet[];
  /** Upsert: the columns that its update sets (folded); empty for DO NOTHING, `undefined` when they could not be told. */
  readonly conflictColumns?: readonly string[];
  /** The VALUES tuples of an insert. `undefined`: the rows come from elsewhere. */
  readonly rows?: readonly (readonly Cell[])[];
  /**
   * Columns of the written row that RETURNING surely answers under their own name (folded); `'*'`: all of them, and nothing else.
   * `undefined`: there is no RETURNING.
   */
  readonly returning?: readonly string[] | '*';
  /** TRUNCATE … CASCADE and DROP … CASCADE reach tables the statement does not name. */
  readonly cascades?: boolean;
  /** A definition of something that only this connection sees, and that it finds before all else of that name. */
  readonly isTemporary?: boolean;
}

/** What a statement does to the transaction of its connection. */
export type TransactionControl =
  | 'begin'
  | 'commit'
  | 'commit-and-chain'
  | 'rollback'
  | 'rollback-and-chain'
  | 'savepoint'
  | 'release-savepoint'
  | 'rollback-to-savepoint'
  | 'prepare'
  | 'commit-prepared'
  | 'rollback-prepared'
  | 'autocommit-off'
  | 'autocommit-on'
  | 'autocommit-as-given'
  | 'commits-chain'
  | 'commits-end';

/** The transaction command of a statement; `savepoint` is folded, `id` names a prepared (or XA) transaction. */
export interface TransactionCommand {
  readonly control: TransactionControl;
  /** What `autocommit-as-given` sets; `undefined`: no constant. */
  readonly value?: ValueRef;
  readonly savepoint?: string;
  readonly id?: string;
}

/** What the text of one statement tells. Tables may be reported too many, never too few, unless `…Unknown` says so. */
export interface Statement {
  /** The first keyword, folded; empty when the statement does not begin with a word. */
  readonly verb: string;
  readonly reads: readonly TableRead[];
  readonly writes: readonly TableWrite[];
  /** It may have changed anything, or what names mean, or whose rows are seen: CALL, DO, DDL on views and functions, SET search_path, dirty reads, not understood. */
  readonly writesUnknown: boolean;
  /** Not every table it reads could be told. */
  readonly readsUnknown: boolean;
  /** Why the answer is not a function of the database's tables ('now()', 'FOR UPDATE', …); `undefined`: it is. */
  readonly uncacheable?: string;
  /** It calls a function that may do anything, be it for a value that is stored. */
  readonly callsUnknown: boolean;
  readonly transaction?: TransactionCommand;
  /** MySQL commits the open transaction before (and after) this statement. */
  readonly commitsImplicitly: boolean;
  /** It does so only in some cases, or on one of MySQL and MariaDB. */
  readonly commitsPerhaps: boolean;
}
