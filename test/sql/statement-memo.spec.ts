import { describe, expect, it } from '@jest/globals';
import { analyse } from '../../lib/sql/analyse.js';
import { selectFacts } from '../../lib/sql/select-facts.js';
import { StatementMemo } from '../../lib/sql/statement-memo.js';

describe('a memo of statements', () => {
  it('answers what the analysis answers, and the same object again', () => {
    const memo = new StatementMemo();
    const first = memo.analyse('SELECT * FROM a', 'postgres');
    expect(first).toEqual(analyse('SELECT * FROM a', 'postgres'));
    expect(memo.analyse(['SELECT', '* FROM a'].join(' '), 'postgres')).toBe(first);
  });

  it('keeps dialects apart, because one text means different things', () => {
    const memo = new StatementMemo();
    expect(memo.analyse('SELECT 1 # FROM a', 'mysql')[0].uncacheable).toBeUndefined();
    expect(memo.analyse("SELECT '\\' FROM a -- '", 'mysql')[0].reads).toHaveLength(0);
    expect(memo.analyse("SELECT '\\' FROM a -- '", 'postgres')[0].reads).toHaveLength(1);
  });

  it('keeps what is asked for again and forgets the rest, so that inlined numbers cannot fill the memory', () => {
    const memo = new StatementMemo(10);
    const kept = memo.analyse('SELECT * FROM kept', 'sqlite');
    const forgotten = memo.analyse('SELECT * FROM forgotten', 'sqlite');
    for (let id = 0; id < 100; id++) {
      memo.analyse(`SELECT * FROM a WHERE id = ${id}`, 'sqlite');
      expect(memo.analyse('SELECT * FROM kept', 'sqlite')).toBe(kept);
    }
    expect(memo.analyse('SELECT * FROM forgotten', 'sqlite')).not.toBe(forgotten);
  });

  it('remembers what a SELECT asks of its tables, also that it cannot be told', () => {
    const memo = new StatementMemo();
    const statements = memo.analyse('SELECT x FROM a', 'postgres');
    const facts = memo.selectFacts('SELECT x FROM a', 'postgres');
    expect(facts).toEqual(selectFacts('SELECT x FROM a', 'postgres'));
    expect(facts?.sources).toHaveLength(1);
    expect(memo.selectFacts(['SELECT', 'x FROM a'].join(' '), 'postgres')).toBe(facts);
    expect(memo.analyse('SELECT x FROM a', 'postgres')).toBe(statements);
    expect(memo.selectFacts('DELETE FROM a', 'postgres')).toBeUndefined();
    expect(memo.selectFacts('DELETE FROM a', 'postgres')).toBeUndefined();
  });

  it('does not keep texts of bulk inserts', () => {
    const memo = new StatementMemo();
    const bulk = `INSERT INTO a VALUES ${'(1),'.repeat(6000)}(1)`;
    expect(memo.analyse(bulk, 'mysql')).not.toBe(memo.analyse(bulk, 'mysql'));
  });
});
