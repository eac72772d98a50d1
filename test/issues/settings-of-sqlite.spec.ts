import { expect, it } from '@jest/globals';
import { Column, Entity, Like, ManyToOne, PrimaryGeneratedColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Shelf {
  @PrimaryGeneratedColumn() id!: number;
  @Column() label!: string;
}

@Entity()
class Jar {
  @PrimaryGeneratedColumn() id!: number;
  @ManyToOne(() => Shelf) shelf!: Shelf;
}

const reads = {
  alike: (manager: EntityManager) => manager.findBy(Shelf, { label: Like('top') }),
  joined: (manager: EntityManager) =>
    manager.createQueryBuilder(Jar, 'j').innerJoin('j.shelf', 's').select('j.id', 'id').orderBy('j.id').getRawMany(),
};

describeDatabases(
  'a setting',
  (database) => {
    const open = async () => {
      const cached = await CachedReads.open(database, [Shelf, Jar], reads);
      await cached.dataSource.manager.save(Shelf, { label: 'Top' });
      return cached;
    };

    it.each(['= ON', '(1)', '\n= /* */ true'])('that changes what is alike changes answers: %s', async (value) => {
      const cached = await open();
      await cached.fill();
      await cached.dataSource.query(`PRAGMA case_sensitive_like ${value}`);
      expect(await cached.wrong()).toEqual([]);
      expect(await cached.ask('alike')).toEqual([]);
    });

    it.each(["'case_sensitive_like'", '"main".[case_sensitive_like]'])('is one by any spelling: %s', async (name) => {
      const cached = await open();
      await cached.fill();
      await cached.dataSource.query(`PRAGMA ${name} = ON`);
      expect(await cached.wrong()).toEqual([]);
      expect(await cached.ask('alike')).toEqual([]);
    });

    it.each([1, 2])('stays as it was set in a transaction that is rolled back: at level %i', async (level) => {
      const cached = await open();
      await cached.fill();
      const runner = cached.dataSource.createQueryRunner();
      for (let at = 0; at < level; at++) await runner.startTransaction();
      await runner.query('PRAGMA case_sensitive_like = ON');
      await runner.rollbackTransaction();
      if (level > 1) await runner.commitTransaction();
      expect(await cached.wrong()).toEqual([]);
      expect(await cached.ask('alike')).toEqual([]);
    });

    it('that lets rows refer to none lets a row that comes later have been referred to', async () => {
      const cached = await open();
      await cached.fill();
      await cached.dataSource.query('PRAGMA main.foreign_keys = OFF');
      await cached.dataSource.manager.insert(Jar, { shelf: { id: 7 } });
      await cached.fill();
      await cached.dataSource.manager.insert(Shelf, { id: 7, label: 'new' });
      expect(await cached.wrong()).toEqual([]);
      expect(await cached.ask('joined')).toEqual([{ id: 1 }]);
    });

    it('that is asked for, or is about something else, costs no answer', async () => {
      const cached = await open();
      await cached.fill();
      for (const text of ['foreign_keys', 'main.foreign_keys', 'user_version = 3', 'optimize'])
        await cached.dataSource.query(`PRAGMA ${text}`);
      for (const name of Object.keys(reads)) expect(await cached.cache.has(name)).toBe(true);
    });
  },
  { only: ({ family }) => family === 'sqlite' },
);
