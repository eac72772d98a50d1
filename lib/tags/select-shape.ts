/**
 * What the text of a SELECT tells about its answer, as far as dependencies need it. `V` is a constant of the statement,
 * whose values are only known when it runs. Names of columns are folded.
 */
export interface SelectShape<V> {
  readonly sources: readonly SourceShape[];
  /** WHERE and the ONs of inner joins as a disjunction of such equalities with constants; at least one; an empty one limits nothing. */
  readonly disjuncts: readonly (readonly Equality<V>[])[];
  readonly hasOffset: boolean;
  /** Each row of the answer is one combination of rows of the sources: no aggregate, no DISTINCT, no GROUP BY. */
  readonly isRowwise: boolean;
}

/** `column = constant`, `column IN (constants)` or, without values, `column IS NULL`; with both, either of them. */
export interface Equality<V> {
  readonly source: number;
  readonly column: string;
  readonly values: readonly V[];
  readonly isNull?: boolean;
}

/** Two columns that a join equates. */
export interface ColumnPair {
  /** Of the joined source. */
  readonly column: string;
  readonly source: number;
  readonly otherColumn: string;
}

/** One alias of a table in the FROM clause. */
export interface SourceShape {
  readonly join: 'first' | 'inner' | 'left';
  /** The pairs of columns that its ON equates, ANDed, with sources before it. */
  readonly on: readonly ColumnPair[];
  /** Whether its ON holds nothing else. */
  readonly isPlainJoin: boolean;
  /**
   * Columns used in any other way than in {@link SelectShape.disjuncts}, in pairs of {@link on} and in the list of what is
   * selected: ranges, NOT, LIKE, expressions, ORDER BY, GROUP BY, HAVING, aggregates, the rest of an ON.
   */
  readonly used: readonly string[] | '*';
  /** Whether it appears in WHERE, ORDER BY, GROUP BY, HAVING, an aggregate, or the ON of another source. */
  readonly isMentioned: boolean;
  /** All of these places are pairs in {@link on} of other sources. @default false */
  readonly isMentionedOnlyInPairs?: boolean;
  /** Every column the statement reads. */
  readonly read: readonly string[] | '*';
  /** Columns that the rows of the answer hold as they are, and under which name; `'*'`: all under their own. */
  readonly outputs: ReadonlyMap<string, string> | '*';
}
