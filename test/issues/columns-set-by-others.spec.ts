import { expect, it } from '@jest/globals';
import {
  Column,
  Entity,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  ViewColumn,
  ViewEntity,
  type EntityManager,
} from 'typeorm';
import { describeDatabases, type TestDatabase } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Ware {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ length: 20 }) title!: string;
  @Column({ length: 20, default: '' }) slug!: string;
  @Column({ default: 1 }) price!: number;
  @Column({ asExpression: 'price * 2', generatedType: 'STORED', insert: false, update: false }) twice!: number;
}

@ViewEntity({ expression: 'SELECT id, title, price FROM ware' })
class Shown {
  @ViewColumn() id!: number;
  @ViewColumn() title!: string;
  @ViewColumn() price!: number;
}

@Entity()
class Drawer {
  @PrimaryColumn() id!: number;
  @Column() ware!: number;
}

const by = (where: Partial<Ware>) => (manager: EntityManager) => manager.find(Ware, { where, order: { id: 'ASC' } });

/** What each of them says of a row depends on columns that no statement below sets. */
const reads = {
  'slug a': by({ slug: 'a' }),
  'slug b': by({ slug: 'b' }),
  'twice 2': by({ twice: 2 }),
  'twice 18': by({ twice: 18 }),
  'count of b': (manager: EntityManager) => manager.countBy(Ware, { slug: 'b' }),
  'count of 18': (manager: EntityManager) => manager.countBy(Ware, { twice: 18 }),
  'a view beside its table': (manager: EntityManager) =>
    manager.query('SELECT w.slug, s.price FROM ware w JOIN shown s ON s.id = w.id WHERE w.id = 1'),
  'a view beside another table': (manager: EntityManager) =>
    manager.query('SELECT d.id, s.title FROM drawer d JOIN shown s ON s.id = d.ware WHERE d.id = 1'),
};

const triggersOf: Readonly<Record<TestDatabase['family'], readonly string[]>> = {
  postgres: [
    'CREATE FUNCTION name_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.slug := lower(NEW.title); RETURN NEW; END $$',
    'CREATE TRIGGER named BEFORE INSERT OR UPDATE ON ware FOR EACH ROW EXECUTE FUNCTION name_it()',
  ],
  mysql: [
    'CREATE TRIGGER named_new BEFORE INSERT ON ware FOR EACH ROW SET NEW.slug = LOWER(NEW.title)',
    'CREATE TRIGGER named BEFORE UPDATE ON ware FOR EACH ROW SET NEW.slug = LOWER(NEW.title)',
  ],
  sqlite: [
    'CREATE TRIGGER named_new AFTER INSERT ON ware BEGIN UPDATE ware SET slug = lower(NEW.title) WHERE id = NEW.id; END',
    'CREATE TRIGGER named AFTER UPDATE OF title ON ware BEGIN UPDATE ware SET slug = lower(NEW.title) WHERE id = NEW.id; END',
  ],
};

describeDatabases('Columns that the database sets with those that a statement sets', (database) => {
  const open = async (triggers: readonly string[]): Promise<CachedReads> => {
    const cached = await CachedReads.open(database, [Ware, Shown, Drawer], reads);
    for (const text of triggers) await cached.dataSource.query(text);
    await cached.dataSource.manager.insert(Ware, { title: 'A', slug: 'a' });
    await cached.dataSource.manager.insert(Drawer, { id: 1, ware: 1 });
    await cached.fill();
    return cached;
  };

  const writes: Readonly<Record<string, (manager: EntityManager) => Promise<unknown>>> = {
    'update() of an id': (manager) => manager.update(Ware, 1, { title: 'B', price: 9 }),
    'update() of others': (manager) => manager.update(Ware, { title: 'A' }, { title: 'B', price: 9 }),
    'insert()': (manager) => manager.insert(Ware, { title: 'B', price: 9 }),
    'save()': (manager) => manager.save(Ware, { id: 1, title: 'B', price: 9 }),
    'upsert()': (manager) => manager.upsert(Ware, { id: 1, title: 'B', price: 9 }, ['id']),
    'delete()': (manager) => manager.delete(Ware, { title: 'A' }),
  };

  it.each(Object.keys(writes))('are heard with %s, computed', async (name) => {
    const cached = await open([]);
    await writes[name](cached.dataSource.manager);
    expect(await cached.wrong()).toEqual([]);
  });

  it.each(Object.keys(writes))('are heard with %s, set by a trigger', async (name) => {
    const cached = await open(triggersOf[database.family]);
    await writes[name](cached.dataSource.manager);
    expect(await cached.wrong()).toEqual([]);
  });

  if (database.family === 'sqlite') return;

  it('are heard when the row is written through a view', async () => {
    const cached = await open([]);
    await cached.dataSource.query(`UPDATE shown SET price = 9 WHERE id = 1`);
    expect(await cached.wrong()).toEqual([]);
    expect(await cached.dataSource.manager.countBy(Ware, { twice: 18 })).toBe(1);
  });
});
