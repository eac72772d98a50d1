import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Any,
  Between,
  DataSource,
  EntitySchema,
  In,
  IsNull,
  Like,
  Not,
  type ObjectLiteral,
  type QueryRunner,
} from 'typeorm';
import { line, only, rows, told } from './told.js';

const Author = new EntitySchema<ObjectLiteral>({
  name: 'Author',
  tableName: 'author',
  columns: {
    id: { type: Number, primary: true, generated: true },
    name: { type: String },
    age: { type: Number, nullable: true },
    createdAt: { type: Date, createDate: true },
    updatedAt: { type: Date, updateDate: true },
    deletedAt: { type: Date, deleteDate: true, nullable: true },
  },
  relations: { books: { type: 'one-to-many', target: 'Book', inverseSide: 'author', cascade: true } },
});
const Book = new EntitySchema<ObjectLiteral>({
  name: 'Book',
  tableName: 'book',
  columns: { id: { type: Number, primary: true, generated: true }, title: { type: String } },
  relations: {
    author: { type: 'many-to-one', target: 'Author', inverseSide: 'books' },
    tags: { type: 'many-to-many', target: 'Tag', joinTable: true, cascade: true },
  },
});
const Tag = new EntitySchema<ObjectLiteral>({
  name: 'Tag',
  tableName: 'tag',
  columns: { id: { type: Number, primary: true, generated: true }, name: { type: String, unique: true } },
});
const Pair = new EntitySchema<ObjectLiteral>({
  name: 'Pair',
  tableName: 'pair',
  columns: {
    a: { type: Number, primary: true },
    b: { type: Number, primary: true },
    v: { type: String, nullable: true },
  },
});
const entities = [Author, Book, Tag, Pair];

describe('what TypeORM sends to SQLite', () => {
  const sent: string[] = [];
  let dataSource: DataSource;

  beforeAll(async () => {
    dataSource = new DataSource({ type: 'sqljs', entities, synchronize: true });
    await dataSource.initialize();
    // SQLite has one runner, so hearing it is hearing everything.
    const runner: QueryRunner = dataSource.createQueryRunner();
    const query = runner.query.bind(runner);
    Object.assign(runner, {
      query: (sql: string, ...rest: unknown[]) => {
        sent.push(sql);
        return Reflect.apply(query, undefined, [sql, ...rest]) as unknown;
      },
    });
  });

  afterAll(async () => {
    await dataSource.destroy();
  });

  async function heard(act: (source: DataSource) => Promise<unknown>): Promise<string[]> {
    sent.length = 0;
    await act(dataSource);
    return sent.flatMap((sql) => {
      const statement = only(sql, 'sqlite');
      return statement.transaction === undefined ? [line(statement)] : [statement.transaction.control];
    });
  }

  it('is told for a cascaded save', async () => {
    const save = await heard((source) =>
      source.getRepository(Author).save({ name: 'x', books: [{ title: 't', tags: [{ name: 'g' }] }] }),
    );
    expect(save).toEqual([
      'begin',
      'insert author',
      'reads author{id=1}',
      'insert book',
      'insert tag',
      'insert book_tags_tag',
      'commit',
    ]);
    expect(rows(only(sent.find((sql) => sql.includes('"book_tags_tag"')) as string, 'sqlite'))).toBe('(1, 1)');
  });

  it('is told for reads by primary key, with their pins', async () => {
    expect(await heard((source) => source.getRepository(Author).findOneBy({ id: 1 }))).toEqual(['reads author{id=1}']);
    expect(await heard((source) => source.getRepository(Author).findBy({ id: In([1, 2]), name: Like('x%') }))).toEqual([
      'reads author{id=1,2}',
    ]);
    expect(await heard((source) => source.getRepository(Author).find({ where: [{ id: 1 }, { id: 2 }] }))).toEqual([
      'reads author{id=1,2}',
    ]);
    expect(await heard((source) => source.getRepository(Pair).findBy({ a: 1, b: 2 }))).toEqual(['reads pair{a=1 b=2}']);
    expect(
      await heard((source) => source.getRepository(Author).findOne({ where: { id: 1 }, withDeleted: true })),
    ).toEqual(['reads author{id=1}']);
  });

  it('is told for relations, pages and counts', async () => {
    const joined = 'reads author{id=1}, reads book, reads book_tags_tag, reads tag';
    expect(
      await heard((source) =>
        source.getRepository(Author).findOne({ where: { id: 1 }, relations: { books: { tags: true } } }),
      ),
    ).toEqual([joined, 'reads author{id=1 id=1}, reads book, reads book_tags_tag, reads tag']);
    expect(
      await heard((source) =>
        source.getRepository(Author).count({ where: { age: Between(1, 2), name: Not(IsNull()) } }),
      ),
    ).toEqual(['reads author']);
    expect(await heard((source) => source.getRepository(Author).exists({ where: { id: 1 } }))).toEqual([
      'reads author{id=1}',
    ]);
    expect(
      await heard((source) => source.createQueryBuilder().relation(Author, 'books').of(1).loadMany()),
    ).toHaveLength(1);
  });

  it('is told for every kind of write', async () => {
    const authors = (source: DataSource) => source.getRepository(Author);
    expect(await heard((source) => authors(source).update(1, { name: 'z' }))).toEqual(['update author{id=1}']);
    expect(await heard((source) => authors(source).update({ name: 'q' }, { age: () => 'age + 1' }))).toEqual([
      'update author{name=$0}',
    ]);
    expect(await heard((source) => authors(source).increment({ id: 1 }, 'age', 1))).toEqual(['update author{id=1}']);
    expect(await heard((source) => authors(source).softDelete([1, 2]))).toEqual(['update author{id=1,2}']);
    expect(await heard((source) => authors(source).restore(1))).toEqual(['update author{id=1}']);
    expect(await heard((source) => source.getRepository(Tag).upsert([{ name: 'u' }], ['name']))).toEqual([
      'upsert tag',
    ]);
    expect(
      await heard((source) =>
        source
          .createQueryBuilder()
          .insert()
          .into(Tag)
          .values([{ name: 'k' }])
          .orIgnore()
          .execute(),
      ),
    ).toEqual(['upsert tag']);
    expect(await heard((source) => source.getRepository(Book).delete({ title: 'none' }))).toEqual([
      'delete book{title=$0}',
    ]);
    expect(
      await heard((source) =>
        source.getRepository(Pair).delete([
          { a: 1, b: 2 },
          { a: 2, b: 3 },
        ]),
      ),
    ).toEqual(['delete pair']);
    expect(await heard((source) => source.getRepository(Pair).clear())).toEqual(['delete pair']);
  });

  it('is told for nested transactions', async () => {
    expect(
      await heard((source) =>
        source.transaction((outer) => outer.transaction((inner) => inner.save(Tag, { name: 'n' }))),
      ),
    ).toEqual(['begin', 'savepoint', 'insert tag', 'release-savepoint', 'commit']);
  });
});

