import { parseSync } from 'libpg-query';

/** What PostgreSQL's own parser sees in a text, reduced to what the analysis claims. */
export interface Verdict {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Every pin that a scope really has, as `table.column=values`. */
  readonly pins: ReadonlySet<string>;
  readonly statements: number;
}

/** A node of the tree, whose shape nobody declares. */
type Node = ReturnType<typeof JSON.parse>;

/** The verdict, or `undefined` when PostgreSQL does not accept the text. */
export function judge(sql: string): Verdict | undefined {
  let tree: Node;
  try {
    tree = parseSync(sql);
  } catch {
    return undefined;
  }
  const walker = new Walker();
  const statements: Node[] = tree.stmts ?? [];
  for (const { stmt } of statements) walker.walk(stmt, new Set());
  return { reads: walker.reads, writes: walker.writes, pins: walker.pins, statements: statements.length };
}

const withCte = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);
/** Statements that name relations without reading or writing their rows. */
const harmless = new Set([
  'LockingClause',
  'LockStmt',
  'VacuumStmt',
  'ClusterStmt',
  'CommentStmt',
  'GrantStmt',
  'ReindexStmt',
]);

class Walker {
  readonly reads: string[] = [];
  readonly writes: string[] = [];
  readonly pins = new Set<string>();

  walk(node: Node, ctes: ReadonlySet<string>): void {
    if (Array.isArray(node)) {
      for (const each of node) this.walk(each, ctes);
      return;
    }
    if (node === null || typeof node !== 'object') return;
    for (const [type, value] of Object.entries<Node>(node)) {
      if (withCte.has(type)) this.scope(type, value, ctes);
      else if (type === 'RangeVar') this.read(value, ctes);
      else if (type === 'ExplainStmt') {
        const analyses = (value.options ?? []).some((option: Node) => option.DefElem?.defname === 'analyze');
        if (analyses) this.walk(value.query, ctes);
      } else if (type === 'PrepareStmt' || harmless.has(type)) continue;
      else if (type === 'CreateStmt' || type === 'CreateForeignTableStmt') this.write((value.base ?? value).relation);
      else if (type === 'CreateTableAsStmt') {
        this.write(value.into.rel);
        this.walk(value.query, ctes);
      } else if (
        type === 'IndexStmt' ||
        type === 'RefreshMatViewStmt' ||
        type === 'AlterTableStmt' ||
        type === 'RenameStmt'
      ) {
        if (value.relation !== undefined && (value.objtype ?? value.renameType ?? 'OBJECT_TABLE') === 'OBJECT_TABLE') {
          this.write(value.relation);
          if (type === 'RenameStmt' && value.renameType === 'OBJECT_TABLE')
            this.writes.push(value.newname.toLowerCase());
        }
      } else if (type === 'TruncateStmt') for (const each of value.relations) this.write(each.RangeVar);
      else if (type === 'CopyStmt') {
        if (value.relation === undefined) this.walk(value.query, ctes);
        else if (value.is_from === true) this.write(value.relation);
        else this.read(value.relation, new Set());
      } else if (type === 'DropStmt') {
        if (value.removeType === 'OBJECT_TABLE') {
          for (const { List } of value.objects) this.writes.push(List.items.at(-1).String.sval.toLowerCase());
        }
      } else this.walk(value, ctes);
    }
  }

  private scope(type: string, statement: Node, outer: ReadonlySet<string>): void {
    const ctes = new Set(outer);
    const {
      withClause: clause,
      relation,
      intoClause,
      fromClause,
      usingClause,
      sourceRelation,
      larg,
      rarg,
      ...rest
    } = statement;
    if (clause !== undefined) {
      const list: Node[] = clause.ctes.map((each: Node) => each.CommonTableExpr);
      if (clause.recursive === true) for (const { ctename } of list) ctes.add(ctename);
      for (const { ctename, ctequery } of list) {
        this.walk(ctequery, new Set(ctes));
        ctes.add(ctename);
      }
    }
    if (relation !== undefined) this.write(relation);
    if (intoClause !== undefined) this.write(intoClause.rel);
    // The branches of a set operation are bare SelectStmt values without their type around them.
    for (const branch of [larg, rarg]) if (branch !== undefined) this.scope('SelectStmt', branch, ctes);
    const sources: Source[] = [];
    const conditions: Node[] = [statement.whereClause];
    if (type === 'UpdateStmt' || type === 'DeleteStmt') sources.push(sourceOf(relation, new Set()));
    for (const item of [...(fromClause ?? []), ...(usingClause ?? [])]) collectSources(item, ctes, sources, conditions);
    for (const condition of conditions) this.condition(condition, sources);
    this.walk([fromClause ?? [], usingClause ?? [], sourceRelation ?? []], ctes);
    this.walk(rest, ctes);
  }

