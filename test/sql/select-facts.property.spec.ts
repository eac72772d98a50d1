import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { loadModule } from 'libpg-query';
import { createRequire } from 'node:module';
import { selectFacts } from '../../lib/sql/select-facts.js';
import type { Equality, SelectFacts } from '../../lib/sql/select-statement.js';
import { type FoundColumn, judgeSelect, type SelectVerdict } from './select-judge.js';
import { generatedStatement } from './statement-generator.js';

/** The part of sql.js that is used; the package has no types of its own. */
interface Database {
  run(sql: string, parameters?: readonly unknown[]): void;
  exec(sql: string): readonly { readonly values: readonly (readonly unknown[])[] }[];
  close(): void;
}
const initSqlJs = createRequire(import.meta.url)('sql.js') as () => Promise<{ readonly Database: new () => Database }>;

const runs = Number(process.env.SQL_RUNS ?? 600);

/** Whether the facts hold a column of a source to matter otherwise than by being selected. */
function matters({ sources, disjuncts }: SelectFacts, source: number, column: string): boolean {
  const { used } = sources[source];
  if (used === '*' || used.includes(column)) return true;
  if (disjuncts.some((all) => all.some((each) => each.source === source && each.column === column))) return true;
  return sources.some(({ on }, index) =>
    on.some(
      (pair) => (index === source && pair.column === column) || (pair.source === source && pair.otherColumn === column),
    ),
  );
}

function isRead({ sources }: SelectFacts, source: number, column: string): boolean {
  const { read } = sources[source];
  return read === '*' || read.includes(column);
}

/** Columns of the verdict that a test does not hold for. */
function lost(
  found: readonly FoundColumn[],
  { sources, labels }: SelectVerdict,
  isHeld: (source: number, column: string) => boolean,
): string[] {
  return found.flatMap((each) => {
    const { qualifier, column } = each;
    const meant = sources.flatMap((name, index) => (qualifier === undefined || qualifier === name ? [index] : []));
    const isMissing = meant.some((source) => !isHeld(source, column));
    const label = qualifier === undefined ? (labels.get(column) ?? []) : [];
    const lostLabels = label.flatMap((of) =>
      lost([of], { sources, labels: new Map(), clauses: [], selected: [], isPlain: true }, isHeld),
    );
    return [...(isMissing ? [`${qualifier ?? ''}.${column}`] : []), ...lostLabels];
  });
}

beforeAll(async () => {
  await loadModule();
});

describe('generated statements', () => {
  it('lose no column that PostgreSQL itself finds in a clause or in the select list', () => {
    let understood = 0;
    fc.assert(
      fc.property(generatedStatement('postgres'), ({ sql }) => {
        const facts = selectFacts(sql, 'postgres');
        const verdict = judgeSelect(sql);
        if (facts === undefined) return;
        expect({ sql, isSelect: verdict !== undefined }).toEqual({ sql, isSelect: true });
        // What left out sources have is not told, and their numbers are not those of the text.
        if (verdict === undefined || facts.sources.length !== verdict.sources.length) return;
        understood++;
        expect({
          sql,
          clauses: lost(verdict.clauses, verdict, (source, column) => matters(facts, source, column)),
          selected: lost(verdict.selected, verdict, (source, column) => isRead(facts, source, column)),
          read: lost(verdict.clauses, verdict, (source, column) => isRead(facts, source, column)),
        }).toEqual({ sql, clauses: [], selected: [], read: [] });
      }),
      { numRuns: runs * 2, endOnFailure: true },
    );
    // A generator whose statements are all beyond the reader would prove nothing.
    expect(understood).toBeGreaterThan(runs / 10);
  });
});

