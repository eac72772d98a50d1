import { describe, expect, it } from '@jest/globals';
import { canonicalKeyValue, idOfRow, idsOfChoices, type TableInfo } from '../../lib/tags/table-info.js';

const table = (...kinds: ('integer' | 'text')[]): TableInfo => ({
  id: { database: 'db', name: 't' },
  key: kinds.map((kind, index) => ({ name: `k${index}`, kind })),
});

describe('the id of a row', () => {
  it('is made of all columns of its key, so that no two keys share one', () => {
    const idOf = (...values: unknown[]) => idOfRow(table('text', 'text'), (name) => values[Number(name.slice(1))]);
    expect(idOf('a', 'bc')).not.toBe(idOf('ab', 'c'));
    expect(idOf('a', undefined)).toBeUndefined();
  });

  it('is unknown where the key is', () => {
    expect(idOfRow(table(), () => 1)).toBeUndefined();
  });

  it('is unknown for a text that is cut off on its way in', () => {
    const column = { name: 'k', kind: 'ascii-text', maxLength: 3 } as const;
    expect(canonicalKeyValue(column, 'abcd')).toBeUndefined();
    expect(canonicalKeyValue(column, 'abc')).toBe('abc');
  });

  it('is unknown for a number that is cut down to what fits', () => {
    const column = { name: 'k', kind: 'integer', maxValue: 127 } as const;
    expect(canonicalKeyValue(column, 128)).toBeUndefined();
    expect(canonicalKeyValue(column, '-1')).toBeUndefined();
    expect(canonicalKeyValue(column, 127)).toBe('127');
  });
});

describe('the ids of choices', () => {
  it('are the cross product, each once', () => {
    expect(idsOfChoices([['1', '2'], ['3']], 10)).toEqual(['1.11.3', '1.21.3']);
    expect(idsOfChoices([['1', '1']], 10)).toEqual(['1']);
  });

  it('are unknown when one of them is, or when they are too many', () => {
    expect(idsOfChoices([['1', undefined]], 10)).toBeUndefined();
    expect(
      idsOfChoices(
        [
          ['1', '2'],
          ['3', '4'],
        ],
        3,
      ),
    ).toBeUndefined();
    expect(
      idsOfChoices(
        [
          ['1', '2'],
          ['3', '4'],
        ],
        4,
      ),
    ).toHaveLength(4);
  });
});
