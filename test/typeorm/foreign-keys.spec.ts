import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  Column,
  Entity,
  ManyToOne,
  PrimaryColumn,
  Tree,
  TreeChildren,
  TreeParent,
  PrimaryGeneratedColumn,
  type DataSource,
  type Relation,
} from 'typeorm';
import { describeDatabases, openDataSource } from '../support/databases.js';
import { listen, load, type Listener } from './hearing.js';

@Entity()
class Company {
  @PrimaryColumn({ length: 40 })
  code!: string;

  @Column({ default: '' })
  name!: string;
}

@Entity()
class Team {
  @PrimaryColumn()
  id!: number;

  @ManyToOne(() => Company, { onDelete: 'CASCADE', onUpdate: 'CASCADE' })
  company!: Relation<Company>;
}

@Entity()
class Desk {
  @PrimaryColumn()
  id!: number;

  @ManyToOne(() => Team, { onDelete: 'SET NULL', nullable: true })
  team?: Relation<Team> | null;
}

@Entity()
class Badge {
  @PrimaryColumn()
  id!: number;

  @ManyToOne(() => Desk, { onDelete: 'NO ACTION', nullable: true })
  desk?: Relation<Desk> | null;
}

@Entity()
@Tree('closure-table')
class Folder {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  name!: string;

  @TreeParent({ onDelete: 'CASCADE' })
  parent?: Relation<Folder>;

  @TreeChildren()
  children?: Relation<Folder>[];
}

describeDatabases('what foreign keys carry on', (database) => {
  let dataSource: DataSource;
  let heard: Listener;

  beforeEach(async () => {
    dataSource = await openDataSource(database, [Company, Team, Desk, Badge, Folder]);
    heard = listen();
    await dataSource.manager.insert(Company, { code: 'zoo' });
    await dataSource.manager.insert(Team, { id: 1, company: { code: 'zoo' } });
    await dataSource.manager.insert(Desk, { id: 1, team: { id: 1 } });
    await dataSource.manager.insert(Badge, { id: 1, desk: { id: 1 } });
    heard.take();
  });

  it('reaches as far as rows go away or change, and no further', async () => {
    await dataSource.manager.delete(Company, 'zoo');
    expect(heard.released()).toEqual(['company', 'company:zoo', 'desk', 'desk:*', 'team', 'team:*']);
    expect(await dataSource.manager.findOneByOrFail(Desk, { id: 1 })).toBeDefined();
    expect(await dataSource.manager.count(Team)).toBe(0);
  });

  it('starts with an update only if that changes a column keys refer to', async () => {
    await dataSource.manager.update(Company, 'zoo', { name: 'x' });
    expect(heard.released()).toEqual(['company', 'company:zoo']);
    await dataSource.query("UPDATE company SET code = 'park' WHERE code = 'zoo'");
    expect(heard.released()).toEqual(['company', 'company:park', 'company:zoo', 'team', 'team:*']);
  });

  it('includes the table itself and its closure table', async () => {
    const root = await dataSource.manager.save(Folder, { name: 'root' });
    await dataSource.manager.save(Folder, { name: 'leaf', parent: root });
    heard.take();
    await dataSource.manager.delete(Folder, root.id);
    expect(heard.released()).toEqual(['folder', 'folder:*', 'folder:1', 'folder_closure', 'folder_closure:*']);
  });

  it('is known from the database where entities say nothing', async () => {
    await dataSource.query(
      'CREATE TABLE note (id INTEGER PRIMARY KEY, company VARCHAR(40), FOREIGN KEY (company) REFERENCES company (code) ON DELETE CASCADE)',
    );
    await dataSource.query("INSERT INTO note (id, company) VALUES (1, 'zoo')");
    heard.take();
    const { tags } = await load(() => dataSource.query('SELECT * FROM note'));
    expect(tags).toEqual(['note#company', 'note#id', 'note+', 'note-']);
    await dataSource.query("DELETE FROM company WHERE code = 'zoo'");
    expect(await dataSource.query('SELECT * FROM note')).toEqual([]);
    expect(heard.released()).toContain('note:*');
  });

  describe('from columns that a statement does not name', () => {
    const integer = database.family === 'sqlite' ? 'INTEGER' : 'INT';
    const released = async (table: string, text: string) => {
      await load(() => dataSource.query(`SELECT * FROM ${table}`));
      heard.take();
      await dataSource.query(text);
      return heard.released();
    };
    const refers = (table: string, column: string, type: string) =>
      dataSource.query(
        `CREATE TABLE ${table} (id ${integer} PRIMARY KEY, a ${type}, FOREIGN KEY (a) REFERENCES price (${column}) ON UPDATE CASCADE)`,
      );

    beforeEach(async () => {
      await dataSource.query(
        `CREATE TABLE price (id ${integer} PRIMARY KEY, net ${integer}, code VARCHAR(20) UNIQUE, gross ${integer} GENERATED ALWAYS AS (net * 2) STORED UNIQUE)`,
      );
      await dataSource.query("INSERT INTO price (id, net, code) VALUES (1, 1, 'a')");
    });

    it('because the database computes them', async () => {
      await refers('offer', 'gross', integer);
      await dataSource.query('INSERT INTO offer (id, a) VALUES (1, 2)');
      expect(await released('offer', 'UPDATE price SET net = 7 WHERE id = 1')).toContain('offer:*');
      expect(await dataSource.query('SELECT a FROM offer')).toEqual([{ a: 14 }]);
    });

    it('because a trigger sets them', async () => {
      await refers('offer', 'code', 'VARCHAR(20)');
      await dataSource.query("INSERT INTO offer (id, a) VALUES (1, 'a')");
      if (database.family === 'postgres') {
        await dataSource.query(
          "CREATE FUNCTION recode() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN new.code := ''b''; RETURN new; END'",
        );
        await dataSource.query('CREATE TRIGGER recodes BEFORE UPDATE ON price FOR EACH ROW EXECUTE FUNCTION recode()');
      } else if (database.family === 'mysql') {
        await dataSource.query("CREATE TRIGGER recodes BEFORE UPDATE ON price FOR EACH ROW SET new.code = 'b'");
      } else {
        await dataSource.query(
          "CREATE TRIGGER recodes AFTER UPDATE OF net ON price BEGIN UPDATE price SET code = 'b' WHERE id = new.id; END",
        );
      }
      expect(await released('offer', 'UPDATE price SET net = 7 WHERE id = 1')).toContain('offer:*');
      expect(await dataSource.query('SELECT a FROM offer')).toEqual([{ a: 'b' }]);
    });

    // The views of SQLite take no writes.
    if (database.family !== 'sqlite') {
      it('because a view calls them otherwise', async () => {
        await refers('offer', 'id', integer);
        await dataSource.query('INSERT INTO offer (id, a) VALUES (1, 1)');
        await dataSource.query('CREATE VIEW tag AS SELECT id AS number, net FROM price');
        expect(await released('offer', 'UPDATE tag SET number = 5 WHERE number = 1')).toContain('offer:*');
        expect(await dataSource.query('SELECT a FROM offer')).toEqual([{ a: 5 }]);
      });
    }
  });

  it('sweeps the database in a transaction that began before the keys were read', async () => {
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query("DELETE FROM company WHERE code = 'zoo'");
    await runner.query('CREATE TABLE unrelated (id INTEGER)');
    await runner.manager.insert(Company, { code: 'park' });
    if (runner.isTransactionActive) await runner.commitTransaction();
    await runner.release();
    expect(heard.released()).toContain(database.family === 'mysql' ? 'company' : '*');
  });
});

