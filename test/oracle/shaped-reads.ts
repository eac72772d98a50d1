import { Brackets, In, type EntityManager, type ObjectLiteral, type TreeRepository } from 'typeorm';
import type { ShapedRead } from './reads.js';
import {
  Animal,
  Author,
  Branch,
  BusyPost,
  Comment,
  Dog,
  Folder,
  Offer,
  Post,
  PostSummary,
  Shelf,
  Tag,
} from './schema.js';

/** A read with its keys as they are in the database. */
interface Asked extends ShapedRead {
  readonly id: number;
  readonly other: number;
}

type Shape = (manager: EntityManager, asked: Asked) => Promise<unknown>;

const builders: Readonly<Record<string, Shape>> = {
  leftJoin: (manager, { id, n }) =>
    manager
      .getRepository(Post)
      .createQueryBuilder('p')
      .leftJoinAndSelect('p.author', 'a')
      .leftJoinAndSelect('a.profile', 'f')
      .where('p.views >= :n OR a.id = :id', { n, id })
      .orderBy('p.id')
      .getMany(),
  leftJoinById: (manager, { id }) =>
    manager
      .getRepository(Post)
      .createQueryBuilder('p')
      .leftJoinAndSelect('p.author', 'a')
      .leftJoinAndSelect('p.tags', 't')
      .where('p.id = :id', { id })
      .getOne(),
  innerJoin: (manager, { text }) =>
    manager
      .getRepository(Post)
      .createQueryBuilder('p')
      .innerJoin('p.tags', 't', 't.slug = :text', { text })
      .orderBy('p.title')
      .addOrderBy('p.id')
      .getMany(),
  joinFilter: (manager, { id, n }) =>
    manager
      .getRepository(Author)
      .createQueryBuilder('a')
      .leftJoinAndSelect('a.posts', 'p', 'p.views > :n', { n })
      .where('a.id IN (:...ids)', { ids: [id, 1, 2] })
      .orderBy('a.id')
      .getMany(),
  pages: (manager, { n }) =>
    manager
      .getRepository(Author)
      .createQueryBuilder('a')
      .leftJoinAndSelect('a.posts', 'p')
      .leftJoinAndSelect('p.tags', 't')
      .orderBy('a.name', 'DESC')
      .addOrderBy('a.id')
      .skip(n)
      .take(2)
      .getManyAndCount(),
  limited: (manager, { n }) =>
    manager
      .getRepository(Post)
      .createQueryBuilder('p')
      .where('p.author_id IS NOT NULL')
      .orderBy('p.views', 'DESC')
      .addOrderBy('p.id')
      .offset(n)
      .limit(2)
      .getMany(),
  subQuery: (manager, { text }) => {
    const builder = manager.getRepository(Post).createQueryBuilder('p');
    const authors = builder.subQuery().select('a.id').from(Author, 'a').where('a.name = :text').getQuery();
    return builder.where(`p.author_id IN ${authors}`, { text }).orderBy('p.id').getMany();
  },
  exists: (manager, { n }) => {
    const comments = manager
      .createQueryBuilder(Comment, 'c')
      .where('c.post_id = p.id')
      .andWhere('c.score >= :n', { n });
    return manager
      .getRepository(Post)
      .createQueryBuilder('p')
      .whereExists(comments)
      .setParameters(comments.getParameters())
      .orderBy('p.id')
      .getMany();
  },
  existsById: (manager, { id }) => {
    const posts = manager.createQueryBuilder(Post, 'p').where('p.author_id = a.id');
    return manager.createQueryBuilder(Author, 'a').where('a.id = :id', { id }).andWhereExists(posts).getExists();
  },
  grouped: (manager, { n }) =>
    manager
      .createQueryBuilder(Post, 'p')
      .select('p.author_id', 'author')
      .addSelect('COUNT(*)', 'count')
      .addSelect('SUM(p.views)', 'views')
      .groupBy('p.author_id')
      .having('COUNT(*) > :n', { n: n % 2 })
      .orderBy('author')
      .getRawMany(),
  distinct: (manager) =>
    manager.createQueryBuilder(Post, 'p').select('DISTINCT p.title', 'title').orderBy('title').getRawMany(),
  selectedSubQuery: (manager) =>
    manager
      .createQueryBuilder(Author, 'a')
      .select('a.id', 'id')
      .addSelect((sub) => sub.select('MAX(p.views)').from(Post, 'p').where('p.author_id = a.id'), 'best')
      .orderBy('a.id')
      .getRawMany(),
  fromSubQuery: (manager, { n }) =>
    manager
      .createQueryBuilder()
      .select('COUNT(*)', 'count')
      .from((sub) => sub.select('p.id', 'id').from(Post, 'p').where('p.views >= :n', { n }), 'q')
      .getRawOne(),
  commonTable: (manager, { n }) =>
    manager
      .createQueryBuilder()
      .addCommonTableExpression(
        manager.createQueryBuilder(Post, 'p').select('p.author_id', 'x').where(`p.views > ${n}`),
        'busy',
      )
      .select('a.id', 'id')
      .from(Author, 'a')
      .where('a.id IN (SELECT x FROM busy)')
      .orderBy('a.id')
      .getRawMany(),
  mapped: (manager, { text }) =>
    manager
      .getRepository(Post)
      .createQueryBuilder('p')
      .leftJoinAndMapOne('p.firstComment', Comment, 'c', 'c.post_id = p.id AND c.text = :text', { text })
      .orderBy('p.id')
      .addOrderBy('c.id')
      .getMany(),
  rawAndEntities: (manager, { id }) =>
    manager
      .getRepository(Comment)
      .createQueryBuilder('c')
      .leftJoin('c.author', 'a')
      .addSelect('a.name')
      .where('c.post_id = :id', { id })
      .orderBy('c.id')
      .getRawAndEntities(),
  brackets: (manager, { n, text, id }) =>
    manager
      .getRepository(Author)
      .createQueryBuilder('a')
      .where('a.id = :id', { id })
      .orWhere(new Brackets((inner) => inner.where('a.age = :n', { n }).andWhere('a.name <> :text', { text })))
      .orderBy('a.id')
      .withDeleted()
      .getMany(),
  byIds: (manager, { id, other }) =>
    manager.getRepository(Animal).createQueryBuilder('a').whereInIds([id, other]).orderBy('a.id').getMany(),
  dogs: (manager, { n }) =>
    manager.createQueryBuilder(Dog, 'd').where('d.barks >= :n', { n }).orderBy('d.id').getMany(),
  relation: async (manager, { id }) => {
    const tags = await manager.createQueryBuilder().relation(Post, 'tags').of(id).loadMany<Tag>();
    return tags.sort((a, b) => a.id - b.id);
  },
  relationOne: (manager, { id }) => manager.createQueryBuilder().relation(Post, 'author').of(id).loadOne(),
  view: (manager, { text }) =>
    manager.createQueryBuilder(PostSummary, 's').where('s.author_name = :text', { text }).orderBy('s.id').getMany(),
  viewOnView: (manager) => manager.createQueryBuilder(BusyPost, 'b').orderBy('b.id').getMany(),
  viewById: (manager, { id }) => manager.createQueryBuilder(PostSummary, 's').where('s.id = :id', { id }).getOne(),
  composite: (manager, { n, text }) =>
    manager
      .createQueryBuilder(Offer, 'o')
      .innerJoinAndSelect('o.price', 'x')
      .where('x.sku = :n', { n })
      .orWhere('o.title = :text', { text })
      .orderBy('o.id')
      .getMany(),
  count: (manager, { id }) =>
    manager.createQueryBuilder(Post, 'p').innerJoin('p.author', 'a').where('a.id = :id', { id }).getCount(),
  manyIds: (manager, { id, other }) =>
    manager
      .getRepository(Post)
      .find({ where: { id: In([id, other, 3]) }, relations: { author: true }, order: { id: 'ASC' } }),
  titlesOf: (manager, { id }) =>
    manager
      .createQueryBuilder(Post, 'p')
      .select('p.title', 'title')
      .where('p.author_id = :id', { id })
      .orderBy('p.title')
      .getRawMany(),
  withTag: (manager, { text, n }) =>
    manager
      .createQueryBuilder(Post, 'p')
      .leftJoinAndSelect('p.tags', 't')
      .where('t.slug = :text AND p.views >= :n', { text, n })
      .orderBy('p.id')
      .getMany(),
  withoutPosts: (manager) =>
    manager.createQueryBuilder(Author, 'a').leftJoin('a.posts', 'p').where('p.id IS NULL').orderBy('a.id').getMany(),
  byJoined: (manager, { text }) =>
    manager
      .createQueryBuilder(Comment, 'c')
      .innerJoinAndSelect('c.post', 'p')
      .leftJoinAndSelect('p.author', 'a')
      .where('p.title = :text', { text })
      .orderBy('c.id')
      .getMany(),
  orderedByJoined: (manager, { n }) =>
    manager
      .createQueryBuilder(Post, 'p')
      .leftJoinAndSelect('p.author', 'a')
      .orderBy('a.name', 'DESC')
      .addOrderBy('p.id')
      .skip(n)
      .take(2)
      .getMany(),
  children: (manager, { text }) =>
    manager
      .createQueryBuilder(Branch, 'b')
      .innerJoinAndSelect('b.parent', 'above')
      .where('above.name = :text', { text })
      .orderBy('b.id')
      .getMany(),
  deletedToo: (manager, { id }) =>
    manager
      .createQueryBuilder(Comment, 'c')
      .withDeleted()
      .leftJoinAndSelect('c.author', 'a')
      .where('c.post_id = :id', { id })
      .orderBy('c.id')
      .getMany(),
  countWith: (manager, { text, id }) =>
    manager
      .createQueryBuilder(Comment, 'c')
      .innerJoin('c.post', 'p')
      .where('c.text = :text AND p.author_id = :id', { text, id })
      .getCount(),
  countEach: (manager, { n }) =>
    manager
      .createQueryBuilder(Author, 'a')
      .leftJoin('a.posts', 'p', 'p.views = :n', { n })
      .select('a.id', 'id')
      .addSelect('COUNT(p.id)', 'posts')
      .groupBy('a.id')
      .orderBy('a.id')
      .getRawMany(),
};

