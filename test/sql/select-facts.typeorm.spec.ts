import { describe, expect, it } from '@jest/globals';
import { Between, DataSource, type DataSourceOptions, In, IsNull, LessThan, Like, MoreThan, Not } from 'typeorm';
import type { Dialect } from '../../lib/sql/statement.js';
import { Author, Book, Disc, library, Loan, Shelf, Subject } from './library.entities.js';
import { toldFacts } from './told-facts.js';

/** A DataSource whose statements are heard and answered with one row; nothing is connected. */
class UnconnectedDatabase {
  readonly sent: string[] = [];
  readonly dataSource: DataSource;

  constructor(type: 'postgres' | 'mysql' | 'sqljs') {
    this.dataSource = new DataSource({ type, database: 'x', entities: library } as unknown as DataSourceOptions);
    const row = new Proxy<Record<string, unknown>>({}, { get: () => 7 });
    Object.assign(this.dataSource, {
      createQueryRunner: () => ({
        query: (sql: string, _parameters: unknown, isStructured?: boolean) => {
          this.sent.push(sql);
          return Promise.resolve(isStructured === true ? { records: [row], raw: [row] } : [row]);
        },
        release: () => Promise.resolve(),
        data: {},
        broadcaster: { broadcast: () => Promise.resolve() },
        connection: this.dataSource,
        manager: this.dataSource.manager,
      }),
    });
  }

  /** TypeORM builds its metadata while it connects, which never happens here. */
  isBuilt(): Promise<void> {
    return (this.dataSource as unknown as { buildMetadatas(): Promise<void> }).buildMetadatas();
  }
}

type Act = (source: DataSource) => Promise<unknown>;
const authors = (source: DataSource) => source.getRepository(Author);
const books = (source: DataSource) => source.getRepository(Book);

