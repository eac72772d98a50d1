import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  ChildEntity,
  Column,
  Entity,
  Index,
  JoinColumn,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  TableInheritance,
  type DataSource,
  type Relation as Related,
} from 'typeorm';
import { heardDataSource } from '../../lib/typeorm/statements/heard-data-source.js';
import { constantDefault } from '../../lib/typeorm/databases/constant-default.js';
import type { Relation } from '../../lib/typeorm/databases/relation.js';
import { describeDatabases, openDataSource } from '../support/databases.js';

@Entity()
class Maker {
  @PrimaryColumn({ type: 'varchar', length: 20 })
  code!: string;

  @Column({ type: 'varchar', length: 40, unique: true })
  name!: string;
}

@Entity()
class Mark {
  @PrimaryGeneratedColumn()
  id!: number;
}

@Entity()
@Index(['size'], { unique: true })
class Item {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar', length: 40, default: 'new' })
  title!: string;

  @Column({ type: 'int', default: -5 })
  size!: number;

  @Column({ type: 'boolean', default: true })
  isOpen!: boolean;

  @Column({ type: 'varchar', length: 40, nullable: true })
  note!: string | null;

  @Column({ type: 'varchar', length: 40 })
  needed!: string;

  @Column({ type: 'simple-array', nullable: true })
  words!: string[] | null;

  @Column({ type: 'decimal', precision: 8, scale: 2, default: 0 })
  price!: number;

  @Column({ type: 'date', nullable: true })
  day!: string | null;

  @ManyToOne(() => Maker, { nullable: true })
  maker!: Related<Maker> | null;

  @ManyToOne(() => Maker, { createForeignKeyConstraints: false, nullable: true })
  helper!: Related<Maker> | null;

  @OneToOne(() => Mark, { nullable: true })
  @JoinColumn()
  mark!: Related<Mark> | null;

  @ManyToMany(() => Mark)
  @JoinTable({ name: 'item_marks' })
  marks!: Related<Mark>[];
}

@Entity()
@TableInheritance({ column: { type: 'varchar', name: 'kind' } })
class Animal {
  @PrimaryGeneratedColumn()
  id!: number;
}

@ChildEntity()
class Bird extends Animal {
  @Column({ type: 'int', nullable: true })
  wings!: number | null;
}

const entities = [Maker, Mark, Item, Animal, Bird];

