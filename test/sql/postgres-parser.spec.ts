import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { loadModule } from 'libpg-query';
import { analyse } from '../../lib/sql/analyse.js';
import type { Statement, ValueRef } from '../../lib/sql/statement.js';
import { judge, type Verdict } from './postgres-judge.js';
import { postgresStatements } from './postgres-statements.js';
import { splitTokens } from './split-tokens.js';

beforeAll(async () => {
  await loadModule();
});

function valueText(value: ValueRef): string {
  if (value.kind === 'parameter') return `$${value.index + 1}`;
  return typeof value.value === 'string' ? JSON.stringify(value.value) : String(value.value);
}

/** What the analysis missed, or claimed wrongly, in the light of the verdict. */
function faults(statements: readonly Statement[], verdict: Verdict): string[] {
  const written = new Set(statements.flatMap((each) => each.writes.map((write) => write.table.name)));
  const read = new Set(statements.flatMap((each) => each.reads.map((one) => one.table.name)));
  const readsUnknown = statements.some((each) => each.readsUnknown);
  const writesUnknown = statements.some((each) => each.writesUnknown);
  const found: string[] = [];
  for (const table of verdict.reads) {
    if (!readsUnknown && !read.has(table) && !written.has(table)) found.push(`reads ${table}`);
  }
  for (const table of verdict.writes) if (!writesUnknown && !written.has(table)) found.push(`writes ${table}`);
  for (const each of statements) {
    if (each.readsUnknown) continue;
    for (const { table, pins } of [...each.reads, ...each.writes]) {
      for (const { column, values } of pins) {
        const pin = `${table.name}.${column}=${values.map(valueText).join(',')}`;
        if (!verdict.pins.has(pin)) found.push(`does not pin ${pin}`);
      }
    }
  }
  return found;
}

describe("PostgreSQL's own parser as the judge", () => {
  it.each(postgresStatements)('agrees on the tables and pins of %s', (sql) => {
    const verdict = judge(sql);
    expect(verdict).toBeDefined();
    const statements = analyse(sql, 'postgres');
    expect(faults(statements, verdict as Verdict)).toEqual([]);
    // Exactly, and not by admitting defeat.
    expect(statements.filter((each) => each.uncacheable === 'not understood')).toEqual([]);
    const named = new Set(statements.flatMap((each) => [...each.reads, ...each.writes].map(({ table }) => table.name)));
    expect([...named].sort()).toEqual(
      [...new Set([...(verdict as Verdict).reads, ...(verdict as Verdict).writes])].sort(),
    );
  });

  it('misses no table and invents no pin in whatever it still accepts after tokens were deleted, doubled, swapped or moved', () => {
    const pieces = postgresStatements.map(splitTokens);
    const position = fc.nat({ max: 1_000_000 });
    const mutation = fc.record({ kind: fc.nat({ max: 5 }), at: position, to: position, other: position });
    let accepted = 0;
    fc.assert(
      fc.property(position, fc.array(mutation, { minLength: 1, maxLength: 3 }), (which, mutations) => {
        const tokens = [...pieces[which % pieces.length]];
        for (const { kind, at, to, other } of mutations) {
          const from = at % tokens.length;
          const target = to % tokens.length;
          const foreign = pieces[other % pieces.length];
          if (kind === 0) tokens.splice(from, 1);
          else if (kind === 1) tokens.splice(from, 0, tokens[from]);
          else if (kind === 2) [tokens[from], tokens[target]] = [tokens[target], tokens[from]];
          else if (kind === 3) tokens.splice(target, 0, ...tokens.splice(from, 1));
          else if (kind === 4) tokens[from] = tokens[target];
          else tokens.splice(from, 0, ...foreign.slice(to % foreign.length, (to % foreign.length) + 1 + (at % 6)));
          if (tokens.length === 0) return;
        }
        const sql = tokens.join(' ');
        const verdict = judge(sql);
        const statements = analyse(sql, 'postgres');
        if (verdict === undefined) return;
        accepted++;
        expect({ sql, faults: faults(statements, verdict) }).toEqual({ sql, faults: [] });
      }),
      { numRuns: Number(process.env.SQL_RUNS ?? 15_000) },
    );
    expect(accepted).toBeGreaterThan(500);
  });
});
