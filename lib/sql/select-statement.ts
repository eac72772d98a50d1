import type { TableName, ValueRef } from './statement.js';

/** `column = constant(s)`, `IN`, `= ANY` or `IS NULL`: what a row of the source must hold. */
export interface Equality {
  /** Index into `sources`. */
  readonly source: number;
  /** Folded. */
  readonly column: string;
  /** The column is one of these; empty for IS NULL. A parameter may turn out to be NULL, which nothing equals. */
  readonly values: readonly ValueRef[];
  /** The column is NULL, and that of a row: on the optional side of a LEFT JOIN, IS NULL is no equality. */
  readonly isNull?: boolean;
}

/** `own column = column of an earlier source` in an ON. */
export interface JoinPair {
  readonly column: string;
  /** Index into `sources` of the earlier one. */
  readonly source: number;
  readonly otherColumn: string;
}

/** One occurrence of a table that can shape the answer. */
export interface SourceFacts {
  readonly table: TableName;
  /** `inner` is also what a comma and CROSS JOIN make. */
  readonly join: 'first' | 'inner' | 'left';
  /** The pairs that its ON requires, whatever else it requires. */
  readonly on: readonly JoinPair[];
  /** Its ON is pairs and nothing else; false without any. */
  readonly isPlainJoin: boolean;
  /**
   * Columns (folded) that matter in any other way than by an `Equality`, a pair of an ON, or being selected. A column that
   * matters in both ways is here too, and `'*'` is every column. May name columns that the table does not have.
   */
  readonly used: readonly string[] | '*';
  /**
   * WHERE, ORDER BY, GROUP BY, HAVING, an aggregate or the ON of another source mentions it. True for every source of a statement
   * whose rows are not combinations of rows, and of one whose OFFSET counts combinations: joined rows of what is skipped shift the rest.
   */
  readonly isMentioned: boolean;
  /**
   * Its rows decide which rows of *other* sources are in the answer, or in which order: it is no LEFT JOIN, or WHERE, ORDER BY or a
   * decisive source mentions it, or a LIMIT counts combinations. A junction behind a LEFT JOIN is mentioned, by the ON of what it
   * leads to, and not decisive.
   */
  readonly isDecisive: boolean;
  /** Every column (folded) the statement reads of it in any way; `'*'`: all. COUNT(*) reads none. */
  readonly read: readonly string[] | '*';
  /**
   * Column (folded) to the name under which rows carry its unchanged value; `'*'`: each under its own name. An unquoted name without
   * AS is spelled as in the text, which may differ in case from the row: a row without it does not carry the column.
   */
  readonly outputs: ReadonlyMap<string, string> | '*';
}

/** What one SELECT asks of its tables, finely enough to tell which writes can change its answer. */
export interface SelectFacts {
  /**
   * Every occurrence of a table that can shape the answer, in the order of FROM. A LEFT JOIN that nothing mentions cannot shape
   * what counts no row twice (a page of distinct ids, COUNT(DISTINCT …), EXISTS), and is left out there.
   */
  readonly sources: readonly SourceFacts[];
  /**
   * WHERE and the ONs of inner joins as alternatives: every row of the answer meets all equalities of at least one. There is at
   * least one, and an empty one requires nothing.
   */
  readonly disjuncts: readonly (readonly Equality[])[];
  /** LIMIT, FETCH FIRST or TOP. */
  readonly isLimited: boolean;
  /** An OFFSET that is not the literal 0. */
  readonly hasOffset: boolean;
  /**
   * Each row of the answer is one combination of rows of the sources: no aggregate, GROUP BY, HAVING or DISTINCT. In a page of
   * TypeORM (`SELECT DISTINCT "distinctAlias"…`) that is so for the first source, and no other one has `outputs`.
   */
  readonly isRowwise: boolean;
}