describeDatabases('what is known of the columns of a table', (database) => {
  let dataSource: DataSource;

  const relation = (name: string) => opened(dataSource)(name);
  const kinds = ({ columns }: Relation) => Object.fromEntries((columns ?? []).map(({ name, kind }) => [name, kind]));

  beforeEach(async () => {
    dataSource = await openDataSource(database, entities);
  });

  it('is nothing before the catalogue is read, because another DataSource may know more of them', () => {
    const source = heardDataSource(dataSource);
    expect(source.isCatalogueRead).toBe(false);
    const { columns, defaults } = source.schema.relation({ name: 'item' });
    expect({ columns, defaults: defaults.size }).toEqual({ columns: undefined, defaults: 0 });
  });

  it('is how their values compare, by the types they really have', async () => {
    const text = database.family === 'mysql' ? 'ascii-text' : 'text';
    expect(kinds(await relation('item'))).toEqual({
      id: 'integer',
      title: text,
      size: 'integer',
      isopen: database.family === 'mysql' ? 'integer' : 'boolean',
      note: text,
      needed: text,
      words: text,
      price: 'other',
      day: 'date',
      makercode: text,
      helpercode: text,
      markid: 'integer',
    });
  });

  it('is the same for the columns of the key, so that one text names a row', async () => {
    const { key, columns } = await relation('maker');
    expect(key).toEqual([expect.objectContaining({ name: 'code' })]);
    const { isUnique, ...column } = columns!.find(({ name }) => name === 'code')!;
    expect(isUnique).toBe(true);
    expect(key).toEqual([column]);
  });

  it('is which constants the database fills in, and no others', async () => {
    const { defaults } = await relation('item');
    const text = (value: unknown) => (database.family === 'postgres' ? String(value) : value);
    expect(
      Object.fromEntries([...defaults].map(([name, value]) => [name, name === 'size' ? Number(value) : value])),
    ).toEqual({
      title: 'new',
      size: -5,
      isopen: database.family === 'postgres' ? true : 1,
      note: null,
      words: null,
      price: text(0),
      day: null,
      makercode: null,
      helpercode: null,
      markid: null,
    });
  });

  it('is which of them the database sets by itself', async () => {
    expect((await relation('item')).computed).toEqual([]);
    const onUpdate = database.family === 'mysql' ? ', c TIMESTAMP NOT NULL DEFAULT now() ON UPDATE now()' : '';
    await dataSource.query(
      `CREATE TABLE own (id INTEGER, a INTEGER, b INTEGER GENERATED ALWAYS AS (a + 1) STORED${onUpdate})`,
    );
    const { computed, defaults } = await relation('own');
    expect(computed).toEqual(onUpdate === '' ? ['b'] : ['b', 'c']);
    expect([...defaults.keys()]).toEqual(['id', 'a']);
  });

  it('is in which of them NULL may become something else', async () => {
    const { replacesNull } = await relation('item');
    expect(replacesNull.includes('needed')).toBe(database.family !== 'postgres');
    expect(replacesNull).not.toContain('note');
  });

  it('is which of them hold a value once', async () => {
    const unique = ({ columns }: Relation) =>
      columns!.filter(({ isUnique }) => isUnique === true).map(({ name }) => name);
    expect(unique(await relation('item')).sort()).toEqual(['id', 'markid', 'size']);
    expect(unique(await relation('maker')).sort()).toEqual(['code', 'name']);
    expect(unique(await relation('item_marks'))).toEqual([]);
  });

  it('includes those of all entities in one table, and of tables that only the database knows', async () => {
    expect(Object.keys(kinds(await relation('animal'))).sort()).toEqual(['id', 'kind', 'wings']);
    await dataSource.query('ALTER TABLE animal ADD legs INTEGER DEFAULT 4');
    const animal = await relation('animal');
    expect([kinds(animal)['legs'], animal.defaults.get('legs')]).toEqual(['integer', 4]);
    await dataSource.query('CREATE TABLE own (id INTEGER PRIMARY KEY, open VARCHAR(9) DEFAULT NULL)');
    expect(Object.keys(kinds(await relation('own')))).toEqual(['id', 'open']);
  });

  it('is nothing for views and for names nobody knows', async () => {
    await dataSource.query('CREATE VIEW seen AS SELECT id FROM item');
    await dataSource.query('CREATE VIEW fixed AS SELECT 1 AS one');
    expect((await relation('seen')).columns).toBeUndefined();
    expect((await relation('fixed')).columns).toBeUndefined();
    expect((await relation('nothing')).columns).toBeUndefined();
  });

  it('is how they are spelled where an UPDATE can be asked for them', async () => {
    const { returning } = await relation('item');
    if (!database.tellsChangedRows) expect(returning).toBeUndefined();
    else {
      expect(returning).toContainEqual({ name: 'isopen', spelled: 'isOpen' });
      expect(returning).toContainEqual({ name: 'price', spelled: 'price' });
    }
  });

  if (database.family === 'sqlite') {
    it('is nothing to be asked for where the name means a temporary table on some connection', async () => {
      await dataSource.query('CREATE TEMPORARY TABLE item (other text)');
      expect((await relation('item')).returning).toBeUndefined();
    });
  }

  describe('and of its foreign keys', () => {
    const keysOf = ({ foreignKeys = [] }: Relation) =>
      foreignKeys
        .map(({ columns, to, toColumns, isEnforced }) => [...columns, to.name, ...toColumns, isEnforced])
        .sort(([one], [other]) => String(one).localeCompare(String(other)));

    it('tells which ones the database enforces', async () => {
      expect(keysOf(await relation('item'))).toEqual([
        ['makercode', 'maker', 'code', true],
        ['markid', 'mark', 'id', true],
      ]);
      expect(keysOf(await relation('item_marks'))).toEqual([
        ['itemid', 'item', 'id', true],
        ['markid', 'mark', 'id', true],
      ]);
      const key = (await relation('item_marks')).foreignKeys!.find(({ to }) => to.name === 'item')!;
      expect(key.to).toEqual((await relation('item')).id);
    });

    it('believes no metadata of keys that the database lacks', async () => {
      const runner = dataSource.createQueryRunner();
      const table = await runner.getTable('item');
      await runner.dropForeignKey(
        table!,
        table!.foreignKeys.find(({ columnNames }) => columnNames.includes('markId'))!,
      );
      await runner.release();
      expect(keysOf(await relation('item'))).toEqual([
        ['makercode', 'maker', 'code', true],
        ['markid', 'mark', 'id', false],
      ]);
    });

    it('takes none for enforced that refers to another unique column', async () => {
      await dataSource.query(
        'CREATE TABLE own (id INTEGER PRIMARY KEY, maker VARCHAR(40), FOREIGN KEY (maker) REFERENCES maker (name))',
      );
      expect(keysOf(await relation('own'))).toEqual([['maker', 'maker', 'name', false]]);
    });

    it('takes none for enforced that may be broken until the transaction ends, and another row found under it', async () => {
      if (database.family === 'mysql') return;
      await dataSource.query(
        'CREATE TABLE own (id INTEGER PRIMARY KEY, maker VARCHAR(40), FOREIGN KEY (maker) REFERENCES maker (code) DEFERRABLE)',
      );
      expect(keysOf(await relation('own'))).toEqual([['maker', 'maker', 'code', false]]);
    });
  });
});