/** Those whose builder is of no repository, nor made for an entity. */
export const madeWithoutEntity: readonly string[] = ['relation', 'relationOne', 'fromSubQuery', 'commonTable'];

/** Statements with `?` for each parameter. */
const statements: Readonly<Record<string, { readonly text: string; with?(asked: Asked): readonly unknown[] }>> = {
  byId: { text: 'SELECT * FROM author WHERE id = ?', with: ({ id }) => [id] },
  byIds: { text: 'SELECT id, title FROM post WHERE id IN (?, ?) ORDER BY id', with: ({ id, other }) => [id, other] },
  byIdOr: {
    text: 'SELECT id, title FROM post WHERE id = ? OR title = ? ORDER BY id',
    with: ({ id, text }) => [id, text],
  },
  byIdAnd: {
    text: 'SELECT id FROM post WHERE id = ? AND author_id IN (SELECT id FROM author WHERE name = ?)',
    with: ({ id, text }) => [id, text],
  },
  byIdNot: { text: 'SELECT COUNT(*) AS c FROM post WHERE NOT id = ?', with: ({ id }) => [id] },
  byText: { text: 'SELECT * FROM category WHERE code = ?', with: ({ text }) => [text] },
  byPair: {
    text: `SELECT * FROM price WHERE sku = ? AND currency = 'EUR'`,
    with: ({ n }) => [n],
  },
  byHalf: { text: 'SELECT * FROM price WHERE sku = ? ORDER BY currency', with: ({ n }) => [n] },
  byKeyOfOther: {
    text: 'SELECT p.id, a.name FROM post p JOIN author a ON a.id = p.author_id WHERE a.id = ? ORDER BY p.id',
    with: ({ id }) => [id],
  },
  bothKeys: {
    text: 'SELECT p.title, a.name FROM post p, author a WHERE p.id = ? AND a.id = ?',
    with: ({ id, other }) => [id, other],
  },
  outerJoin: {
    text: 'SELECT a.id, p.id AS post FROM author a LEFT JOIN post p ON p.author_id = a.id AND p.id = ? ORDER BY a.id',
    with: ({ id }) => [id],
  },
  unqualified: {
    text: 'SELECT name, title FROM author JOIN post ON author_id = author.id WHERE post.id = ?',
    with: ({ id }) => [id],
  },
  union: {
    text: 'SELECT name AS x FROM author WHERE id = ? UNION SELECT title FROM post WHERE views > ? ORDER BY x',
    with: ({ id, n }) => [id, n],
  },
  unionAll: {
    text: 'SELECT COUNT(*) AS x FROM (SELECT id FROM author UNION ALL SELECT id FROM post UNION ALL SELECT id FROM tag) q',
  },
  commonTable: {
    text: 'WITH busy AS (SELECT author_id FROM post WHERE views > ?) SELECT name FROM author WHERE id IN (SELECT author_id FROM busy) ORDER BY id',
    with: ({ n }) => [n],
  },
  shadowed: {
    text: 'WITH author AS (SELECT id, title AS name FROM post WHERE id = ?) SELECT name FROM author ORDER BY id',
    with: ({ id }) => [id],
  },
  recursive: {
    // UNION, and not UNION ALL, comes to an end also where a branch is made its own ancestor.
    text: 'WITH RECURSIVE down (id) AS (SELECT id FROM branch WHERE id = ? UNION SELECT b.id FROM branch b JOIN down d ON b.parent_id = d.id) SELECT COUNT(*) AS c FROM down',
    with: ({ id }) => [id],
  },
  window: { text: 'SELECT id, RANK() OVER (ORDER BY views) AS place FROM post ORDER BY id' },
  correlated: {
    text: 'SELECT id, (SELECT COUNT(*) FROM comment c WHERE c.post_id = p.id AND c.deleted IS NULL) AS n FROM post p WHERE p.id = ?',
    with: ({ id }) => [id],
  },
  notExists: {
    text: 'SELECT id FROM author a WHERE NOT EXISTS (SELECT 1 FROM post WHERE author_id = a.id) ORDER BY id',
  },
  aggregate: { text: 'SELECT MAX(views) AS m, MIN(title) AS t, COUNT(author_id) AS c FROM post' },
  junction: { text: 'SELECT tag_id FROM post_tag WHERE post_id = ? ORDER BY tag_id', with: ({ id }) => [id] },
  junctionPair: {
    text: 'SELECT COUNT(*) AS c FROM post_tag WHERE post_id = ? AND tag_id = ?',
    with: ({ id, other }) => [id, other],
  },
  closure: { text: 'SELECT COUNT(*) AS c FROM folder_closure' },
  references: { text: 'SELECT id, post_id, author_id FROM comment ORDER BY id' },
  lastReferences: { text: 'SELECT COUNT(author_id) AS a, COUNT(editor_id) AS e, COUNT(category_code) AS c FROM post' },
  kinds: { text: 'SELECT kind, COUNT(*) AS c FROM animal GROUP BY kind ORDER BY kind' },
  view: { text: 'SELECT author_name FROM post_summary WHERE id = ?', with: ({ id }) => [id] },
  viewOfViews: { text: 'SELECT COUNT(*) AS c FROM busy_post b JOIN post_summary s ON s.id = b.id' },
  limited: { text: 'SELECT id FROM post WHERE views >= ? ORDER BY views DESC, id LIMIT 2', with: ({ n }) => [n] },
  shouting: { text: 'SELECT "x".ID FROM POST "x" /* author */ WHERE "x".ID = ? -- tag', with: ({ id }) => [id] },
  cases: {
    text: `SELECT id, CASE WHEN EXISTS (SELECT 1 FROM tag WHERE slug = ?) THEN 'y' ELSE 'n' END AS c FROM profile ORDER BY id`,
    with: ({ text }) => [text],
  },
  byUuid: {
    text: 'SELECT text FROM comment WHERE id = ?',
    with: ({ n }) => [`00000000-0000-4000-8000-00000000000${n}`],
  },
  range: { text: 'SELECT id FROM post WHERE id BETWEEN ? AND ? ORDER BY id', with: ({ id, other }) => [id, other] },
  arithmetic: { text: 'SELECT id FROM author WHERE id + 1 = ?', with: ({ id }) => [id] },
  byPairs: {
    text: 'SELECT id FROM post WHERE (author_id, views) IN ((?, ?), (?, ?)) ORDER BY id',
    with: ({ id, n, other }) => [id, n, other, n],
  },
  compared: {
    text: 'SELECT COUNT(*) AS c FROM post WHERE (author_id = ?) = (views = ?)',
    with: ({ id, n }) => [id, n],
  },
  groupedByCase: {
    text: 'SELECT CASE WHEN views > ? THEN 1 ELSE 0 END AS busy, COUNT(*) AS c FROM post GROUP BY busy ORDER BY busy',
    with: ({ n }) => [n],
  },
  inParentheses: {
    text: 'SELECT p.id FROM post p LEFT JOIN (author a JOIN profile f ON f.id = a.profile_id) ON a.id = p.author_id WHERE f.visits = ? ORDER BY p.id',
    with: ({ n }) => [n],
  },
  pinnedTwice: {
    text: 'SELECT id FROM post WHERE id = ? AND id = ? ORDER BY id',
    with: ({ id, other }) => [id, other],
  },
  listOf: { text: 'SELECT * FROM post WHERE author_id = ? ORDER BY id', with: ({ id }) => [id] },
  listOfBoth: {
    text: 'SELECT id, views FROM post WHERE author_id = ? AND title = ? ORDER BY id',
    with: ({ id, text }) => [id, text],
  },
  listOfEither: {
    text: 'SELECT id FROM post WHERE author_id = ? OR (title = ? AND views = ?) ORDER BY id',
    with: ({ id, text, n }) => [id, text, n],
  },
  listIn: {
    text: `SELECT id FROM post WHERE author_id IN (?, ?) AND title IN ('a', 'b', 'x') ORDER BY id`,
    with: ({ id, other }) => [id, other],
  },
  listOfNone: { text: 'SELECT id FROM post WHERE author_id IS NULL AND views = ? ORDER BY id', with: ({ n }) => [n] },
  listOfAny: {
    text: 'SELECT id FROM post WHERE author_id IS NOT NULL AND views = ? ORDER BY id',
    with: ({ n }) => [n],
  },
  valuesOf: { text: 'SELECT title FROM post WHERE author_id = ? ORDER BY title', with: ({ id }) => [id] },
  lastOf: {
    text: 'SELECT id FROM post WHERE author_id = ? ORDER BY id DESC LIMIT 1',
    with: ({ id }) => [id],
  },
  restOf: {
    text: 'SELECT id, title FROM post WHERE author_id = ? ORDER BY views, id LIMIT 2 OFFSET 1',
    with: ({ id }) => [id],
  },
  restOfValues: {
    text: 'SELECT title FROM post WHERE views = ? ORDER BY title, id LIMIT 2 OFFSET 1',
    with: ({ n }) => [n],
  },
  distinctOf: {
    text: 'SELECT DISTINCT author_id FROM post WHERE title = ? ORDER BY author_id',
    with: ({ text }) => [text],
  },
  countOf: { text: 'SELECT COUNT(*) AS c FROM post WHERE author_id = ?', with: ({ id }) => [id] },
  countDistinct: {
    text: 'SELECT COUNT(DISTINCT author_id) AS c FROM post WHERE views = ?',
    with: ({ n }) => [n],
  },
  sumOf: { text: 'SELECT SUM(views) AS s, MAX(title) AS t FROM post WHERE author_id = ?', with: ({ id }) => [id] },
  groupsOf: {
    text: 'SELECT title, COUNT(*) AS c FROM post WHERE author_id = ? GROUP BY title HAVING COUNT(*) >= 1 ORDER BY title',
    with: ({ id }) => [id],
  },
  groupsBelow: {
    text: 'SELECT author_id, MIN(id) AS first FROM post WHERE views = ? GROUP BY author_id ORDER BY first',
    with: ({ n }) => [n],
  },
  existsOf: {
    text: 'SELECT EXISTS (SELECT 1 FROM comment WHERE author_id = ? AND score = ?) AS e',
    with: ({ id, n }) => [id, n],
  },
  oneOf: { text: 'SELECT 1 AS e FROM post WHERE title = ? AND views = ? LIMIT 1', with: ({ text, n }) => [text, n] },
  withExists: {
    text: 'SELECT id FROM post p WHERE p.views = ? AND EXISTS (SELECT 1 FROM comment c WHERE c.post_id = p.id AND c.text = ?) ORDER BY id',
    with: ({ n, text }) => [n, text],
  },
  joinOfBoth: {
    text: 'SELECT p.id, c.id AS comment FROM post p JOIN comment c ON c.post_id = p.id WHERE p.title = ? AND c.score = ? ORDER BY p.id, c.id',
    with: ({ text, n }) => [text, n],
  },
  joinWithoutKeys: {
    text: 'SELECT c.text FROM comment c JOIN post p ON p.id = c.post_id WHERE p.author_id = ? ORDER BY c.text',
    with: ({ id }) => [id],
  },
  joinLimited: {
    text: 'SELECT p.id, a.name FROM post p LEFT JOIN author a ON a.id = p.author_id WHERE p.views = ? ORDER BY a.name, p.id LIMIT 2',
    with: ({ n }) => [n],
  },
  antiJoin: {
    text: 'SELECT p.id FROM post p LEFT JOIN comment c ON c.post_id = p.id AND c.text = ? WHERE c.id IS NULL ORDER BY p.id',
    with: ({ text }) => [text],
  },
  selfJoin: {
    text: 'SELECT b.id FROM branch b JOIN branch a ON a.id = b.parent_id WHERE a.name = ? ORDER BY b.id',
    with: ({ text }) => [text],
  },
  sameTitle: {
    text: 'SELECT p.id, q.id AS same FROM post p JOIN post q ON q.title = p.title AND q.id > p.id WHERE p.author_id = ? ORDER BY p.id, q.id',
    with: ({ id }) => [id],
  },
  junctionJoin: {
    text: 'SELECT p.id FROM post p JOIN post_tag x ON x.post_id = p.id JOIN tag t ON t.id = x.tag_id WHERE t.slug = ? ORDER BY p.id',
    with: ({ text }) => [text],
  },
  cross: {
    text: 'SELECT p.id, t.id AS tag FROM post p CROSS JOIN tag t WHERE p.views = ? AND t.slug = ? ORDER BY p.id, t.id',
    with: ({ n, text }) => [n, text],
  },
  columnsAlike: { text: 'SELECT id FROM post WHERE author_id = editor_id OR views = id ORDER BY id' },
  computed: { text: 'SELECT id FROM post WHERE COALESCE(author_id, 0) = ? ORDER BY id', with: ({ id }) => [id] },
  negated: {
    text: 'SELECT id FROM post WHERE NOT (title = ? AND author_id = ?) ORDER BY id',
    with: ({ text, id }) => [text, id],
  },
  spelledOut: { text: `SELECT id FROM post WHERE title = 'a' AND views = 3 ORDER BY id` },
  numberAsText: { text: 'SELECT id FROM post WHERE views = ? ORDER BY id', with: ({ n }) => [String(n)] },
  otherCase: { text: 'SELECT id FROM author WHERE name = ? ORDER BY id', with: ({ text }) => [text.toUpperCase()] },
  notDeleted: {
    text: 'SELECT id FROM comment WHERE deleted IS NULL AND post_id = ? ORDER BY id',
    with: ({ id }) => [id],
  },
  unionOf: {
    text: 'SELECT id FROM post WHERE author_id = ? UNION ALL SELECT id FROM post WHERE editor_id = ? ORDER BY id',
    with: ({ id, other }) => [id, other],
  },
  fromList: {
    text: 'SELECT q.title FROM (SELECT title, author_id FROM post WHERE views = ?) q WHERE q.author_id = ? ORDER BY q.title',
    with: ({ n, id }) => [n, id],
  },
  except: { text: 'SELECT id FROM author EXCEPT SELECT author_id FROM post ORDER BY id' },
};

