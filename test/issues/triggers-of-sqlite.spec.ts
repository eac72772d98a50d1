import { expect, it } from '@jest/globals';
import { Column, Entity, ManyToOne, PrimaryGeneratedColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Animal {
  @PrimaryGeneratedColumn() id!: number;
  @Column() name!: string;
}

@Entity()
class Meal {
  @PrimaryGeneratedColumn() id!: number;
  @ManyToOne(() => Animal, { onDelete: 'CASCADE' }) animal!: Animal;
}

@Entity()
class Diary {
  @PrimaryGeneratedColumn() id!: number;
  @Column() text!: string;
}

@Entity()
class Tally {
  @PrimaryGeneratedColumn() id!: number;
  @Column() pages!: number;
}

const reads = {
  diary: (manager: EntityManager) => manager.find(Diary),
  renamed: (manager: EntityManager) => manager.findBy(Diary, { text: 'renamed' }),
  tally: (manager: EntityManager) => manager.findOneBy(Tally, { id: 1 }),
  meals: (manager: EntityManager) => manager.count(Meal),
};

describeDatabases(
  'a trigger of SQLite',
  (database) => {
    const open = async (...triggers: string[]) => {
      const cached = await CachedReads.open(database, [Animal, Meal, Diary, Tally], reads);
      const { manager } = cached.dataSource;
      await manager.save(Tally, { pages: 0 });
      await manager.save(Meal, { animal: await manager.save(Animal, { name: 'Ann' }) });
      for (const trigger of triggers) await manager.query(`CREATE ${trigger}`);
      await cached.fill();
      return cached;
    };
    const notes = `TRIGGER notes AFTER UPDATE ON animal BEGIN INSERT INTO diary (text) VALUES ('renamed'); END`;

    it('that writes another table is heard with the write that it belongs to', async () => {
      const cached = await open(notes);
      await cached.dataSource.manager.update(Animal, { id: 1 }, { name: 'Bob' });
      expect(await cached.wrong()).toEqual([]);
      expect(await cached.ask('renamed')).toHaveLength(1);
    });

    it('that is set off by what another one writes, or by a row that a key takes along, is heard too', async () => {
      const cached = await open(
        'TRIGGER counts AFTER INSERT ON diary BEGIN UPDATE tally SET pages = pages + 1; END',
        `TEMP TRIGGER leaves AFTER DELETE ON meal BEGIN REPLACE INTO diary VALUES (9, 'left'); END`,
      );
      await cached.dataSource.manager.delete(Animal, { id: 1 });
      expect(await cached.wrong()).toEqual([]);
      expect(await cached.ask('tally')).toMatchObject({ pages: 1 });
    });

    it('that stands in for a write to a view is heard as what it does', async () => {
      const cached = await open(
        'VIEW zoo AS SELECT name FROM animal',
        `TRIGGER enter INSTEAD OF INSERT ON zoo BEGIN INSERT INTO diary (text) VALUES (new.name); END`,
      );
      await cached.dataSource.query(`INSERT INTO zoo (name) VALUES ('renamed')`);
      expect(await cached.wrong()).toEqual([]);
    });

    it('that deletes rows to which others refer is heard of those', async () => {
      const cached = await open('TRIGGER closes AFTER UPDATE ON tally BEGIN DELETE FROM animal; END');
      await cached.dataSource.manager.update(Tally, { id: 1 }, { pages: 2 });
      expect(await cached.wrong()).toEqual([]);
      expect(await cached.ask('meals')).toBe(0);
    });

    it('that is not understood may write anything', async () => {
      const cached = await open(
        `TRIGGER "begin, and end" AFTER UPDATE ON animal BEGIN INSERT INTO diary (text) VALUES ('renamed'); END`,
      );
      await cached.dataSource.manager.update(Animal, { id: 1 }, { name: 'Bob' });
      expect(await cached.wrong()).toEqual([]);
    });

    it('that is not understood may do so also where a key sets it off', async () => {
      const cached = await open(
        `TRIGGER "begin, and end" AFTER DELETE ON meal BEGIN INSERT INTO diary (text) VALUES ('renamed'); END`,
      );
      await cached.dataSource.manager.delete(Animal, { id: 1 });
      expect(await cached.wrong()).toEqual([]);
      expect(await cached.ask('renamed')).toHaveLength(1);
    });

    it.each([`REPLACE INTO tally VALUES (2, 2)`, `UPDATE OR REPLACE tally SET pages = 2`])(
      'replaces rows where the statement does that sets it off: %s',
      async (text) => {
        const cached = await open(
          `TRIGGER counts AFTER INSERT ON tally BEGIN INSERT INTO animal VALUES (1, 'x'); END`,
          `TRIGGER adds AFTER UPDATE ON tally BEGIN INSERT INTO tally VALUES (3, 3); END`,
        );
        await cached.dataSource.query(text);
        expect(await cached.wrong()).toEqual([]);
        expect(await cached.ask('meals')).toBe(0);
      },
    );

    it('that only refuses rows costs no answer about other tables', async () => {
      const cached = await open(
        `TRIGGER asks BEFORE UPDATE ON animal WHEN new.name = '' BEGIN SELECT RAISE(ABORT, 'no name'); END`,
      );
      await cached.dataSource.manager.update(Animal, { id: 1 }, { name: 'Bob' });
      for (const name of Object.keys(reads)) expect(await cached.cache.has(name)).toBe(true);
    });
  },
  { only: ({ family }) => family === 'sqlite' },
);
