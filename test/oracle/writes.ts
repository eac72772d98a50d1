import { In, LessThan, type EntityManager } from 'typeorm';
import type { Id } from './reads.js';
import {
  Animal,
  Author,
  Branch,
  Cat,
  Category,
  Comment,
  Dog,
  Folder,
  Money,
  Offer,
  Post,
  Price,
  Profile,
  Shelf,
  Tag,
} from './schema.js';
import { spell } from './shaped-reads.js';

/** A write as plain data: what is done, and to what. */
export interface Write {
  readonly write: string;
  readonly id: Id;
  readonly other: Id;
  readonly n: number;
  readonly text: string;
}

/** A write with its keys as they are in the database. */
export interface Wanted extends Write {
  readonly id: number;
  readonly other: number;
}

type Kind = (manager: EntityManager, wanted: Wanted) => Promise<unknown>;

const uuid = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`;

const author = async (manager: EntityManager, id: number, relations: object = {}): Promise<Author> =>
  (await manager.findOne(Author, { where: { id }, relations, withDeleted: true })) ??
  manager.create(Author, { id, name: 'new', email: `new${id}`, address: { city: null, zip: id } });

const post = async (manager: EntityManager, id: number, relations: object = {}): Promise<Post> =>
  (await manager.findOne(Post, { where: { id }, relations })) ?? manager.create(Post, { id, title: 'new' });

const entityWrites: Readonly<Record<string, Kind>> = {
  saveNew: (manager, { text, n }) =>
    manager.save(manager.create(Author, { name: text, email: `${text}${n}`, age: n, born: new Date(n * 86_400_000) })),
  saveAuthor: async (manager, { id, text, n }) => {
    const found = await author(manager, id);
    Object.assign(found, { name: text, age: n === 0 ? null : n, karma: BigInt(n), address: { city: text, zip: n } });
    await manager.save(found);
  },
  savePost: async (manager, { id, text, n, other }) => {
    const found = await post(manager, id);
    Object.assign(found, {
      title: text,
      views: n,
      author: n === 0 ? null : { id: other },
      extra: n === 1 ? null : { n },
    });
    await manager.save(found);
  },
  savePartial: (manager, { id, n }) => manager.save(Post, { id, views: n }),
  saveMany: (manager, { id, other, text }) =>
    manager.save(Tag, [
      { id, slug: `${text}s` },
      { id: other, slug: `${text}m` },
    ]),
  saveQuietly: (manager, { id, text }) => manager.save(Category, { code: text, label: `l${id}` }, { listeners: false }),
  saveInPieces: (manager, { text, n }) =>
    manager.save(
      Tag,
      [0, 1, 2].map((k) => ({ slug: `${text}${n}${k}` })),
      { chunk: 1 },
    ),
  savePlain: (manager, { id, text }) => manager.save(Profile, { id, bio: text }, { transaction: false, reload: false }),
  saveTags: async (manager, { id, other, n, text }) => {
    const found = await post(manager, id, { tags: true });
    if (n < 2) found.tags = [];
    else if (n === 2) found.tags = [...(found.tags ?? []), manager.create(Tag, { slug: `t${text}` })];
    else found.tags = [manager.create(Tag, { id: other, slug: `t${other}` })];
    await manager.save(found);
  },
  saveProfile: async (manager, { id, n, text }) => {
    const found = await author(manager, id, { profile: true });
    found.profile = n === 0 ? null : manager.create(Profile, { id: found.profile?.id, bio: text, visits: n });
    await manager.save(found);
  },
  saveComments: async (manager, { id, n, text }) => {
    const found = await post(manager, id);
    const comments = await found.comments;
    const added = manager.create(Comment, { text, score: n });
    found.comments = Promise.resolve(n < 2 ? comments.slice(1) : [...comments, added]);
    await manager.save(found);
  },
  saveEditor: async (manager, { id, other, n }) => {
    const found = await post(manager, id);
    found.editor = Promise.resolve(n === 0 ? null : await manager.findOneBy(Author, { id: other }));
    await manager.save(found);
  },
  saveDog: (manager, { id, n, text }) => manager.save(manager.create(Dog, { id, name: text, barks: n })),
  saveCat: (manager, { n, text }) => manager.save(manager.create(Cat, { name: text, lives: n })),
  savePrice: (manager, { n, text }) =>
    manager.save(
      manager.create(Price, { sku: n, currency: n % 2 ? 'EUR' : 'USD', amount: new Money(text.charCodeAt(0)) }),
    ),
  saveOffer: (manager, { id, n, text }) =>
    manager.save(manager.create(Offer, { id, title: text, price: n === 0 ? null : { sku: n, currency: 'EUR' } })),
  insert: (manager, { text, n, id }) => manager.insert(Post, { title: text, views: n, author: { id } }),
  insertById: (manager, { id, text, n }) => manager.insert(Post, { id, title: text, views: n }),
  insertAuthor: (manager, { id, text }) => manager.insert(Author, { id, name: text, email: `i${id}` }),
  insertTag: (manager, { id, text }) => manager.insert(Tag, { id, slug: `${text}i` }),
  insertMany: (manager, { text, n }) =>
    manager.insert(Dog, [
      { name: text, barks: n },
      { name: `${text}${n}`, barks: null },
    ]),
  insertComment: (manager, { n, id, other }) =>
    manager.insert(Comment, { id: uuid(n), text: 'c', score: n, post: { id }, author: { id: other } }),
  updateComment: (manager, { n, text }) => manager.update(Comment, uuid(n), { text }),
  deleteComment: (manager, { n }) => manager.delete(Comment, { id: uuid(n) }),
  deleteProfile: (manager, { id }) => manager.delete(Profile, id),
  insertSelf: (manager, { id, other }) => manager.insert(Branch, { id, name: 'b', parent: { id: other } }),
  update: (manager, { id, text, n }) => manager.update(Author, id, { name: text, age: n }),
  updateMany: (manager, { id, other, n }) => manager.update(Post, [id, other], { views: n }),
  updateWhere: (manager, { text, n }) => manager.update(Post, { title: text }, { views: n }),
  updateFar: (manager, { id, n }) => manager.update(Post, { views: LessThan(n) }, { author: { id } }),
  updateAll: (manager, { n }) => manager.updateAll(Profile, { visits: n }),
  updateCategory: (manager, { id, text }) => manager.update(Post, { id }, { category: { code: text } }),
  updateEmail: (manager, { id, text }) => manager.update(Author, { id }, { email: text }),
  renameKey: (manager, { text, n }) => manager.update(Category, { code: text }, { code: 'abcxyz'.charAt(n) }),
  renumber: (manager, { id, other }) => manager.update(Tag, { id }, { id: other }),
  renumberPair: (manager, { n }) => manager.update(Price, { sku: n }, { sku: (n + 1) % 5 }),
  updateBoth: (manager, { id, text, n }) => manager.update(Post, { title: text, author: { id } }, { views: n }),
  updateAuthor: (manager, { id, other }) => manager.update(Post, { author: { id } }, { author: { id: other } }),
  updateToNothing: (manager, { id }) => manager.update(Post, { id }, { author: null, categoryCode: null }),
  updateTitles: (manager, { id, text }) => manager.update(Post, { author: { id } }, { title: text }),
  moveComment: (manager, { n, id, other }) =>
    manager.update(Comment, { id: uuid(n) }, { post: { id }, author: { id: other } }),
  swap: async (manager, { id, other }) => {
    await manager.update(Tag, { id }, { slug: 'swapping' });
    await manager.update(Tag, { id: other }, { slug: `s${id}` });
    await manager.update(Tag, { id }, { slug: `s${other}` });
  },
  saveRead: async (manager, { id, n, text }) => {
    const found = await manager.findBy(Post, { author: { id } });
    for (const one of found) Object.assign(one, { views: n, title: text });
    await manager.save(found);
  },
  softDeleteRow: (manager, { n }) => manager.softDelete(Comment, uuid(n)),
  upsertMany: (manager, { id, other, text, n }) =>
    manager.upsert(
      Author,
      [id, other]
        .filter((one, at, all) => all.indexOf(one) === at)
        .map((one) => ({ id: one, name: text, email: `m${one}`, age: n })),
      { conflictPaths: ['id'], skipUpdateIfNoValuesChanged: false },
    ),
  increment: (manager, { id, n }) => manager.increment(Post, { id }, 'views', n),
  decrement: (manager, { text }) => manager.decrement(Post, { title: text }, 'views', 1),
  upsert: (manager, { id, text, n }) => manager.upsert(Author, { id, name: text, email: `u${id}`, age: n }, ['id']),
  upsertOther: (manager, { text, n }) => manager.upsert(Tag, [{ slug: text }, { slug: `${text}${n}` }], ['slug']),
  upsertText: (manager, { text, n }) => manager.upsert(Category, { code: text, label: `l${n}` }, ['code']),
  delete: (manager, { id }) => manager.delete(Author, id),
  deletePost: (manager, { id }) => manager.delete(Post, { id }),
  deleteWhere: (manager, { text }) => manager.delete(Comment, { text }),
  deleteMany: (manager, { id, other }) => manager.delete(Profile, { id: In([id, other]) }),
  deleteCategory: (manager, { text }) => manager.delete(Category, text),
  deletePrice: (manager, { n }) => manager.delete(Price, { sku: n, currency: 'EUR' }),
  deleteBranch: (manager, { id }) => manager.delete(Branch, id),
  deleteFolder: (manager, { id }) => manager.delete(Folder, id),
  deleteAll: (manager, { n }) => (n === 0 ? manager.deleteAll(Offer) : manager.deleteAll(Animal)),
  softDelete: (manager, { id }) => manager.softDelete(Author, id),
  softDeleteWhere: (manager, { text }) => manager.softDelete(Comment, { text }),
  restore: (manager, { id }) => manager.restore(Author, { id }),
  restoreWhere: (manager, { n }) => manager.restore(Comment, { score: n }),
  remove: async (manager, { id }) => manager.remove(await manager.findBy(Post, { id })),
  removeMany: async (manager, { n }) => manager.remove(await manager.findBy(Animal, { id: LessThan(n) })),
  softRemove: async (manager, { id }) => manager.softRemove(await manager.findBy(Author, { id })),
  recover: async (manager, { id }) => manager.recover(await manager.find(Author, { where: { id }, withDeleted: true })),
  branch: async (manager, { id, text }) => {
    const parent = await manager.findOneBy(Branch, { id });
    await manager.save(manager.create(Branch, { name: text, parent }));
  },
  moveBranch: async (manager, { id, other }) => {
    const [moved, parent] = [await manager.findOneBy(Branch, { id }), await manager.findOneBy(Branch, { id: other })];
    if (moved === null || parent === null || id <= other) return;
    moved.parent = parent;
    await manager.save(moved);
  },
  folder: async (manager, { id, text }) => {
    const parent = await manager.findOneBy(Folder, { id });
    await manager.save(manager.create(Folder, { name: text, parent }));
  },
  moveFolder: async (manager, { id, other }) => {
    const [moved, parent] = [await manager.findOneBy(Folder, { id }), await manager.findOneBy(Folder, { id: other })];
    if (moved === null || parent === null || id <= other) return;
    moved.parent = parent;
    await manager.save(moved);
  },
  removeFolder: async (manager, { id }) => manager.remove(await manager.findBy(Folder, { id })),
  shelf: async (manager, { id, text }) => {
    const parent = (await manager.findOneBy(Shelf, { id })) ?? (await manager.findOneBy(Shelf, { id: 1 }));
    await manager.save(manager.create(Shelf, { name: text, parent }));
  },
  moveShelf: async (manager, { id, other }) => {
    const [moved, parent] = [await manager.findOneBy(Shelf, { id }), await manager.findOneBy(Shelf, { id: other })];
    if (moved === null || parent === null || id <= other) return;
    moved.parent = parent;
    await manager.save(moved);
  },
  renameShelf: async (manager, { id, text }) => {
    const found = await manager.findOneBy(Shelf, { id });
    if (found !== null) await manager.save(Object.assign(found, { name: text }));
  },
  removeShelf: async (manager, { id }) => manager.remove(await manager.findBy(Shelf, { id })),
  deleteShelf: (manager, { id }) => manager.delete(Shelf, id),
};

const builderWrites: Readonly<Record<string, Kind>> = {
  relationAdd: (manager, { id, other }) =>
    manager
      .createQueryBuilder()
      .relation(Post, 'tags')
      .of(id)
      .add(1 + (other % 3)),
  relationRemove: (manager, { id, other }) => manager.createQueryBuilder().relation(Post, 'tags').of(id).remove(other),
  relationSet: (manager, { id, other, n }) =>
    manager
      .createQueryBuilder()
      .relation(Post, 'author')
      .of(id)
      .set(n === 0 ? null : other),
  relationAddMany: (manager, { id, other }) => manager.createQueryBuilder().relation(Author, 'posts').of(id).add(other),
  qbInsert: (manager, { text, n }) =>
    manager
      .createQueryBuilder()
      .insert()
      .into(Post)
      .values([
        { title: text, views: n },
        { title: text, views: () => '1 + 1' },
      ])
      .execute(),
  qbOrIgnore: (manager, { id, text }) =>
    manager.createQueryBuilder().insert().into(Tag).values({ id, slug: text }).orIgnore().execute(),
  qbOrUpdate: (manager, { id, text }) =>
    manager.createQueryBuilder().insert().into(Profile).values({ id, bio: text }).orUpdate(['bio'], ['id']).execute(),
  qbUpdateById: (manager, { id, n }) =>
    manager.createQueryBuilder().update(Post).set({ views: n }).where('id = :id', { id }).execute(),
  qbUpdateEither: (manager, { id, text, n }) =>
    manager
      .createQueryBuilder()
      .update(Post)
      .set({ views: n })
      .where('id = :id OR title = :text', { id, text })
      .execute(),
  qbUpdateWhere: (manager, { text, n }) =>
    manager
      .createQueryBuilder()
      .update(Author)
      .set({ age: () => `age + ${n}`, name: text })
      .where('name = :other', { other: 'a' })
      .execute(),
  qbUpdateEntity: async (manager, { id, text }) => {
    const found = await manager.findOneBy(Author, { id });
    if (found === null) return;
    await manager.createQueryBuilder().update(Author).set({ name: text }).whereEntity(found).execute();
  },
  qbUpdateIds: (manager, { id, other, text }) =>
    manager.createQueryBuilder().update(Animal).set({ name: text }).whereInIds([id, other]).execute(),
  qbDelete: (manager, { id, other }) =>
    manager
      .createQueryBuilder()
      .delete()
      .from(Post)
      .where('id IN (:...ids)', { ids: [id, other] })
      .execute(),
  qbDeleteWhere: (manager, { n }) =>
    manager.createQueryBuilder().delete().from(Comment).where('score > :n', { n }).execute(),
  qbSoftDelete: (manager, { n }) =>
    manager.createQueryBuilder().softDelete().from(Author).where('age = :n', { n }).execute(),
  qbRestore: (manager) => manager.createQueryBuilder().restore().from(Author).execute(),
};

const statements: Readonly<Record<string, { readonly text: string; with?(wanted: Wanted): readonly unknown[] }>> = {
  sqlUpdate: { text: 'UPDATE post SET views = views + ? WHERE id = ?', with: ({ n, id }) => [n, id] },
  sqlUpdateWhere: { text: 'UPDATE post SET title = ? WHERE views < ?', with: ({ text, n }) => [text, n] },
  sqlUpdateAll: { text: 'UPDATE post SET views = views + 1' },
  sqlUpdateOwn: { text: 'UPDATE post SET title = ? WHERE author_id = ?', with: ({ text, id }) => [text, id] },
  sqlUpdateReference: { text: 'UPDATE post SET author_id = ? WHERE id = ?', with: ({ id, other }) => [id, other] },
  sqlUpdateToNothing: { text: 'UPDATE post SET author_id = NULL WHERE title = ?', with: ({ text }) => [text] },
  sqlUpdateBoth: {
    text: 'UPDATE post SET title = ?, views = ? WHERE id IN (?, ?)',
    with: ({ text, n, id, other }) => [text, n, id, other],
  },
  sqlUpdateCase: {
    text: `UPDATE post SET title = CASE WHEN views > ? THEN 'a' ELSE title END WHERE author_id = ?`,
    with: ({ n, id }) => [n, id],
  },
  sqlUpdateLetters: { text: 'UPDATE author SET name = UPPER(name) WHERE id = ?', with: ({ id }) => [id] },
  sqlUpdateLiteral: { text: `UPDATE post SET title = 'b', views = 3 WHERE id = ?`, with: ({ id }) => [id] },
  sqlUpdateFolded: { text: 'UPDATE post SET TITLE = ? WHERE Id = ?', with: ({ text, id }) => [text, id] },
  sqlUpdateComment: {
    text: 'UPDATE comment SET text = ?, score = ? WHERE post_id = ?',
    with: ({ text, n, id }) => [text, n, id],
  },
  sqlInsertMany: {
    text: `INSERT INTO post (title, views, author_id) VALUES (?, ?, ?), ('b', 0, NULL)`,
    with: ({ text, n, id }) => [text, n, id],
  },
  sqlInsertLiteral: { text: `INSERT INTO post (title, views, author_id) VALUES ('a', 3, 1)` },
  sqlUpdateIn: {
    text: 'UPDATE author SET age = ? WHERE id IN (SELECT author_id FROM post WHERE title = ?)',
    with: ({ n, text }) => [n, text],
  },
  sqlUpdateKey: { text: 'UPDATE category SET code = ? WHERE code = ?', with: ({ text, n }) => [text, 'abc'[n % 3]] },
  sqlUpdateOtherKey: { text: 'UPDATE tag SET id = ? WHERE id = ?', with: ({ id, other }) => [other, id] },
  sqlInsert: { text: 'INSERT INTO tag (id, slug) VALUES (?, ?)', with: ({ id, text }) => [id, `${text}q`] },
  sqlInsertGenerated: { text: 'INSERT INTO post (title, views) VALUES (?, ?)', with: ({ text, n }) => [text, n] },
  sqlInsertSelect: {
    text: 'INSERT INTO post (title, views, author_id) SELECT name, age, id FROM author WHERE age > ?',
    with: ({ n }) => [n],
  },
  sqlInsertJunction: {
    text: 'INSERT INTO post_tag (post_id, tag_id) SELECT p.id, t.id FROM post p, tag t WHERE p.id = ? AND t.id = ?',
    with: ({ id, other }) => [id, other],
  },
  sqlDelete: { text: 'DELETE FROM author WHERE id = ?', with: ({ id }) => [id] },
  sqlDeleteWhere: { text: 'DELETE FROM post WHERE title = ?', with: ({ text }) => [text] },
  sqlDeleteCategory: { text: 'DELETE FROM category WHERE code = ?', with: ({ text }) => [text] },
  sqlDeletePrice: { text: 'DELETE FROM price WHERE sku = ?', with: ({ n }) => [n] },
  sqlDeleteIn: {
    text: 'DELETE FROM comment WHERE post_id IN (SELECT id FROM post WHERE author_id = ?)',
    with: ({ id }) => [id],
  },
  sqlDeleteJunction: { text: 'DELETE FROM post_tag WHERE post_id = ?', with: ({ id }) => [id] },
};

type Family = 'sqlite' | 'postgres' | 'mysql';

/** What one family of databases has and the others have not. */
const native: Readonly<Record<Family, typeof statements>> = {
  sqlite: {
    sqlUpdateFrom: {
      text: 'UPDATE post SET title = author.name FROM author WHERE author.id = post.author_id AND author.id = ?',
      with: ({ id }) => [id],
    },
    sqlReplace: { text: 'REPLACE INTO tag (id, slug) VALUES (?, ?)', with: ({ id, text }) => [id, text] },
    sqlUpsert: {
      text: 'INSERT INTO category (code, label) VALUES (?, ?) ON CONFLICT (code) DO UPDATE SET label = excluded.label',
      with: ({ text, n }) => [text, `l${n}`],
    },
    sqlReturning: { text: 'DELETE FROM profile WHERE visits = ? RETURNING id', with: ({ n }) => [n] },
    sqlWith: {
      text: 'WITH busy AS (SELECT id FROM post WHERE views > ?) UPDATE post SET views = 0 WHERE id IN (SELECT id FROM busy)',
      with: ({ n }) => [n],
    },
  },
  postgres: {
    sqlUpdateFrom: {
      text: 'UPDATE post SET title = author.name FROM author WHERE author.id = post.author_id AND author.id = ?',
      with: ({ id }) => [id],
    },
    sqlDeleteUsing: {
      text: 'DELETE FROM comment USING post WHERE post.id = comment.post_id AND post.author_id = ?',
      with: ({ id }) => [id],
    },
    sqlUpsert: {
      text: 'INSERT INTO category (code, label) VALUES (?, ?) ON CONFLICT (code) DO UPDATE SET label = excluded.label',
      with: ({ text, n }) => [text, `l${n}`],
    },
    sqlWith: {
      text: "WITH gone AS (DELETE FROM profile WHERE visits = ? RETURNING bio) INSERT INTO animal (name, kind) SELECT bio, 'Animal' FROM gone",
      with: ({ n }) => [n],
    },
    sqlWithRead: {
      text: 'WITH done AS (UPDATE post SET views = 0 WHERE id = ? RETURNING id) SELECT COUNT(*) FROM done',
      with: ({ id }) => [id],
    },
    sqlSeveral: { text: `UPDATE post SET views = 1 WHERE views = 2; DELETE FROM offer WHERE title = 'a'` },
    sqlSeveralInOne: { text: `BEGIN; UPDATE author SET age = 2; COMMIT; UPDATE profile SET visits = 3` },
    sqlSeveralUndone: { text: `BEGIN; UPDATE author SET age = 3; ROLLBACK; UPDATE profile SET visits = 4` },
    sqlTruncate: { text: 'TRUNCATE price CASCADE' },
    sqlMerge: {
      text: 'MERGE INTO profile p USING author a ON a.profile_id = p.id WHEN MATCHED THEN UPDATE SET bio = a.name',
    },
    sqlUpdateView: { text: 'UPDATE simple_tag SET slug = ? WHERE id = ?', with: ({ id, text }) => [text, id] },
  },
  mysql: {
    sqlUpdateJoin: {
      text: 'UPDATE post JOIN author ON author.id = post.author_id SET post.title = author.name WHERE author.id = ?',
      with: ({ id }) => [id],
    },
    sqlUpdateBoth: {
      text: 'UPDATE post p, author a SET p.views = 4, a.age = 4 WHERE a.id = p.author_id AND p.id = ?',
      with: ({ id }) => [id],
    },
    sqlDeleteJoin: {
      text: 'DELETE comment, post FROM comment JOIN post ON post.id = comment.post_id WHERE post.author_id = ?',
      with: ({ id }) => [id],
    },
    sqlReplace: { text: 'REPLACE INTO tag (id, slug) VALUES (?, ?)', with: ({ id, text }) => [id, text] },
    sqlUpsert: {
      text: 'INSERT INTO category (code, label) VALUES (?, ?) ON DUPLICATE KEY UPDATE label = VALUES(label)',
      with: ({ text, n }) => [text, `l${n}`],
    },
    sqlIgnore: { text: 'INSERT IGNORE INTO tag (id, slug) VALUES (?, ?)', with: ({ id, text }) => [id, text] },
    sqlReturning: { text: 'DELETE FROM profile WHERE visits = ? RETURNING id', with: ({ n }) => [n] },
    sqlUpdateView: { text: 'UPDATE simple_tag SET slug = ? WHERE id = ?', with: ({ id, text }) => [text, id] },
  },
};

/** The names of what can be written there. */
export function writesOf(family: Family): string[] {
  return [entityWrites, builderWrites, statements, native[family]].flatMap((kinds) => Object.keys(kinds));
}

/** Whether TypeORM begins a transaction for it. */
export function opensTransactions(write: string): boolean {
  return /^save|^remove|^softRemove|^recover|branch|folder|shelf/i.test(write);
}

/** Writes; what the database refuses rejects. */
export async function perform(manager: EntityManager, family: Family, wanted: Wanted): Promise<void> {
  const kind = entityWrites[wanted.write] ?? builderWrites[wanted.write];
  if (kind !== undefined) return void (await kind(manager, wanted));
  const { text, with: parameters } = statements[wanted.write] ?? native[family][wanted.write];
  const spelled = spell(manager, text);
  await (parameters === undefined ? manager.query(spelled) : manager.query(spelled, [...parameters(wanted)]));
}
