import type { Equality, JoinPair } from './select-statement.js';
import type { TableName } from './statement.js';

/** One mention of a column; `'*'` stands for the whole row. */
export interface ColumnUse {
  readonly source: number;
  readonly column: string;
}

/** One expression of a select list. */
export interface SelectItem {
  /** Every column it reads. */
  readonly uses: readonly ColumnUse[];
  /** The one column it is, unchanged; `'*'` in it for `a.*` and `*`. */
  readonly plain: ColumnUse | undefined;
  /** The name under which rows carry it, exactly; `undefined`: only the database knows. */
  readonly label: string | undefined;
}

/** A source of a FROM clause while its statement is being read. */
export class OpenSource {
  readonly pairs: JoinPair[] = [];
  /** Every column its ON reads, whosever it is. */
  readonly onUses: ColumnUse[] = [];
  /** Those of them that stand in something else than a pair or an equality with constants that became part of a disjunct. */
  readonly onRest: ColumnUse[] = [];
  /** Its ON is pairs and nothing else. */
  isPlainJoin = false;
  /** WHERE, ORDER BY, GROUP BY or HAVING mentions it. */
  isInClause = false;
  readonly used = new Set<string>();
  readonly read = new Set<string>();

  constructor(
    /** `undefined` for a query in parentheses. */
    readonly table: TableName | undefined,
    /** What columns are qualified with, as the database compares it. */
    readonly alias: string,
    readonly join: 'first' | 'inner' | 'left',
    /** The query in parentheses. */
    readonly derived: OpenSelect | undefined,
  ) {}
}

/** A SELECT that was understood, before it is told what of it matters. */
export interface OpenSelect {
  readonly sources: readonly OpenSource[];
  readonly items: readonly SelectItem[];
  readonly disjuncts: readonly (readonly Equality[])[];
  readonly isDistinct: boolean;
  /** It has an aggregate (or a call that might be one), GROUP BY or HAVING. */
  readonly isGrouped: boolean;
  /** Its select list is `COUNT(DISTINCT …)` and nothing else. */
  readonly countsDistinct: boolean;
  readonly hasWhere: boolean;
  /** The query of a WHERE that is `EXISTS (…)` and nothing else. */
  readonly exists: OpenSelect | undefined;
  readonly isLimited: boolean;
  readonly hasOffset: boolean;
}
