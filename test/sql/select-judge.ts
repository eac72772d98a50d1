import { parseSync } from 'libpg-query';

/** A column as PostgreSQL's parser finds it: its qualifier, if it has one, and its name, `'*'` for all. */
export interface FoundColumn {
  readonly qualifier: string | undefined;
  readonly column: string;
}

/** What one SELECT mentions where. */
export interface SelectVerdict {
  /** The names of its tables (aliases where they have one), in the order of FROM. */
  readonly sources: readonly string[];
  /** What WHERE, ORDER BY, GROUP BY, HAVING and the ONs mention. */
  readonly clauses: readonly FoundColumn[];
  readonly selected: readonly FoundColumn[];
  readonly labels: ReadonlyMap<string, readonly FoundColumn[]>;
  readonly isPlain: boolean;
}

/** A node of the tree, whose shape nobody declares. */
type Node = ReturnType<typeof JSON.parse>;

function columnsOf(node: Node, into: FoundColumn[] = []): FoundColumn[] {
  if (Array.isArray(node)) for (const each of node) columnsOf(each, into);
  else if (node !== null && typeof node === 'object') {
    for (const [type, value] of Object.entries<Node>(node)) {
      if (type !== 'ColumnRef') {
        columnsOf(value, into);
        continue;
      }
      const fields: string[] = value.fields.map((field: Node) => field.String?.sval ?? '*');
      into.push({
        qualifier: fields.length > 1 ? fields.at(-2) : undefined,
        column: (fields.at(-1) as string).toLowerCase(),
      });
    }
  }
  return into;
}

function collect(item: Node, sources: string[], conditions: Node[]): void {
  if (item.RangeVar !== undefined) sources.push(item.RangeVar.alias?.aliasname ?? item.RangeVar.relname);
  else if (item.JoinExpr !== undefined) {
    collect(item.JoinExpr.larg, sources, conditions);
    collect(item.JoinExpr.rarg, sources, conditions);
    conditions.push(item.JoinExpr.quals);
  }
}

/** What PostgreSQL's own parser finds in the one SELECT of a text; `undefined` for anything else. */
export function judgeSelect(sql: string): SelectVerdict | undefined {
  let statements: Node[];
  try {
    statements = parseSync(sql).stmts ?? [];
  } catch {
    return undefined;
  }
  const select = statements.length === 1 ? statements[0].stmt?.SelectStmt : undefined;
  if (select === undefined) return undefined;
  const sources: string[] = [];
  const conditions: Node[] = [];
  for (const item of select.fromClause ?? []) collect(item, sources, conditions);
  const labels = new Map<string, FoundColumn[]>();
  for (const { ResTarget: target } of select.targetList ?? []) {
    if (target.name !== undefined) labels.set(target.name.toLowerCase(), columnsOf(target.val));
  }
  const { whereClause, sortClause, groupClause, havingClause, targetList } = select;
  return {
    sources,
    clauses: columnsOf([conditions, whereClause ?? [], sortClause ?? [], groupClause ?? [], havingClause ?? []]),
    selected: columnsOf(targetList),
    labels,
    isPlain: select.distinctClause === undefined,
  };
}
