import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { loadModule, parseSync } from 'libpg-query';
import { analyse } from '../../lib/sql/analyse.js';
import type { Dialect } from '../../lib/sql/statement.js';
import { generatedStatement, pinText, readText } from './statement-generator.js';

const dialects: readonly Dialect[] = ['postgres', 'mysql', 'sqlite', 'generic'];

beforeAll(async () => {
  await loadModule();
});

describe('generated statements, whose generator knows what they touch', () => {
  it.each(dialects)('are told exactly in %s: every table, every pin, nothing unknown', (dialect) => {
    fc.assert(
      fc.property(generatedStatement(dialect), (generated) => {
        const { sql } = generated;
        const statements = analyse(sql, dialect);
        expect(statements).toHaveLength(1);
        const [statement] = statements;
        const pinsOf = (pins: (typeof statement.reads)[number]['pins']): string[] =>
          pins.map(({ column, values }) => pinText(column, values));
        expect({
          sql,
          reads: statement.reads.map(({ table, pins }) => readText(table.name, pinsOf(pins))).sort(),
          writes: statement.writes
            .map(({ table, kind, pins }) => readText(`${kind} ${table.name}`, pinsOf(pins)))
            .sort(),
          readsUnknown: statement.readsUnknown,
          writesUnknown: statement.writesUnknown,
        }).toEqual({
          sql,
          reads: generated.reads,
          writes: generated.writes,
          readsUnknown: false,
          writesUnknown: false,
        });
        if (generated.isPure) expect({ sql, why: statement.uncacheable }).toEqual({ sql, why: undefined });
        else if (generated.writes.length === 0)
          expect({ sql, why: statement.uncacheable }).not.toEqual({ sql, why: undefined });
      }),
      // The first counterexample is small enough; shrinking these takes minutes.
      { numRuns: Number(process.env.SQL_RUNS ?? 600), endOnFailure: true },
    );
  });

  it('are SQL in the eyes of PostgreSQL, so that the proof is about real statements', () => {
    const rejected: string[] = [];
    fc.assert(
      fc.property(generatedStatement('postgres'), ({ sql }) => {
        try {
          parseSync(sql);
        } catch {
          rejected.push(sql);
        }
      }),
      { numRuns: 150 },
    );
    expect(rejected).toEqual([]);
  });
});