type Tree = Branch | Folder | Shelf;

/** What a repository of trees can be asked, for each of the ways to keep one. */
const trees: Readonly<Record<string, Shape>> = Object.assign(
  {},
  ...[Branch, Folder, Shelf].map((target): Record<string, Shape> => {
    const named = (asked: string): string => `${target.name}.${asked}`;
    const ofNode =
      (ask: (tree: TreeRepository<Tree>, node: Tree) => Promise<unknown>): Shape =>
      async (manager, { id }) => {
        const tree = manager.getTreeRepository<Tree>(target);
        return ask(tree, (await tree.findOneBy({ id })) ?? tree.create({ id, name: '' }));
      };
    return {
      [named('roots')]: async (manager) => sorted(await manager.getTreeRepository<Tree>(target).findRoots()),
      [named('trees')]: async (manager) => sorted(await manager.getTreeRepository<Tree>(target).findTrees()),
      [named('firstLevels')]: async (manager) =>
        sorted(await manager.getTreeRepository<Tree>(target).findTrees({ depth: 1 })),
      [named('below')]: ofNode(async (tree, node) => sorted(await tree.findDescendants(node))),
      [named('above')]: ofNode(async (tree, node) => sorted(await tree.findAncestors(node))),
      [named('treeBelow')]: ofNode((tree, node) => tree.findDescendantsTree(node, { relations: ['parent'] })),
      [named('treeAbove')]: ofNode((tree, node) => tree.findAncestorsTree(node)),
      [named('countBelow')]: ofNode((tree, node) => tree.countDescendants(node)),
      [named('countAbove')]: ofNode((tree, node) => tree.countAncestors(node)),
    };
  }),
);

const shapes = { builder: builders, tree: trees };

/** The names of what can be asked. */
export const shapesOf = {
  builder: Object.keys(builders),
  sql: Object.keys(statements),
  tree: Object.keys(trees),
};

/** Runs a read whose form is fixed. */
export function ask(manager: EntityManager, read: ShapedRead): Promise<unknown> {
  const asked = read as Asked;
  if (read.kind !== 'sql') return shapes[read.kind][read.shape](manager, asked);
  const { text, with: parameters } = statements[read.shape];
  return manager.query(spell(manager, text), parameters && [...parameters(asked)]);
}

/** Placeholders and quotes as the database wants them. */
export function spell(manager: EntityManager, text: string): string {
  const { type } = manager.dataSource.options;
  let at = 0;
  if (type === 'postgres') return text.replace(/\?/g, () => `$${++at}`);
  return type === 'mariadb' ? text.replaceAll('"', '`').replace('FROM POST', 'FROM post') : text;
}

function sorted<T extends ObjectLiteral>(rows: T[]): T[] {
  return rows.sort((a, b) => (a.id as number) - (b.id as number));
}
