import { describe, expect, it } from '@jest/globals';
import { MAX_READ_ROWS } from '../../lib/tags/reading.js';
import { planRead } from '../../lib/tags/select-plan.js';
import type { Equality, SelectShape, SourceShape } from '../../lib/tags/select-shape.js';
import type { TableInfo } from '../../lib/tags/table-info.js';
import { tableTag } from '../../lib/tags/table-tags.js';
import type { Tag } from '../../lib/tags/tag.js';

const integer = (name: string, isUnique?: boolean) => ({ name, kind: 'integer', isUnique }) as const;

const author: TableInfo = {
  id: { database: 'db', name: 'author' },
  key: [integer('id')],
  columns: [integer('id'), { name: 'name', kind: 'text' }],
};

const book: TableInfo = {
  id: { database: 'db', name: 'book' },
  key: [integer('id')],
  columns: [
    integer('id'),
    { name: 'title', kind: 'text' },
    integer('isbn', true),
    integer('author_id'),
    integer('stars'),
    { name: 'price', kind: 'other' },
    { name: 'deleted_at', kind: 'other' },
  ],
  foreignKeys: [{ columns: ['author_id'], to: author.id, toColumns: ['id'], isEnforced: false }],
};

const enforced: TableInfo = { ...book, foreignKeys: book.foreignKeys!.map((key) => ({ ...key, isEnforced: true })) };

const outputsOf = (table: TableInfo, alias: string) =>
  new Map(table.columns!.map(({ name }) => [name, `${alias}_${name}`]));

const source = (table: TableInfo, alias: string, more: Partial<SourceShape> = {}): SourceShape => ({
  join: 'first',
  on: [],
  isPlainJoin: true,
  used: [],
  isMentioned: false,
  read: table.columns!.map(({ name }) => name),
  outputs: outputsOf(table, alias),
  ...more,
});

/** Constants of these tests are their own values. */
const equals = (column: string, ...values: unknown[]): Equality<unknown> => ({ source: 0, column, values });

const selectOf = (more: Partial<SelectShape<unknown>> = {}): SelectShape<unknown> => ({
  sources: [source(book, 'b')],
  disjuncts: [[]],
  hasOffset: false,
  isRowwise: true,
  ...more,
});

/** The nodes, as people write them: below the table `book`, `:1` is a row and `=title/x` a value. */
const dependenciesOf = (shape: SelectShape<unknown>, rows: unknown[] | undefined, tables: TableInfo[] = [book]) => {
  const tags: string[] = [];
  planRead(shape, tables).dependencies(
    (value) => [value],
    rows,
    (tag) => void tags.push(tag.replace('db\u001f', '').replace('\u001f~\u001f', ' ').replaceAll('\u001f', '/')),
  );
  return tags.sort();
};