const opened = (dataSource: DataSource) => async (name: string, schema?: string) => {
  const source = heardDataSource(dataSource);
  source.forgetCatalogue();
  await source.readCatalogue((sql) => dataSource.query(sql));
  return source.schema.relation({ name, schema });
};

const kindsOf = ({ columns = [] }: Relation) => columns.map(({ kind }) => kind);

describeDatabases(
  'types that compare by rules of their own',
  (database) => {
    it('are told from those that are compared as they are written', async () => {
      const dataSource = await openDataSource(database, [Maker]);
      await dataSource.query(`CREATE TYPE mood AS ENUM ('a', 'b')`);
      await dataSource.query(`CREATE DOMAIN word AS text DEFAULT 'x'`);
      await dataSource.query(
        `CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false)`,
      );
      await dataSource.query(
        `CREATE TABLE own (a mood, b char(4), c "char", d text[], e word, f text COLLATE loose, g text COLLATE "C", h uuid,
          i int GENERATED BY DEFAULT AS IDENTITY, j serial, k timestamptz DEFAULT now())`,
      );
      const own = await opened(dataSource)('own');
      expect(kindsOf(own)).toEqual([
        'text',
        'text',
        'other',
        'other',
        'other',
        'other',
        'text',
        'uuid',
        'integer',
        'integer',
        'other',
      ]);
      expect([...own.defaults.keys()]).toEqual(['a', 'b', 'c', 'd', 'f', 'g', 'h']);
    });

    it('are nowhere when a name may mean two tables, or a column two of one table', async () => {
      const dataSource = await openDataSource(database, [Maker]);
      await dataSource.query('CREATE SCHEMA other');
      await dataSource.query('CREATE TABLE other.own (id int, maker varchar(20) REFERENCES maker)');
      const relation = opened(dataSource);
      expect(kindsOf(await relation('own'))).toEqual(['integer', 'text']);
      await dataSource.query('CREATE TABLE own (id int, maker varchar(20) REFERENCES maker)');
      expect((await relation('own')).columns).toBeUndefined();
      const one = await relation('own', 'other');
      expect(kindsOf(one)).toEqual(['integer', 'text']);
      expect(one.foreignKeys!.map(({ isEnforced }) => isEnforced)).toEqual([false]);
      await dataSource.query('CREATE TABLE twice ("Id" int, id int)');
      expect((await relation('twice')).columns).toBeUndefined();
    });

    it('and keys that are not kept by all rows are told from those that are', async () => {
      const dataSource = await openDataSource(database, [Maker]);
      await dataSource.query('CREATE TABLE whole (maker varchar(20) REFERENCES maker)');
      await dataSource.query('CREATE TABLE own (maker varchar(20))');
      await dataSource.query('ALTER TABLE own ADD FOREIGN KEY (maker) REFERENCES maker NOT VALID');
      const relation = opened(dataSource);
      const enforced = async (name: string) => (await relation(name)).foreignKeys!.map(({ isEnforced }) => isEnforced);
      expect([await enforced('whole'), await enforced('own')]).toEqual([[true], [false]]);
      await dataSource.query('CREATE TABLE part () INHERITS (whole)');
      expect(await enforced('whole')).toEqual([false]);
      await dataSource.query('DROP TABLE part');
      expect(await enforced('whole')).toEqual([true]);
      await dataSource.query('ALTER TABLE maker ENABLE ROW LEVEL SECURITY');
      expect(await enforced('whole')).toEqual([false]);
    });

    it('and a materialized view has columns of its own', async () => {
      const dataSource = await openDataSource(database, [Maker]);
      await dataSource.query('CREATE MATERIALIZED VIEW kept AS SELECT code FROM maker');
      expect(kindsOf(await opened(dataSource)('kept'))).toEqual(['text']);
    });
  },
  { only: ({ family }) => family === 'postgres' },
);

