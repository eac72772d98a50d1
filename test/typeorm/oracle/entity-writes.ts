import {
  Animal,
  Badge,
  Cat,
  ClosureNode,
  Comment,
  Country,
  Dog,
  Item,
  NestedNode,
  Note,
  Part,
  PathNode,
  Person,
  Post,
  Price,
  Profile,
  Region,
  Scrap,
  Tag,
  Town,
} from './schema.js';
import { letters, make, some, two, youngest, type World, type WriteKind } from './world.js';

const fullPost = { tags: true, comments: true, notes: true, author: true };

/** Writes that go through repositories and managers. */
export const entityWrites: readonly WriteKind[] = [
  { title: 'save() of a new row', run: (world) => make(world, Scrap) },
  {
    title: 'save() of a changed row',
    run: async (world) => world.manager.save(Object.assign(await some(world, Person), { age: world.unique() })),
  },
  {
    title: 'save() of an unchanged row',
    mayChangeNothing: true,
    run: async (world) => world.manager.save(await some(world, Person)),
  },
  {
    title: 'save() of a partial object by its id',
    run: async (world) => world.manager.save(Scrap, { id: (await some(world, Scrap)).id, text: `s${world.unique()}` }),
  },
  {
    title: 'save() of a row whose given id does not exist',
    run: (world) => world.manager.save(Price, { sku: world.unique(), currency: 'USD', amount: 1 }),
  },
  {
    title: 'save() without listeners',
    run: async (world) => {
      await world.manager.save(Object.assign(await some(world, Scrap), { text: `s${world.unique()}` }), {
        listeners: false,
      });
      await world.manager.save(world.manager.create(Scrap, { text: 'new' }), { listeners: false });
    },
  },
  {
    title: 'save() without a transaction',
    run: async (world) => {
      await world.manager.save(Object.assign(await some(world, Item), { name: `i${world.unique()}` }), {
        transaction: false,
      });
      await world.manager.save(world.manager.create(Item, { name: 'new' }), { transaction: false });
    },
  },
  {
    title: 'save() of many rows in chunks',
    run: async (world) => {
      const rows = await world.manager.find(Item);
      for (const row of rows) row.name = `i${world.unique()}`;
      await world.manager.save([...rows, world.manager.create(Item, { name: 'new' })], { chunk: 2 });
    },
  },
  {
    title: 'save() of rows of several tables',
    run: async (world) =>
      world.manager.save([
        Object.assign(await some(world, Item), { name: `i${world.unique()}` }),
        Object.assign(await some(world, Tag), { label: `l${world.unique()}` }),
        Object.assign(new Scrap(), { text: 'new' }),
      ]),
  },
  {
    title: 'save() that cascades to new rows on both sides of relations',
    run: (world) => {
      const n = world.unique();
      const posts = [{ title: `p${n}`, tags: [{ slug: `c${n}`, label: 'x' }], comments: [{ text: 'c' }] }];
      return world.manager.save(
        world.manager.create(Person, { name: 'deep', email: `d${n}@x`, profile: { bio: 'b' }, posts }),
      );
    },
  },
  {
    title: 'save() that cascades to changed rows',
    run: async (world) => {
      const person = await some(world, Person, { profile: true, posts: true });
      if (person.profile) person.profile.bio = `b${world.unique()}`;
      for (const post of person.posts) post.title = `p${world.unique()}`;
      await world.manager.save(person);
    },
  },
  {
    title: 'save() that adds to a many-to-many relation',
    run: async (world) => {
      const post = await some(world, Post, fullPost);
      post.tags.push(await make(world, Tag));
      await world.manager.save(post);
    },
  },
  {
    title: 'save() that removes from a many-to-many relation',
    run: async (world) => {
      const post = await some(world, Post, fullPost);
      post.tags = post.tags.slice(1);
      await world.manager.save(post);
    },
  },
  {
    title: 'save() that replaces a many-to-many relation',
    run: async (world) => {
      const post = await some(world, Post, fullPost);
      post.tags = await two(world, Tag);
      await world.manager.save(post);
    },
  },
  {
    title: 'save() that orphans rows by emptying their foreign key',
    run: async (world) => {
      const person = (await some(world, Post, { author: true })).author ?? (await some(world, Person));
      const { posts } = await world.manager.findOneOrFail(Person, {
        where: { id: person.id },
        relations: { posts: true },
      });
      await world.manager.save(Object.assign(person, { posts: posts.slice(1) }));
    },
  },
  {
    title: 'save() that orphans rows by deleting them',
    run: async (world) => {
      const { post } = await some(world, Comment, { post: true });
      await world.manager.save(Object.assign(post, { comments: [] }));
    },
  },
  {
    title: 'save() that orphans rows by deleting them softly',
    run: async (world) => {
      const { post } = await some(world, Note, { post: true });
      await world.manager.save(Object.assign(post ?? (await some(world, Post)), { notes: [] }));
    },
  },
  {
    title: 'save() of the other side of a relation',
    run: async (world) =>
      world.manager.save(
        Object.assign(await some(world, Post), { author: world.pick([null, await make(world, Person)]) }),
      ),
  },
  {
    title: 'save() of a row named by a uuid, and of one named by text',
    run: async (world) => {
      await world.manager.save(Object.assign(await some(world, Comment), { text: `c${world.unique()}` }));
      await world.manager.save(Object.assign(await some(world, Tag), { label: `l${world.unique()}` }));
    },
  },
  {
    title: 'save() of a row with a composite key',
    run: async (world) => world.manager.save(Object.assign(await some(world, Price), { amount: world.unique() })),
  },
  {
    title: 'insert()',
    run: (world) => world.manager.insert(Item, { name: `i${world.unique()}` }),
  },
  {
    title: 'insert() of many rows, with and without ids',
    run: async (world) => {
      await world.manager.insert(Item, [{ name: 'a' }, { name: 'b' }]);
      await world.manager.insert(
        Price,
        [1, 2].map(() => ({ sku: world.unique(), currency: 'EUR', amount: 1 })),
      );
      await world.manager.insert(Comment, { text: 'c', post: await some(world, Post) });
    },
  },
  {
    title: 'insert() with the id of its own choice',
    run: (world) => world.manager.insert(Item, { id: 100_000 + world.unique(), name: 'chosen' }),
  },
  {
    title: 'insert() of text whose case and blanks a database may ignore',
    run: (world) => world.manager.insert(Tag, { slug: `ÄÖ Mixed-${world.unique()}`, label: 'x' }),
  },
  {
    title: 'upsert() of an existing row by its id',
    run: async (world) => {
      const { sku, currency } = await some(world, Price);
      await world.manager.upsert(Price, { sku, currency, amount: world.unique() }, ['sku', 'currency']);
    },
  },
  {
    title: 'upsert() by a unique column, of an existing and of a new row',
    run: async (world) => {
      const { email } = await some(world, Person);
      const n = world.unique();
      await world.manager.upsert(
        Person,
        [
          { email, name: `u${n}` },
          { email: `u${n}@x`, name: 'new' },
        ],
        ['email'],
      );
    },
  },
  {
    title: 'upsert() of text in another case',
    run: async (world) => {
      const { slug } = await some(world, Tag);
      await world.manager.upsert(Tag, { slug: slug.toUpperCase(), label: `l${world.unique()}` }, ['slug']);
    },
  },
  {
    title: 'update() by id',
    run: async (world) => world.manager.update(Item, (await some(world, Item)).id, { name: `i${world.unique()}` }),
  },
  {
    title: 'update() by a list of ids',
    run: async (world) =>
      world.manager.update(
        Item,
        (await two(world, Item)).map(({ id }) => id),
        { name: `i${world.unique()}` },
      ),
  },
  {
    title: 'update() by a composite id',
    run: async (world) => {
      const { sku, currency } = await some(world, Price);
      await world.manager.update(Price, { sku, currency }, { amount: world.unique() });
    },
  },
  {
    title: 'update() by part of a composite id',
    run: async (world) =>
      world.manager.update(Price, { sku: (await some(world, Price)).sku }, { amount: world.unique() }),
  },
  {
    title: 'update() by other columns',
    run: async (world) =>
      world.manager.update(Person, { age: (await some(world, Person)).age }, { name: `n${world.unique()}` }),
  },
  {
    title: 'update() by several alternatives',
    run: async (world) => {
      const [first, second] = await two(world, Item);
      const criteria = [{ id: first.id }, { name: second.name }];
      await world.manager
        .createQueryBuilder()
        .update(Item)
        .set({ name: `i${world.unique()}` })
        .where(criteria)
        .execute();
    },
  },
  {
    title: 'update() by the key of text in another case',
    run: async (world) =>
      world.manager.update(Tag, { slug: (await some(world, Tag)).slug.toLowerCase() }, { label: `l${world.unique()}` }),
  },
  {
    title: 'update() that hits nothing',
    mayChangeNothing: true,
    run: (world) => world.manager.update(Item, -1, { name: 'nobody' }),
  },
  { title: 'updateAll()', run: (world) => world.manager.updateAll(Item, { counter: world.unique() }) },
  {
    title: 'update() of a primary key',
    run: async (world) => world.manager.update(Price, await some(world, Price), { sku: world.unique() }),
  },
  {
    title: 'update() of a primary key that others follow',
    run: async (world) => {
      await some(world, Town);
      const { code } = await some(world, Country);
      await world.manager.update(Country, { code }, { code: letters(300 + world.unique()) });
    },
  },
  {
    title: 'update() of part of a primary key that others follow',
    run: async (world) => {
      const { region } = await some(world, Town, { region: true });
      const { countryCode, name } = region ?? (await some(world, Region));
      await world.manager.update(Region, { countryCode, name }, { name: `r${world.unique()}` });
    },
  },
  {
    title: 'update() of a unique column that others follow',
    run: async (world) => {
      const { person } = await some(world, Badge, { person: true });
      await world.manager.update(Person, person.id, { email: `n${world.unique()}@x` });
    },
  },
  {
    title: 'increment() and decrement() by id',
    run: async (world) => {
      await world.manager.increment(Item, { id: (await some(world, Item)).id }, 'counter', 2);
      await world.manager.decrement(Item, { id: (await some(world, Item)).id }, 'counter', 1);
    },
  },
  {
    title: 'increment() by other columns',
    run: async (world) => world.manager.increment(Item, { name: (await some(world, Item)).name }, 'counter', 1),
  },
  { title: 'delete() by id', run: async (world) => world.manager.delete(Item, (await some(world, Item)).id) },
  {
    title: 'delete() by a list of ids',
    run: async (world) =>
      world.manager.delete(
        Item,
        (await two(world, Item)).map(({ id }) => id),
      ),
  },
  {
    title: 'delete() by other columns',
    run: async (world) => world.manager.delete(Item, { name: (await some(world, Item)).name }),
  },
  {
    title: 'delete() of a composite key',
    run: async (world) => {
      const { sku, currency } = await some(world, Price);
      await world.manager.delete(Price, { sku, currency });
    },
  },
  {
    title: 'delete() of a uuid, spelled otherwise where the database knows what it is',
    run: async (world) => {
      const { id } = await some(world, Comment);
      await world.manager.delete(Comment, world.database.family === 'sqlite' ? id : id.toUpperCase());
    },
  },
  {
    title: 'delete() whose row others are deleted with, three tables deep',
    run: async (world) => {
      const { post } = await some(world, Comment, { post: { author: true } });
      if (post.author) await world.manager.delete(Person, post.author.id);
      else await world.manager.delete(Post, post.id);
    },
  },
  {
    title: 'delete() whose row empties foreign keys',
    run: async (world) => {
      const person = await some(world, Person, { profile: true });
      await world.manager.delete(Profile, (person.profile ?? (await some(world, Profile))).id);
    },
  },
  {
    title: 'delete() whose row others of its own table are deleted with',
    run: async (world) => {
      const part = await some(world, Part, { whole: true });
      await world.manager.delete(Part, (part.whole ?? part).id);
    },
  },
  {
    title: 'delete() at the beginning of a chain that ends in emptied keys',
    run: async (world) => {
      const { region } = await some(world, Town, { region: true });
      await world.manager.delete(Country, region?.countryCode ?? (await some(world, Country)).code);
    },
  },
  {
    title: 'deleteAll()',
    prepare: (world) => make(world, Scrap),
    run: (world) => world.manager.deleteAll(Scrap),
  },
  { title: 'remove()', run: async (world) => world.manager.remove(await some(world, Item)) },
  {
    title: 'remove() of many rows',
    prepare: (world) => make(world, Scrap),
    run: async (world) => world.manager.remove(await two(world, Scrap)),
  },
  {
    title: 'remove() of a row with a composite key',
    run: async (world) => world.manager.remove(await some(world, Price)),
  },
  {
    title: 'remove() of a row with many-to-many relations',
    run: async (world) => world.manager.remove(await some(world, Post, fullPost)),
  },
  { title: 'softDelete() by id', run: async (world) => world.manager.softDelete(Note, (await some(world, Note)).id) },
  {
    title: 'softDelete() by other columns',
    run: async (world) => world.manager.softDelete(Note, { text: (await some(world, Note)).text }),
  },
  {
    title: 'restore() by id and by other columns',
    run: async (world) => {
      const note = await some(world, Note);
      await world.manager.softDelete(Note, note.id);
      await world.manager.restore(Note, note.id);
      await world.manager.softDelete(Note, note.id);
      await world.manager.restore(Note, { text: note.text });
    },
  },
  {
    title: 'softRemove() and recover()',
    run: async (world) => {
      const note = await make(world, Note);
      await world.manager.softRemove(note);
      if (world.pick([true, false])) await world.manager.recover(note);
    },
  },
  { title: 'save() into a closure table', run: (world) => make(world, ClosureNode) },
  {
    title: 'save() that moves a branch of a closure table',
    run: async (world) => {
      const parent = await world.manager.save(world.manager.create(ClosureNode, { name: 'parent' }));
      const child = await world.manager.save(world.manager.create(ClosureNode, { name: 'child', parent }));
      const other = await some(world, ClosureNode);
      if (other.id !== child.id) child.parent = other;
      child.name = 'moved';
      await world.manager.save(child);
    },
  },
  {
    title: 'remove() of a leaf of a closure table',
    run: async (world) => world.manager.remove(await youngest(world, ClosureNode)),
  },
  {
    title: 'delete() of a branch of a closure table',
    run: async (world) => {
      const node = await some(world, ClosureNode, { parent: true });
      await world.manager.delete(ClosureNode, (node.parent ?? node).id);
    },
  },
  { title: 'save() into a nested set', run: (world) => make(world, NestedNode) },
  {
    title: 'remove() from a nested set',
    run: async (world) => world.manager.remove(await youngest(world, NestedNode)),
  },
  { title: 'save() into a materialized path', run: (world) => make(world, PathNode) },
  {
    title: 'save() that moves a branch of a materialized path',
    run: async (world) => {
      const parent = await world.manager.save(world.manager.create(PathNode, { name: 'parent' }));
      const child = await world.manager.save(world.manager.create(PathNode, { name: 'child', parent }));
      await world.manager.save(world.manager.create(PathNode, { name: 'grandchild', parent: child }));
      const [target] = await world.manager.find(PathNode, { order: { id: 'ASC' }, take: 1 });
      if (target.id !== child.id && target.id !== parent.id) {
        await world.manager.save(Object.assign(child, { parent: target }));
      }
    },
  },
  {
    title: 'writes to a child of single table inheritance',
    run: async (world) => {
      await world.manager.save(Object.assign(await some(world, Dog), { breed: `b${world.unique()}` }));
      await world.manager.update(Cat, { lives: 9 }, { name: `c${world.unique()}` });
      await world.manager.insert(Dog, { name: 'new', breed: 'x' });
    },
  },
  {
    title: 'writes to the parent of single table inheritance',
    run: async (world) => {
      const animal = await some(world, Animal);
      await world.manager.update(Animal, animal.id, { name: `a${world.unique()}` });
      await world.manager.delete(Animal, { name: (await some(world, Animal)).name });
    },
  },
  {
    title: 'remove() of a child of single table inheritance',
    run: async (world) => world.manager.remove(await some(world, Cat)),
  },
  {
    title: 'clear()',
    standsAlone: true,
    prepare: (world) => make(world, Scrap),
    run: (world) => world.manager.clear(Scrap),
  },
  {
    title: 'a foreign key of many parts that is set',
    run: async (world) => {
      const region = await make(world, Region);
      await world.manager.update(Town, (await some(world, Town)).id, {
        region: { countryCode: region.countryCode, name: region.name },
      });
    },
  },
];

