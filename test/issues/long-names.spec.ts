import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, ViewEntity, ViewColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

// Of each, 63 bytes are kept at most: of the Cyrillic letters 31, because half of one is none.
const TABLE = `membership_${'of_the_organisation_'.repeat(3)}s`.slice(0, 64);
const COUNT = 'ж'.repeat(32);
const KEY = `${'k'.repeat(63)}ey`;

@Entity(TABLE)
class Membership {
  @PrimaryColumn({ name: KEY }) id!: number;
  @Column() level!: number;
  @Column({ name: COUNT, generatedType: 'STORED', asExpression: 'level * 10', nullable: true }) count!: number;
}

@ViewEntity({ name: 'seen', expression: `SELECT level FROM ${TABLE}` })
class Seen {
  @ViewColumn() level!: number;
}

const reads = {
  row: (manager: EntityManager) => manager.findOneBy(Membership, { id: 1 }),
  byValue: (manager: EntityManager) => manager.findBy(Membership, { level: 2 }),
  byComputed: (manager: EntityManager) => manager.countBy(Membership, { count: 20 }),
  view: (manager: EntityManager) => manager.find(Seen),
  cut: (manager: EntityManager) => manager.query(`SELECT * FROM ${TABLE.slice(0, 63)}`),
  cutComputed: (manager: EntityManager) =>
    manager.query(`SELECT count(*) FROM ${TABLE} WHERE ${COUNT.slice(0, 31)} = 20`),
};

const names = `${TABLE}, ${KEY}, ${COUNT}`;

describeDatabases(
  'A name of which PostgreSQL keeps the beginning',
  (database) => {
    it.each([
      ['in full', names],
      ['cut', names.replace(TABLE, TABLE.slice(0, 63)).replace(KEY, KEY.slice(0, 63))],
    ])('is the same name, written %s', async (_, all) => {
      const [table, key] = all.split(', ');
      const cached = await CachedReads.open(database, [Membership, Seen], reads);
      const { dataSource } = cached;
      for (const text of [
        `INSERT INTO ${table} (${key}, level) VALUES (1, 1)`,
        `UPDATE ${table} SET level = 2 WHERE ${key} = 1`,
        `UPDATE ${table} SET ${key} = 2`,
        `DELETE FROM ${table}`,
      ]) {
        await cached.fill();
        await dataSource.query(text);
        expect(await cached.wrong()).toEqual([]);
      }
    });

    it('is the same name for what an entity writes, and for one of its rows', async () => {
      const cached = await CachedReads.open(database, [Membership, Seen], reads);
      const { manager } = cached.dataSource;
      await manager.insert(Membership, [
        { id: 1, level: 1 },
        { id: 7, level: 3 },
      ]);
      for (const write of [
        () => manager.update(Membership, 1, { level: 2 }),
        () => manager.update(Membership, { level: 2 }, { level: 4 }),
        () => manager.delete(Membership, 1),
      ]) {
        await cached.fill();
        await write();
        expect(await cached.wrong()).toEqual([]);
      }
      await cached.fill();
      await manager.update(Membership, 7, { level: 5 });
      expect(await cached.cache.has('row')).toBe(true);
    });
  },
  { only: ({ family }) => family === 'postgres' },
);