describeDatabases(
  'TRUNCATE … CASCADE',
  (database) => {
    it('empties every table that refers to the first, whatever the rules of their keys', async () => {
      const dataSource = await openDataSource(database, [Company, Team, Desk, Badge, Folder]);
      const heard = listen();
      await dataSource.manager.insert(Company, { code: 'zoo' });
      heard.take();
      await dataSource.query('TRUNCATE company CASCADE');
      expect(heard.released()).toEqual(expect.arrayContaining(['badge!', 'company!', 'desk!', 'team!']));
    });
  },
  { only: ({ family }) => family === 'postgres' },
);

describe('partitions', () => {
  describeDatabases(
    'and inherited tables',
    (database) => {
      it('are written with their whole, and the whole with its parts', async () => {
        const dataSource = await openDataSource(database, [Company]);
        const heard = listen();
        await dataSource.query('CREATE TABLE event (id INTEGER, day INTEGER) PARTITION BY RANGE (day)');
        await dataSource.query('CREATE TABLE event_one PARTITION OF event FOR VALUES FROM (0) TO (10)');
        await dataSource.query('CREATE TABLE event_two PARTITION OF event FOR VALUES FROM (10) TO (20)');
        await dataSource.manager.insert(Company, { code: 'zoo' });
        heard.take();
        await dataSource.query('INSERT INTO event_one (id, day) VALUES (1, 1)');
        expect(heard.released()).toEqual(expect.arrayContaining(['event', 'event:*', 'event_one']));
        await dataSource.query('DELETE FROM event');
        expect(heard.released()).toEqual(expect.arrayContaining(['event', 'event_one:*', 'event_two:*']));
      });
    },
    { only: ({ family }) => family === 'postgres' },
  );
});