describeDatabases(
  'columns that change what they are given',
  (database) => {
    it('are told from those that are compared as they are written', async () => {
      const dataSource = await openDataSource(database, [Maker]);
      await dataSource.query(
        `CREATE TABLE own (a ENUM ('x', 'y') NOT NULL, b CHAR(3) DEFAULT 'it''s', c VARCHAR(9) COLLATE utf8mb4_lithuanian_ci,
          d VARCHAR(9) COLLATE utf8mb4_bin DEFAULT 'NULL', e TINYINT(1) DEFAULT 1, f YEAR, g BIT(1), h INT AUTO_INCREMENT PRIMARY KEY,
          i DATETIME DEFAULT now(), j INT NOT NULL, k VARCHAR(9) CHARACTER SET macce NOT NULL)`.replace(
          "'it''s'",
          "'a''b'",
        ),
      );
      const own = await opened(dataSource)('own');
      expect(kindsOf(own)).toEqual([
        'other',
        'ascii-text',
        'other',
        'ascii-text',
        'integer',
        'other',
        'other',
        'integer',
        'other',
        'integer',
        'other',
      ]);
      expect(own.columns![1].maxLength).toBe(3);
      expect(own.columns![4].maxValue).toBe(127);
      expect([...own.defaults]).toEqual([
        ['b', "a'b"],
        ['c', null],
        ['d', 'NULL'],
        ['e', 1],
        ['f', null],
        ['g', null],
      ]);
      expect(own.replacesNull).toEqual(['a', 'h', 'j', 'k']);
    });
  },
  { only: ({ family }) => family === 'mysql' },
);

describeDatabases(
  'columns by the names of their types',
  (database) => {
    it('are numbers where texts that look like one become numbers', async () => {
      const dataSource = await openDataSource(database, [Maker]);
      await dataSource.query(
        `CREATE TABLE own (id INTEGER PRIMARY KEY, a STRING, b VARCHAR(9) DEFAULT 'it''s', c, d TEXT DEFAULT "x", e INT NOT NULL DEFAULT +3)`,
      );
      const own = await opened(dataSource)('own');
      expect(kindsOf(own)).toEqual(['integer', 'other', 'text', 'other', 'text', 'integer']);
      expect([...own.defaults]).toEqual([
        ['a', null],
        ['b', "it's"],
        ['c', null],
        ['e', 3],
      ]);
    });

    it('and no key is enforced while the connection does not look at keys', async () => {
      const dataSource = await openDataSource(database, [Maker, Mark, Item]);
      const relation = opened(dataSource);
      const enforced = async () => (await relation('item')).foreignKeys!.map(({ isEnforced }) => isEnforced);
      expect(await enforced()).toEqual([true, true]);
      await dataSource.query('PRAGMA foreign_keys = OFF');
      expect(await enforced()).toEqual([false, false]);
    });
  },
  { only: ({ family }) => family === 'sqlite' },
);

describe('a default', () => {
  it.each([
    ["'x'::character varying", 'x'],
    [`'a'::public."Item_kind_enum"`, 'a'],
    ["'it''s'", "it's"],
    ["'-1'::integer", '-1'],
    ['(-1)', -1],
    ['+7', 7],
    ['NULL::character varying', null],
    ['TRUE', true],
    ["''", ''],
  ])('of %s is a constant', (sql, value) => {
    expect(constantDefault(sql)).toEqual({ value });
  });

  it.each([
    ['now()'],
    ['CURRENT_TIMESTAMP'],
    ["nextval('item_id_seq'::regclass)"],
    ["('a'::text || CURRENT_USER)"],
    ["'a'::text || 'b'::text"],
    ["'abc'::character(2)"],
    ["E'\\\\x'"],
    ["'\\\\x'"],
    ['"x"'],
    ["x'00'"],
    ['9007199254740993'],
    ['(1 + 1)'],
  ])('of %s is not known', (sql) => {
    expect(constantDefault(sql)).toBeUndefined();
  });
});