describe('what TypeORM makes for PostgreSQL', () => {
  let dataSource: DataSource;

  beforeAll(async () => {
    // Only the text is made; nothing is connected.
    dataSource = new DataSource({ type: 'postgres', entities });
    await (dataSource as unknown as { buildMetadatas(): Promise<void> }).buildMetadatas();
  });

  const text = (builder: { getQueryAndParameters(): [string, unknown[]] }): string =>
    told(builder.getQueryAndParameters()[0], 'postgres');

  it('is told for reads', () => {
    const builder = () => dataSource.getRepository(Author).createQueryBuilder('a');
    expect(
      text(
        builder()
          .where({ id: In([1, 2]) })
          .andWhere('a.name = :n', { n: 'x' }),
      ),
    ).toBe('reads author{id=$0,$1 name=$2}');
    expect(text(builder().setFindOptions({ where: { id: Any([1]), age: Between(1, 2) } }))).toBe(
      'reads author{id=$0[]}',
    );
    expect(text(builder().innerJoin('a.books', 'b', 'b.title = :t', { t: 'x' }).where('a.id = 5'))).toBe(
      'reads author{id=5}, reads book{title=$0}',
    );
    expect(text(builder().leftJoin('a.books', 'b', 'b.title = :t', { t: 'x' }))).toBe('reads author, reads book');
    expect(only(builder().setLock('pessimistic_write').getQuery(), 'postgres').uncacheable).toBe('FOR UPDATE');
    const cte = dataSource
      .createQueryBuilder()
      .addCommonTableExpression('SELECT "id" FROM "tag"', 'author')
      .select('*')
      .from('author', 'x');
    expect(text(cte)).toBe('reads tag');
  });

  it('is told for writes, with rows and what they return', () => {
    const insert = dataSource
      .createQueryBuilder()
      .insert()
      .into(Author)
      .values([{ name: 'a' }, { name: 'b' }])
      .returning(['id']);
    const statement = only(insert.getQueryAndParameters()[0], 'postgres');
    expect(rows(statement)).toBe('($0, DEFAULT, DEFAULT, DEFAULT, DEFAULT) ($1, DEFAULT, DEFAULT, DEFAULT, DEFAULT)');
    expect(statement.writes[0]).toMatchObject({
      kind: 'insert',
      columns: ['name', 'age', 'createdat', 'updatedat', 'deletedat'],
      returning: ['id'],
    });
    expect(
      text(dataSource.createQueryBuilder().insert().into(Tag).values({ name: 'a' }).orUpdate(['name'], ['name'])),
    ).toBe('upsert tag');
    expect(text(dataSource.createQueryBuilder().update(Author).set({ name: 'x' }).where({ id: 1 }))).toBe(
      'update author{id=$1}',
    );
    expect(
      text(
        dataSource
          .createQueryBuilder()
          .delete()
          .from(Author)
          .where('id IN (:...ids)', { ids: [1, 2] }),
      ),
    ).toBe('delete author{id=$0,$1}');
    expect(text(dataSource.createQueryBuilder().softDelete().from(Author).whereInIds([1, 2]))).toBe(
      'update author{id=$0,$1}',
    );
  });
});