/** What is asked, and what the facts of each statement are on PostgreSQL; `…` stands for constants, which other dialects inline. */
const shapes: readonly (readonly [string, Act, readonly (readonly string[])[]])[] = [
  [
    'by primary key, without the deleted ones',
    (s) => authors(s).findOneBy({ id: 1 }),
    [
      [
        'author reads addresscity,age,deletedat,id,name gives id:Author_id,name:Author_name,age:Author_age,deletedat:Author_deletedAt,addresscity:Author_addressCity',
        '{0.id=… & 0.deletedat is null} rows limited',
      ],
    ],
  ],
  [
    'by alternatives, sorted and limited',
    (s) =>
      authors(s).find({ where: [{ name: 'x', age: In([1, 2]) }, { age: IsNull() }], order: { name: 'ASC' }, take: 3 }),
    [
      [
        'author uses name reads addresscity,age,deletedat,id,name gives id:Author_id,name:Author_name,age:Author_age,deletedat:Author_deletedAt,addresscity:Author_addressCity',
        '{0.name=… & 0.age=… & 0.deletedat is null} | {0.age is null & 0.deletedat is null} rows limited',
      ],
    ],
  ],
  [
    'by ranges and an embedded column',
    (s) => authors(s).findBy({ age: Between(1, 2), name: Not(Like('x%')), address: { city: 'y' } }),
    [
      [
        'author uses age,name reads addresscity,age,deletedat,id,name gives id:Author_id,name:Author_name,age:Author_age,deletedat:Author_deletedAt,addresscity:Author_addressCity',
        '{0.addresscity=… & 0.deletedat is null} rows',
      ],
    ],
  ],
  [
    'by an empty list',
    (s) => authors(s).findBy({ id: In([]) }),
    [
      [
        'author reads addresscity,age,deletedat,id,name gives id:Author_id,name:Author_name,age:Author_age,deletedat:Author_deletedAt,addresscity:Author_addressCity',
        '{0.deletedat is null} rows',
      ],
    ],
  ],
  [
    'with deleted rows, and an offset',
    (s) => authors(s).find({ withDeleted: true, where: { id: MoreThan(1) }, skip: 5, take: 5 }),
    [
      [
        'author uses id reads addresscity,age,deletedat,id,name gives id:Author_id,name:Author_name,age:Author_age,deletedat:Author_deletedAt,addresscity:Author_addressCity',
        '{} rows limited offset',
      ],
    ],
  ],
  [
    'with a one-to-many relation',
    (s) => authors(s).find({ where: { id: 1 }, relations: { books: true } }),
    [
      [
        'author reads addresscity,age,deletedat,id,name gives id:Author_id,name:Author_name,age:Author_age,deletedat:Author_deletedAt,addresscity:Author_addressCity',
        'left book on authorid=0.id reads authorid,coverid,id,title gives id:Author__Author_books_id,title:Author__Author_books_title,authorid:Author__Author_books_authorId,coverid:Author__Author_books_coverId unmentioned indecisive',
        '{0.id=… & 0.deletedat is null} rows',
      ],
    ],
  ],
  [
    'with many-to-one and one-to-one relations',
    (s) => books(s).find({ where: { title: 'x' }, relations: { author: true, cover: true } }),
    [
      [
        'book reads authorid,coverid,id,title gives id:Book_id,title:Book_title,authorid:Book_authorId,coverid:Book_coverId',
        'left author on id=0.authorid and more uses deletedat reads addresscity,age,deletedat,id,name gives id:Book__Book_author_id,name:Book__Book_author_name,age:Book__Book_author_age,deletedat:Book__Book_author_deletedAt,addresscity:Book__Book_author_addressCity unmentioned indecisive',
        'left cover on id=0.coverid reads color,id gives id:Book__Book_cover_id,color:Book__Book_cover_color unmentioned indecisive',
        '{0.title=…} rows',
      ],
    ],
  ],
  [
    'by a column of a relation',
    (s) => books(s).find({ where: { author: { name: 'x' } } }),
    [
      [
        'book reads authorid,coverid,id,title gives id:Book_id,title:Book_title,authorid:Book_authorId,coverid:Book_coverId',
        'left author on id=0.authorid and more uses deletedat reads deletedat,id,name',
        '{1.name=…} rows',
      ],
    ],
  ],
  [
    'with a many-to-many relation, sorted by it',
    (s) => books(s).find({ relations: { tags: true }, order: { tags: { label: 'ASC' } } }),
    [
      [
        'book reads authorid,coverid,id,title gives id:Book_id,title:Book_title,authorid:Book_authorId,coverid:Book_coverId',
        'left book_tags_tag on bookid=0.id reads bookid,tagid',
        'left tag on id=1.tagid uses label reads id,label gives id:Book__Book_tags_id,label:Book__Book_tags_label',
        '{} rows',
      ],
    ],
  ],
  [
    'of a page with relations, and its count',
    (s) =>
      authors(s).findAndCount({
        relations: { books: { tags: true } },
        where: { name: 'x' },
        order: { age: 'DESC' },
        skip: 2,
        take: 2,
      }),
    [
      [
        'author uses age,id reads age,deletedat,id,name gives id:ids_Author_id,age:Author_age',
        '{0.name=… & 0.deletedat is null} rows limited offset',
      ],
      [
        'author uses age reads addresscity,age,deletedat,id,name gives id:Author_id,name:Author_name,age:Author_age,deletedat:Author_deletedAt,addresscity:Author_addressCity',
        'left book on authorid=0.id reads authorid,coverid,id,title gives id:Author__Author_books_id,title:Author__Author_books_title,authorid:Author__Author_books_authorId,coverid:Author__Author_books_coverId indecisive',
        'left book_tags_tag on bookid=1.id reads bookid,tagid indecisive',
        'left tag on id=2.tagid reads id,label gives id:Author__Author_books__Author__Author_books_tags_id,label:Author__Author_books__Author__Author_books_tags_label unmentioned indecisive',
        '{0.name=… & 0.deletedat is null & 0.id=…} rows',
      ],
    ],
  ],
  [
    'of a page by a column of a relation',
    (s) => authors(s).find({ relations: { books: true }, where: { books: { title: Like('x%') } }, take: 2 }),
    [
      [
        'author uses id reads deletedat,id gives id:ids_Author_id',
        'left book on authorid=0.id uses title reads authorid,title',
        '{0.deletedat is null} rows limited',
      ],
      [
        'author reads addresscity,age,deletedat,id,name gives id:Author_id,name:Author_name,age:Author_age,deletedat:Author_deletedAt,addresscity:Author_addressCity',
        'left book on authorid=0.id uses title reads authorid,coverid,id,title gives id:Author__Author_books_id,title:Author__Author_books_title,authorid:Author__Author_books_authorId,coverid:Author__Author_books_coverId',
        '{0.deletedat is null & 0.id=…} rows',
      ],
    ],
  ],
  [
    'of one with an eager relation and the ids of another',
    (s) => s.getRepository(Shelf).findOneBy({ id: 1 }),
    [
      ['shelf uses id reads id gives id:ids_Shelf_id', '{0.id=…} rows limited'],
      [
        'shelf reads coverid,id gives id:Shelf_id,coverid:Shelf_coverId',
        'left cover on id=0.coverid reads color,id gives id:Shelf__cover_id,color:Shelf__cover_color unmentioned indecisive',
        '{0.id=… & 0.id=…} rows',
      ],
      [
        'tag reads id',
        'inner shelf_tags_tag on tagid=0.id and more uses shelfid,tagid reads shelfid,tagid gives tagid:tagId,shelfid:shelfId',
        '{1.shelfid=…} rows',
      ],
    ],
  ],
  [
    'counted',
    (s) => authors(s).countBy({ age: LessThan(5) }),
    [['author uses age reads age,deletedat', '{0.deletedat is null} a whole']],
  ],
  [
    'asked for',
    (s) => authors(s).exists({ where: { name: 'x' } }),
    [['author reads deletedat,name', '{0.name=… & 0.deletedat is null} a whole']],
  ],
  [
    'summed',
    (s) => authors(s).sum('id', { name: 'x' }),
    [['author uses id reads deletedat,id,name', '{0.name=… & 0.deletedat is null} a whole']],
  ],
  [
    'by composite keys',
    (s) =>
      s.getRepository(Loan).find({
        where: [
          { book: 1, reader: 2 },
          { book: 3, reader: 4 },
        ],
      }),
    [
      [
        'loan reads book,days,reader gives book:Loan_book,reader:Loan_reader,days:Loan_days',
        '{0.book=… & 0.reader=…} | {0.book=… & 0.reader=…} rows',
      ],
    ],
  ],
  [
    'of one class of a table',
    (s) => s.getRepository(Disc).findBy({ minutes: 5 }),
    [
      [
        'medium reads id,kind,minutes gives id:Disc_id,minutes:Disc_minutes,kind:Disc_kind',
        '{0.minutes=… & 0.kind=…} rows',
      ],
    ],
  ],
  [
    'with relations by further queries',
    (s) => authors(s).find({ relations: { books: true }, relationLoadStrategy: 'query' }),
    [
      [
        'author reads addresscity,age,deletedat,id,name gives id:Author_id,name:Author_name,age:Author_age,deletedat:Author_deletedAt,addresscity:Author_addressCity',
        '{0.deletedat is null} rows',
      ],
      [
        'book reads authorid,coverid,id,title gives id:Book_id,title:Book_title,authorid:Book_authorId,coverid:Book_coverId',
        '{0.authorid=…} rows',
      ],
      ['book reads authorid,id gives id:Book_books_id,authorid:Author_id', '{0.authorid=…} rows'],
    ],
  ],
  [
    'of the roots of a tree',
    (s) => s.getTreeRepository(Subject).findRoots(),
    [
      [
        'subject reads id,name,parentid gives id:treeEntity_id,name:treeEntity_name,parentid:treeEntity_parentId',
        '{0.parentid is null} rows',
      ],
    ],
  ],
  [
    'of the descendants in a tree',
    (s) => s.getTreeRepository(Subject).countDescendants(Object.assign(new Subject(), { id: 1 })),
    [
      [
        'subject uses id reads id',
        'inner subject_closure on id_descendant=0.id reads id_ancestor,id_descendant',
        '{1.id_ancestor=…} a whole',
      ],
    ],
  ],
  [
    'with an inner join',
    (s) =>
      books(s)
        .createQueryBuilder('b')
        .innerJoin('b.author', 'a', 'a.name = :n', { n: 'x' })
        .where('b.title IN (:...t)', { t: ['x'] })
        .getMany(),
    [
      [
        'book reads authorid,coverid,id,title gives id:b_id,title:b_title,authorid:b_authorId,coverid:b_coverId',
        'inner author on id=0.authorid and more reads deletedat,id,name',
        '{1.name=… & 1.deletedat is null & 0.title=…} rows',
      ],
    ],
  ],
  [
    'grouped',
    (s) =>
      books(s)
        .createQueryBuilder('b')
        .select('b.authorId', 'author')
        .addSelect('COUNT(*)', 'n')
        .groupBy('b.authorId')
        .having('COUNT(*) > 1')
        .orderBy('n')
        .getRawMany(),
    [['book uses authorid,n reads authorid,n', '{} a whole']],
  ],
];

const withoutValues = (lines: readonly string[] | undefined): readonly string[] | undefined =>
  lines?.map((line) =>
    line.startsWith('{') ? line.replaceAll(/=(?:\$?\d+|"[^"]*")(?:,(?:\$?\d+|"[^"]*"))*/g, '=…') : line,
  );

const dialects: readonly (readonly [Dialect, 'postgres' | 'mysql' | 'sqljs'])[] = [
  ['postgres', 'postgres'],
  ['mysql', 'mysql'],
  ['sqlite', 'sqljs'],
];

describe.each(dialects)('what TypeORM asks in %s', (dialect, type) => {
  it.each(shapes)('is told for rows %s', async (_, act, expected) => {
    const database = new UnconnectedDatabase(type);
    await database.isBuilt();
    await act(database.dataSource);
    expect(database.sent.map((sql) => withoutValues(toldFacts(sql, dialect)))).toEqual(expected);
  });
});
