import { describe, expect, it } from '@jest/globals';
import { ForeignKeys, type ForeignKey } from '../../lib/tags/foreign-keys.js';

const key = (from: string, to: string, rules: Partial<ForeignKey> = {}): ForeignKey => ({
  from,
  columns: [`${to}_id`],
  to,
  referencedColumns: ['id'],
  onDelete: 'NO ACTION',
  onUpdate: 'NO ACTION',
  ...rules,
});

const keysOf = (...all: ForeignKey[]) => {
  const keys = new ForeignKeys();
  for (const one of all) keys.add(one);
  return keys;
};

const DELETE = { kind: 'delete' } as const;
const update = (...columns: string[]) => ({ kind: 'update', columns: new Set(columns) }) as const;

describe('a delete', () => {
  it('goes on through CASCADE, and ends at rules that do nothing', () => {
    const keys = keysOf(
      key('team', 'company', { onDelete: 'CASCADE' }),
      key('desk', 'team', { onDelete: 'cascade' }),
      key('badge', 'desk', { onDelete: 'RESTRICT' }),
    );
    expect([...keys.carriedTo('company', DELETE)]).toEqual(['team', 'desk']);
    expect([...keys.carriedTo('desk', DELETE)]).toEqual([]);
  });

  it('becomes an update through SET NULL and SET DEFAULT, which goes on only where that column is referred to', () => {
    const keys = keysOf(
      key('desk', 'team', { onDelete: 'SET NULL' }),
      key('chair', 'team', { onDelete: 'DEFAULT' }),
      key('lamp', 'desk', { onDelete: 'CASCADE', onUpdate: 'CASCADE' }),
      key('sign', 'desk', { onUpdate: 'CASCADE', referencedColumns: ['team_id'] }),
    );
    expect([...keys.carriedTo('team', DELETE)]).toEqual(['desk', 'sign', 'chair']);
  });

  it('comes back to its own table where rows refer to rows of it, and ends', () => {
    const keys = keysOf(key('node', 'node', { onDelete: 'CASCADE' }));
    expect([...keys.carriedTo('node', DELETE)]).toEqual(['node']);
    const circle = keysOf(key('a', 'b', { onDelete: 'CASCADE' }), key('b', 'a', { onDelete: 'CASCADE' }));
    expect([...circle.carriedTo('a', DELETE)].sort()).toEqual(['a', 'b']);
  });
});

describe('an update', () => {
  const keys = keysOf(key('team', 'company', { onUpdate: 'CASCADE', onDelete: 'CASCADE' }));

  it('goes on only from columns that are referred to, or when nobody knows which it sets', () => {
    expect(keys.carriedTo('company', update('name')).size).toBe(0);
    expect([...keys.carriedTo('company', update('name', 'id'))]).toEqual(['team']);
    expect([...keys.carriedTo('company', { kind: 'update', columns: undefined })]).toEqual(['team']);
  });

  it('goes on from any column to a key that does not say which it refers to', () => {
    const vague = keysOf(key('team', 'company', { onUpdate: 'CASCADE', referencedColumns: [] }));
    expect([...vague.carriedTo('company', update('name'))]).toEqual(['team']);
  });
});

describe('columns that change with others', () => {
  const keys = keysOf(
    key('desk', 'team', { onDelete: 'SET NULL' }),
    key('sign', 'desk', { onUpdate: 'CASCADE', referencedColumns: ['code'] }),
  );

  it('carry an update on, wherever the change came from', () => {
    const withCode = (_table: string, columns: ReadonlySet<string>) => new Set([...columns, 'code']);
    expect([...keys.carriedTo('desk', update('name'), withCode)]).toEqual(['sign']);
    expect([...keys.carriedTo('team', DELETE, withCode)]).toEqual(['desk', 'sign']);
    expect([...keys.carriedTo('team', DELETE, () => undefined)]).toEqual(['desk', 'sign']);
    expect([...keys.carriedTo('team', DELETE)]).toEqual(['desk']);
  });
});

describe('a set of keys', () => {
  it('names everything that refers to a table, directly or through others, whatever the rules', () => {
    const keys = keysOf(key('team', 'company'), key('desk', 'team'), key('other', 'elsewhere'));
    expect([...keys.referringTo('company')]).toEqual(['team', 'desk']);
  });

  it('covers another when it knows all keys of that one that act', () => {
    const few = keysOf(key('a', 'b', { onDelete: 'CASCADE' }), key('idle', 'b'));
    const many = keysOf(key('a', 'b', { onDelete: 'CASCADE' }), key('c', 'b', { onDelete: 'SET NULL' }));
    expect(many.coverActionsOf(few)).toBe(true);
    expect(few.coverActionsOf(many)).toBe(false);
    expect(few.coverActionsOf(keysOf(key('a', 'b', { onDelete: 'SET NULL' })))).toBe(false);
  });
});