/** What only the query builders do. */
export const builderWrites: readonly WriteKind[] = [
  {
    title: 'insert().values()',
    run: (world) =>
      world.manager
        .createQueryBuilder()
        .insert()
        .into(Item)
        .values([{ name: 'q' }, { name: () => "'from ' || 'sql'" }])
        .execute(),
    on: (database) => database.family !== 'mysql',
  },
  {
    title: 'insert().orIgnore() of an existing and of a new row',
    run: async (world) => {
      const { sku, currency } = await some(world, Price);
      const values = [
        { sku, currency, amount: -1 },
        { sku: world.unique(), currency, amount: 2 },
      ];
      await world.manager.createQueryBuilder().insert().into(Price).values(values).orIgnore().execute();
    },
  },
  {
    title: 'insert().orUpdate() of an existing and of a new row',
    run: async (world) => {
      const { sku, currency } = await some(world, Price);
      const values = [
        { sku, currency, amount: world.unique() },
        { sku: world.unique(), currency, amount: 2 },
      ];
      await world.manager
        .createQueryBuilder()
        .insert()
        .into(Price)
        .values(values)
        .orUpdate(['amount'], ['sku', 'currency'])
        .execute();
    },
  },
  {
    title: 'insert().orUpdate() without ids, by a unique column',
    run: async (world) => {
      const { email } = await some(world, Person);
      const values = { email, name: `o${world.unique()}` };
      await world.manager
        .createQueryBuilder()
        .insert()
        .into(Person)
        .values(values)
        .orUpdate(['name'], ['email'])
        .execute();
    },
  },
  {
    title: 'insert().valuesFromSelect()',
    run: (world) =>
      world.manager
        .createQueryBuilder()
        .insert()
        .into(Scrap, ['text'])
        .valuesFromSelect((select) => select.select('item.name').from(Item, 'item'))
        .execute(),
  },
  {
    title: 'update() with a condition written in SQL',
    run: async (world) =>
      world.manager
        .createQueryBuilder()
        .update(Item)
        .set({ name: `q${world.unique()}` })
        .where('counter > :least', { least: 1 })
        .execute(),
  },
  {
    title: 'update() with a value computed in SQL',
    run: async (world) =>
      world.manager
        .createQueryBuilder()
        .update(Item)
        .set({ counter: () => 'counter + 1' })
        .whereInIds([(await some(world, Item)).id])
        .execute(),
  },
  {
    title: 'update() without any condition',
    run: (world) =>
      world.manager
        .createQueryBuilder()
        .update(Item)
        .set({ name: `q${world.unique()}` })
        .execute(),
  },
  {
    title: 'update() of an entity that takes over what the database made',
    run: async (world) => {
      const person = await some(world, Person);
      await world.manager
        .createQueryBuilder()
        .update(Person)
        .set({ age: world.unique() })
        .whereEntity(person)
        .execute();
    },
  },
  {
    title: 'update() with a subquery in its condition',
    run: async (world) =>
      world.manager
        .createQueryBuilder()
        .update(Item)
        .set({ name: `q${world.unique()}` })
        .where('counter IN (SELECT age FROM person)')
        .orWhere('id = :id', { id: (await some(world, Item)).id })
        .execute(),
  },
  {
    title: 'delete() with a condition written in SQL',
    run: async (world) =>
      world.manager
        .createQueryBuilder()
        .delete()
        .from(Item)
        .where('name = :name', { name: (await some(world, Item)).name })
        .execute(),
  },
  {
    title: 'softDelete() and restore() with conditions written in SQL',
    run: async (world) => {
      const { text } = await some(world, Note);
      await world.manager.createQueryBuilder().softDelete().from(Note).where('text = :text', { text }).execute();
      await world.manager.createQueryBuilder().restore().from(Note).where('text <> :text', { text }).execute();
    },
  },
  {
    title: 'relation().set() and set(null) of a foreign key',
    run: async (world) => {
      const [post, person] = [await some(world, Post), await some(world, Person)];
      await world.manager.createQueryBuilder().relation(Post, 'author').of(post.id).set(person.id);
      await world.manager
        .createQueryBuilder()
        .relation(Post, 'author')
        .of((await some(world, Post)).id)
        .set(null);
    },
  },
  {
    title: 'relation().add() and remove() of one-to-many rows',
    run: async (world) => {
      const [person, [first, second]] = [await some(world, Person), await two(world, Post)];
      await world.manager.createQueryBuilder().relation(Person, 'posts').of(person.id).add([first.id, second.id]);
      await world.manager.createQueryBuilder().relation(Person, 'posts').of(person.id).remove(first.id);
    },
  },
  {
    title: 'relation().add(), remove() and addAndRemove() of many-to-many rows',
    run: async (world) => {
      const [post, tag] = [await make(world, Post), await make(world, Tag)];
      const relation = world.manager.createQueryBuilder().relation(Post, 'tags').of(post.id);
      await relation.add(tag.slug);
      await relation.addAndRemove([(await make(world, Tag)).slug], [tag.slug]);
      if (world.pick([true, false])) await relation.remove((await relation.loadMany<Tag>()).map(({ slug }) => slug));
    },
  },
];

/** Writes that stand for the many in the tests of transactions: one that names its row, one that does not, one that cascades. */
export async function writeALittle(world: World): Promise<void> {
  await world.manager.save(Object.assign(await some(world, Person), { age: world.unique() }));
  await world.manager.update(Item, { counter: (await some(world, Item)).counter }, { name: `t${world.unique()}` });
  await world.manager.insert(Price, { sku: world.unique(), currency: 'CHF', amount: 1 });
}