describe('a list', () => {
  it('limited by equality depends on what could come into it, and on its rows', () => {
    const shape = selectOf({ disjuncts: [[equals('stars', 5), equals('author_id', 7)]] });
    expect(dependenciesOf(shape, [{ b_id: 1 }, { b_id: '2' }])).toEqual([
      'book =author_id/7/?author_id/7',
      'book =author_id/7/?stars/5',
      'book ?author_id/7',
      'book ?stars/5',
      'book/:/1',
      'book/:/2',
    ]);
  });

  it('prefers the column that leaves the fewest rows', () => {
    const of = (...columns: string[]) =>
      dependenciesOf(selectOf({ disjuncts: [columns.map((column) => equals(column, 1))] }), []).filter((tag) =>
        tag.includes('='),
      );
    expect(of('isbn')).toEqual(['book =isbn/1', 'book =isbn/1/?isbn/1']);
    expect(of('stars', 'author_id', 'isbn')).toEqual(
      ['author_id', 'isbn', 'stars'].map((column) => `book =isbn/1/?${column}/1`),
    );
    expect(of('stars', 'author_id')).toEqual(['author_id', 'stars'].map((column) => `book =author_id/1/?${column}/1`));
  });

  it('hears of new rows by one column alone where pairs are too many', () => {
    const numbers = Array.from({ length: 11 }, (_, i) => i);
    const shape = selectOf({ disjuncts: [[equals('stars', ...numbers), equals('author_id', ...numbers)]] });
    const heard = dependenciesOf(shape, []);
    for (const number of numbers) expect(heard).toContain(`book =author_id/${number}`);
    expect(heard).toContain('book #stars');
    expect(heard.filter((tag) => tag.includes('?stars'))).toEqual([]);
  });

  it('that looks for NULL asks for it last, and finds it in columns whose values are never compared', () => {
    const isNull: Equality<unknown> = { source: 0, column: 'deleted_at', values: [], isNull: true };
    expect(dependenciesOf(selectOf({ disjuncts: [[isNull]] }), [])).toEqual([
      'book =deleted_at',
      'book =deleted_at//?deleted_at',
      'book ?deleted_at',
    ]);
    expect(dependenciesOf(selectOf({ disjuncts: [[isNull, equals('stars', 1)]] }), [])).toEqual([
      'book =stars/1/?deleted_at',
      'book =stars/1/?stars/1',
      'book ?deleted_at',
      'book ?stars/1',
    ]);
  });

  it('of everything hears of new rows, and of columns it is ordered by', () => {
    const shape = selectOf({ sources: [source(book, 'b', { used: ['title'], isMentioned: true })] });
    expect(dependenciesOf(shape, [{ b_id: 1 }])).toEqual(['book #title', 'book +', 'book/:/1']);
  });

  it('compared with what cannot be named hears of every change of that column', () => {
    for (const [column, value] of [
      ['price', 1.5],
      ['stars', '1abc'],
      ['stars', undefined],
      ['title', 'x'.repeat(200)],
    ] as const) {
      expect(dependenciesOf(selectOf({ disjuncts: [[equals(column, value)]] }), [])).toEqual([
        `book #${column}`,
        'book +',
      ]);
    }
  });

  it('with very many rows, or rows without a name, hears of every change of a row', () => {
    const rows = (count: number) => Array.from({ length: count }, (_, id) => ({ b_id: id }));
    expect(dependenciesOf(selectOf(), rows(MAX_READ_ROWS))).toHaveLength(MAX_READ_ROWS + 1);
    expect(dependenciesOf(selectOf(), rows(MAX_READ_ROWS + 1))).toEqual(['book *', 'book +']);
    expect(dependenciesOf(selectOf(), [{ b_id: {} }])).toEqual(['book *', 'book +']);
  });

  it('finds the ids of rows that are selected as they are under the name the driver gives them', () => {
    const shape = selectOf({ sources: [source(book, 'b', { outputs: '*' })] });
    expect(dependenciesOf(shape, [{ ID: 3, title: '' }])).toEqual(['book +', 'book/:/3']);
    expect(dependenciesOf(shape, [{ ID: 3, id: 4 }])).toEqual(['book *', 'book +']);
  });
});

describe('a row by its primary key', () => {
  it('is one node, whether there is such a row or not, and whatever is made of it', () => {
    for (const isRowwise of [true, false]) {
      const shape = selectOf({ isRowwise, hasOffset: true, disjuncts: [[equals('id', 1), equals('stars', 2)]] });
      expect(dependenciesOf(shape, [])).toEqual(['book/:/1']);
    }
  });

  it('beside other conditions adds to what those depend on', () => {
    const shape = selectOf({ disjuncts: [[equals('id', 1)], [equals('stars', 2)]] });
    expect(dependenciesOf(shape, [])).toEqual(['book =stars/2', 'book =stars/2/?stars/2', 'book ?stars/2', 'book/:/1']);
  });
});