/** Conditions over the columns x and y of the given sources, in SQLite's grammar. */
function conditionOver(aliases: readonly string[]): fc.Arbitrary<string> {
  const column = fc
    .tuple(fc.constantFrom(...aliases), fc.constantFrom('x', 'y'))
    .map(([alias, name]) => `${alias}.${name}`);
  const constant = fc.constantFrom('1', '2', "'1'", 'NULL');
  const { condition } = fc.letrec<{ condition: string; atom: string }>((tie) => ({
    atom: fc.oneof(
      fc.tuple(column, constant).map(([left, right]) => `${left} = ${right}`),
      fc.tuple(constant, column).map(([left, right]) => `${left} = ${right}`),
      fc.tuple(column, constant, constant).map(([left, first, second]) => `${left} IN (${first}, ${second})`),
      column.map((left) => `${left} IS NULL`),
      fc.tuple(column, column).map(([left, right]) => `${left} = ${right}`),
      fc
        .tuple(
          column,
          fc.constantFrom('IS NOT NULL', '> 1', '<> 2', 'NOT IN (1)', 'BETWEEN 1 AND 2', '', '+ 1 = 2', "LIKE '1'"),
        )
        .map((parts) => parts.join(' ')),
      fc
        .tuple(column, column, constant)
        .map(([left, right, value]) => `CASE WHEN ${left} = 1 AND ${right} = 2 THEN ${value} = 1 END`),
      fc.constantFrom('0=1', '1=1', 'TRUE'),
    ),
    condition: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      tie('atom'),
      fc.tuple(tie('condition'), fc.constantFrom('AND', 'OR'), tie('condition')).map((parts) => parts.join(' ')),
      tie('condition').map((inner) => `(${inner})`),
      tie('condition').map((inner) => `NOT ${inner}`),
      tie('condition').map((inner) => `(${inner}) IS NOT TRUE`),
    ),
  }));
  return condition;
}

describe('the alternatives of a condition', () => {
  let database: Database;

  beforeAll(async () => {
    database = new (await initSqlJs()).Database();
    const values = [null, 1, 2];
    database.run('CREATE TABLE t (x int, y int)');
    for (const x of values) for (const y of values) database.run('INSERT INTO t VALUES (?, ?)', [x, y]);
  });

  afterAll(() => {
    database.close();
  });

  const shapes = fc.oneof(
    fc.tuple(conditionOver(['a'])).map(([where]) => ({ from: 't a', where, aliases: ['a'] })),
    fc
      .tuple(fc.constantFrom('JOIN', 'LEFT JOIN'), conditionOver(['a', 'b']), conditionOver(['a', 'b']))
      .map(([join, on, where]) => ({
        from: `t a ${join} t b ON ${on}`,
        where,
        aliases: ['a', 'b'],
      })),
    fc
      .tuple(conditionOver(['a', 'b']), conditionOver(['a', 'b', 'c']), conditionOver(['a', 'b', 'c']))
      .map(([left, inner, where]) => ({
        from: `t a LEFT JOIN t b ON ${left} JOIN t c ON ${inner}`,
        where,
        aliases: ['a', 'b', 'c'],
      })),
  );

  it('hold for every row that SQLite answers, of which each meets all equalities of one', () => {
    let bound = 0;
    fc.assert(
      fc.property(shapes, ({ from, where, aliases }) => {
        const columns = aliases.flatMap((alias) => [`${alias}.x AS ${alias}x`, `${alias}.y AS ${alias}y`]);
        const sql = `SELECT ${columns.join(', ')} FROM ${from} WHERE ${where}`;
        const facts = selectFacts(sql, 'sqlite');
        expect({ sql, isUnderstood: facts !== undefined }).toEqual({ sql, isUnderstood: true });
        if (facts === undefined) return;
        if (facts.disjuncts.every((all) => all.length > 0)) bound++;
        const isMet = (row: readonly unknown[], { source, column, values, isNull }: Equality): boolean => {
          const held = row[source * 2 + (column === 'x' ? 0 : 1)];
          if (isNull === true) return held === null;
          return values.some((value) => value.kind === 'literal' && String(value.value) === String(held));
        };
        const [{ values: rows } = { values: [] }] = database.exec(sql);
        const unexplained = rows.filter(
          (row) => !facts.disjuncts.some((all) => all.every((equality) => isMet(row, equality))),
        );
        if (unexplained.length > 0) expect({ sql, unexplained: unexplained[0] }).toBe(undefined);
      }),
      { numRuns: runs, endOnFailure: true },
    );
    expect(bound).toBeGreaterThan(runs / 20);
  });
});