  private read(range: Node, ctes: ReadonlySet<string>): void {
    if (range.schemaname === undefined && ctes.has(range.relname)) return;
    this.reads.push(range.relname.toLowerCase());
  }

  private write(range: Node): void {
    this.writes.push(range.relname.toLowerCase());
  }

  private condition(node: Node, sources: readonly Source[]): void {
    const and = node?.BoolExpr;
    if (and?.boolop === 'AND_EXPR') {
      for (const each of and.args) this.condition(each, sources);
      return;
    }
    const found = and?.boolop === 'OR_EXPR' ? alternatives(and.args, sources) : equality(node, sources);
    if (found !== undefined) this.pins.add(`${found.target}=${found.values.join(',')}`);
  }
}

interface Source {
  readonly alias: string;
  readonly table: string | undefined;
}

interface Equality {
  readonly target: string;
  readonly values: string[];
}

function sourceOf(range: Node, ctes: ReadonlySet<string>): Source {
  const isTable = !(range.schemaname === undefined && ctes.has(range.relname)) && range.alias?.colnames === undefined;
  return { alias: range.alias?.aliasname ?? range.relname, table: isTable ? range.relname.toLowerCase() : undefined };
}

function collectSources(item: Node, ctes: ReadonlySet<string>, into: Source[], conditions: Node[]): void {
  if (item.RangeVar !== undefined) into.push(sourceOf(item.RangeVar, ctes));
  else if (item.JoinExpr !== undefined) {
    const inner: Source[] = [];
    collectSources(item.JoinExpr.larg, ctes, inner, conditions);
    collectSources(item.JoinExpr.rarg, ctes, inner, conditions);
    if (item.JoinExpr.alias !== undefined)
      for (const each of inner) into.push({ alias: '', table: each.table && undefined });
    else into.push(...inner);
    if (item.JoinExpr.jointype === 'JOIN_INNER') conditions.push(item.JoinExpr.quals);
  } else into.push({ alias: '', table: undefined });
}

function alternatives(args: readonly Node[], sources: readonly Source[]): Equality | undefined {
  const found = args.map((each) => equality(each, sources));
  const first = found[0];
  if (first === undefined || found.some((each) => each?.target !== first.target)) return undefined;
  return { target: first.target, values: found.flatMap((each) => each?.values ?? []) };
}

function equality(node: Node, sources: readonly Source[]): Equality | undefined {
  const expression = node?.A_Expr;
  if (expression === undefined || expression.name?.length !== 1 || expression.name[0].String?.sval !== '=')
    return undefined;
  const { kind, lexpr, rexpr } = expression;
  if (kind === 'AEXPR_IN') {
    const values: (string | undefined)[] = rexpr.List.items.map(constant);
    return values.includes(undefined) ? undefined : named(lexpr, values as string[], sources);
  }
  if (kind === 'AEXPR_OP_ANY') {
    const value = rexpr.ParamRef === undefined ? undefined : constant(rexpr);
    return value === undefined ? undefined : named(lexpr, [value], sources);
  }
  if (kind !== 'AEXPR_OP') return undefined;
  const right = constant(rexpr);
  if (right !== undefined) return named(lexpr, [right], sources);
  const left = constant(lexpr);
  return left === undefined ? undefined : named(rexpr, [left], sources);
}

function named(node: Node, values: string[], sources: readonly Source[]): Equality | undefined {
  const fields = node?.ColumnRef?.fields?.map((field: Node) => field.String?.sval);
  if (fields === undefined || fields.includes(undefined)) return undefined;
  const [qualifier, column] = fields.length === 2 ? fields : [undefined, fields[0]];
  if (fields.length > 2) return undefined;
  const meant =
    qualifier === undefined ? (sources.length === 1 ? sources : []) : sources.filter((s) => s.alias === qualifier);
  if (meant.length !== 1 || meant[0].table === undefined) return undefined;
  return { target: `${meant[0].table}.${column.toLowerCase()}`, values };
}

function constant(node: Node): string | undefined {
  if (node?.ParamRef !== undefined) return `$${node.ParamRef.number}`;
  const value = node?.A_Const;
  if (value === undefined || value.isnull === true) return undefined;
  if (value.ival !== undefined) return String(value.ival.ival ?? 0);
  if (value.fval !== undefined)
    return /^\d+$/.test(value.fval.fval) ? value.fval.fval : String(Number(value.fval.fval));
  if (value.sval !== undefined) return JSON.stringify(value.sval.sval ?? '');
  return value.boolval === undefined ? undefined : String(value.boolval.boolval ?? false);
}