describe('a number made from rows that nobody sees', () => {
  it('hears of all that it reads, and of rows that go', () => {
    const sources = [source(book, 'b', { read: ['stars'], outputs: new Map() })];
    const shape = selectOf({ isRowwise: false, sources, disjuncts: [[equals('stars', 5)]] });
    expect(dependenciesOf(shape, [{ count: 3 }])).toEqual([
      'book !',
      'book !stars',
      'book #stars',
      'book -stars/5',
      'book =stars/5',
    ]);
  });

  it('is what any answer is of which the rows are not known', () => {
    const sources = [source(book, 'b', { read: ['stars'] })];
    const shape = selectOf({ sources, disjuncts: [[equals('stars', 5)]] });
    expect(dependenciesOf(shape, undefined)).toEqual([
      'book !',
      'book !stars',
      'book #stars',
      'book -stars/5',
      'book =stars/5',
    ]);
  });
});

describe('a join', () => {
  const toAuthor = { on: [{ column: 'id', source: 0, otherColumn: 'author_id' }] };
  const rows = [{ b_id: 1, b_author_id: 7, a_id: null }];

  it('of what rows refer to depends on those rows, found or not', () => {
    const shape = selectOf({
      sources: [source(book, 'b'), source(author, 'a', { join: 'left', ...toAuthor })],
      disjuncts: [[equals('id', 1)]],
    });
    expect(dependenciesOf(shape, rows, [book, author])).toEqual(['author/:/7', 'book/:/1']);
  });

  it('that drops rows without a partner hears of partners that come, unless the database lets none be missing', () => {
    const shape = selectOf({
      sources: [source(book, 'b'), source(author, 'a', { join: 'inner', ...toAuthor })],
      disjuncts: [[equals('stars', 1)]],
    });
    const found = [{ b_id: 1, b_author_id: 7, a_id: 7 }];
    expect(dependenciesOf(shape, found, [book, author])).toEqual(
      expect.arrayContaining([
        'author #id',
        'author +',
        'author/:/7',
        'book !author_id',
        'book =stars/1/#author_id',
        'book/:/1',
      ]),
    );
    expect(dependenciesOf(shape, found, [enforced, author]).filter((tag) => tag.startsWith('author'))).toEqual([
      'author/:/7',
    ]);
  });

  it('of a list hears of rows that come to the parents in the answer, and to no others', () => {
    const shape = selectOf({
      sources: [
        source(author, 'a'),
        source(book, 'b', { join: 'left', on: [{ column: 'author_id', source: 0, otherColumn: 'id' }] }),
      ],
      disjuncts: [[equals('name', 'Ann')]],
    });
    expect(dependenciesOf(shape, [{ a_id: 7, b_id: 1 }], [author, book])).toEqual([
      'author =name/ann',
      'author =name/ann/?name/ann',
      'author ?name/ann',
      'author/:/7',
      'book =author_id/7',
      'book =author_id/7/?author_id/7',
      'book ?author_id/7',
      'book/:/1',
    ]);
  });

  it('to a constant limits the joined table as if it had been named there', () => {
    const shape = selectOf({
      sources: [
        source(author, 'a'),
        source(book, 'b', { join: 'inner', on: [{ column: 'author_id', source: 0, otherColumn: 'id' }] }),
      ],
      disjuncts: [[equals('id', 7)]],
    });
    expect(dependenciesOf(shape, [{ a_id: 7, b_id: 1 }], [author, book])).toEqual([
      'author/:/7',
      'book =author_id/7',
      'book =author_id/7/?author_id/7',
      'book ?author_id/7',
      'book/:/1',
    ]);
  });
});

describe('what is not known well enough depends on the table', () => {
  const tagsOf = (shape: SelectShape<unknown>, table: TableInfo) => {
    const tags: Tag[] = [];
    planRead(shape, [table]).dependencies(
      (value) => [value],
      [],
      (tag) => void tags.push(tag),
    );
    return tags;
  };

  it.each([
    ['columns that are not known', selectOf(), { ...book, columns: undefined }],
    ['any column', selectOf({ sources: [source(book, 'b', { used: '*' })] }), book],
    ['a column that no entity has', selectOf({ sources: [source(book, 'b', { used: ['ctid'] })] }), book],
    ['a condition on such a column', selectOf({ disjuncts: [[equals('xmin', 1)]] }), book],
  ])('%s', (_, shape, table) => {
    expect(tagsOf(shape, table)).toEqual([tableTag(book.id)]);
  });
});
