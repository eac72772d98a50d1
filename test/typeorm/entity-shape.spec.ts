import { beforeAll, describe, expect, it } from '@jest/globals';
import { types } from 'node:util';
import { DataSource, type DataSourceOptions, type Logger } from 'typeorm';
import { BytesCodec } from '../../lib/codec/bytes/bytes-codec.js';
import { SerializedValues } from '../../lib/codec/bytes/serialized-values.js';
import { Copier } from '../../lib/codec/copy/copier.js';
import type { StoredValue } from '../../lib/codec/copy/stored-value.js';
import { describeEntityClass, findEntityClass } from '../../lib/typeorm/entities/entity-shape.js';
import { databases, openDataSource } from '../support/databases.js';
import {
  Account,
  Address,
  Animal,
  AsyncAccount,
  Author,
  Cat,
  Dog,
  Fingerprint,
  Greeter,
  Label,
  Money,
  Point,
  Post,
  Profile,
  Rating,
  Secret,
  Setting,
  Visit,
  entities,
} from './entity-shape.entities.js';

const sqljs = databases().find(({ variant }) => variant === 'sqljs')!;

/** Every difference between two values that a caller could see without calling methods, with the place it is in. */
function differences(copy: unknown, original: unknown, path = 'value', seen = new Map<object, object>()): string[] {
  if (typeof original !== 'object' || original === null)
    return Object.is(copy, original) ? [] : [`${path}: ${String(copy)}`];
  if (typeof copy !== 'object' || copy === null) return [`${path}: ${String(copy)}`];
  if (copy === original) return [`${path}: is shared`];
  if (seen.has(original)) return seen.get(original) === copy ? [] : [`${path}: other shared reference`];
  seen.set(original, copy);
  if (Object.getPrototypeOf(copy) !== Object.getPrototypeOf(original)) return [`${path}: other prototype`];
  if (types.isDate(original)) return (copy as Date).getTime() === original.getTime() ? [] : [`${path}: other time`];
  if (types.isUint8Array(original))
    return Buffer.compare(original, copy as Buffer) === 0 ? [] : [`${path}: other bytes`];
  if (types.isMap(original)) return differences([...(copy as Map<unknown, unknown>)], [...original], path, seen);
  if (types.isSet(original)) return differences([...(copy as Set<unknown>)], [...original], path, seen);
  const names = Reflect.ownKeys(original);
  const found: string[] = [];
  if (names.join() !== Reflect.ownKeys(copy).join()) found.push(`${path}: keys ${Reflect.ownKeys(copy).join()}`);
  for (const name of names) {
    const { value: ours, ...how } = Object.getOwnPropertyDescriptor(copy, name) ?? {};
    const { value: theirs, ...howTheirs } = Object.getOwnPropertyDescriptor(original, name)!;
    const place = `${path}.${String(name)}`;
    for (const part of Object.keys(howTheirs) as (keyof typeof howTheirs)[]) {
      // Getters are made for each instance; which database they ask has a test of its own.
      if (String(how[part]) !== String(howTheirs[part])) found.push(`${place}: other ${part}`);
    }
    found.push(...differences(ours, theirs, place, seen));
  }
  return found;
}

class Statements implements Partial<Logger> {
  readonly texts: string[] = [];
  logQuery(query: string, parameters?: unknown[]): void {
    if (/^(?:INSERT|UPDATE|DELETE)/.test(query)) this.texts.push(`${query} ${JSON.stringify(parameters)}`);
  }
  logQueryError(): void {}
  logQuerySlow(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}
}

/** What the cache keeps of a value, and what it hands out. */
interface Keeper {
  store(value: unknown): StoredValue;
}

const forms = [
  { form: 'a copy', keep: (of: () => DataSource[]): Keeper => new Copier(describeEntityClass(of)) },
  {
    form: 'a value decoded from bytes',
    keep: (of: () => DataSource[]): Keeper =>
      new SerializedValues(new BytesCodec({ describe: describeEntityClass(of), find: findEntityClass(of) })),
  },
];

describe.each(forms)('$form of what TypeORM loaded', ({ form, keep }) => {
  const isBytes = form !== 'a copy';
  const statements = new Statements();
  let dataSource: DataSource;
  let keeper: Keeper;

  function store<T>(value: T): { copy: () => T } {
    const stored = keeper.store(value);
    if (!isBytes) expect(differences(stored.value, value)).toEqual([]);
    return { copy: () => stored.copy(stored.value) as T };
  }

  function copyOf<T>(value: T): T {
    return store(value).copy();
  }

  /** Copies twice, the way two callers get theirs, and demands that neither differs from the original nor shares with it. */
  function exactCopyOf<T>(value: T): T {
    const stored = store(value);
    const copies = [stored.copy(), stored.copy()] as const;
    expect(differences(copies[0], value)).toEqual([]);
    expect(differences(copies[1], value)).toEqual([]);
    expect(differences(copies[0], copies[1])).toEqual([]);
    return copies[0];
  }

  beforeAll(async () => {
    const extra = { logging: true, logger: statements } as unknown as Partial<DataSourceOptions>;
    dataSource = await openDataSource(sqljs, entities, extra);
    keeper = keep(() => [dataSource]);
    const manager = dataSource.manager;
    const mentor = await manager.save(manager.create(Author, { name: 'Mentor', address: {} }));
    const author = await manager.save(
      manager.create(Author, {
        name: 'Ada',
        mentor,
        photo: Buffer.from([1, 2, 3]),
        balance: 12_345_678_901_234_567_890n,
        settings: { theme: 'dark', nested: { list: [1, 2] } },
        nicknames: ['a', 'd'],
        income: new Money('12.50', 'EUR'),
        secret: new Secret('hush'),
        fingerprint: new Fingerprint(Buffer.from([7, 8])),
        visits: new Map([['at', new Date('2024-01-02T03:04:05.678Z')]]),
        address: {
          street: 'High St',
          city: 'Town',
          since: new Date('2020-05-06T07:08:09Z'),
          point: { latitude: 1.5, longitude: 2.5 },
        },
      }),
    );
    await manager.save(
      [1, 2].map((id) => Object.assign(new Label(), { id, rating: Object.assign(new Rating(), { stars: id + 2 }) })),
    );
    for (const title of ['First', 'Second'])
      await manager.query('INSERT INTO post (title, authorId) VALUES (?, 2)', [title]);
    await manager.createQueryBuilder().relation(Post, 'labels').of(1).add([1, 2]);
    await manager.save(manager.create(Profile, { text: 'Hello', author }));
    await manager.save(manager.create(Dog, { name: 'Rex', breed: 'Collie', owner: author }));
    await manager.save(manager.create(Cat, { name: 'Tom', lives: 9, owner: author }));
    await manager.save(
      Object.assign(new Account(), {
        holder: 'Ada Byron',
        pin: '1815',
        rating: Object.assign(new Rating(), { stars: 5 }),
      }),
    );
    await manager.save(new AsyncAccount());
    await manager.save('setting', [
      { key: 'a', value: new Date(0) },
      { key: 'b', value: null },
    ]);
    await manager.save(Object.assign(new Visit(), { at: new Date(86_400_000) }));
  });

  const findAda = (options: object = {}): Promise<Author> =>
    dataSource.manager.findOneOrFail(Author, { where: { name: 'Ada' }, ...options });

  it('is of its class, and so is everything embedded in it and made by its transformers', async () => {
    const copy = exactCopyOf(await findAda({ relations: { mentor: true } }));

    expect(copy).toBeInstanceOf(Author);
    expect(copy.shouted).toBe('ADA');
    expect(copy.address).toBeInstanceOf(Address);
    expect(copy.address.line).toBe('High St, Town');
    expect(copy.address.since).toEqual(new Date('2020-05-06T07:08:09Z'));
    expect(copy.address.point).toBeInstanceOf(Point);
    expect(copy.income).toBeInstanceOf(Money);
    expect(copy.income!.written).toBe('12.50 EUR');
    expect(copy.balance).toBe(12_345_678_901_234_567_890n);
    expect([...copy.photo!]).toEqual([1, 2, 3]);
    expect(copy.visits!.get('at')).toEqual(new Date('2024-01-02T03:04:05.678Z'));
    expect(copy.postCount).toBe(2);
    expect(copy.mentor).toBeInstanceOf(Author);
  });

  it('has value objects with private state of its own, made by the transformer of their column', async () => {
    const original = await findAda();
    const copy = exactCopyOf(original);

    expect(copy.secret!.reveal()).toBe('hush');
    expect(copy.fingerprint!.bytes).toEqual(original.fingerprint!.bytes);
    copy.fingerprint!.bytes[0] = 99;
    expect(original.fingerprint!.bytes[0]).toBe(7);
    expect(exactCopyOf(original).fingerprint!.bytes[0]).toBe(7);
  });

  it('keeps what @AfterLoad put beside the columns', async () => {
    const copy = exactCopyOf(await findAda());

    expect(copy.greeting).toBe('I am Ada');
    expect(copy.seen).toEqual(new Set(['Ada']));
  });

  it('lets its caller change anything without anybody else noticing', async () => {
    const original = await findAda({ relations: { mentor: true } });
    const stored = store(original);
    const changed = stored.copy();
    changed.name = 'Eve';
    changed.born.setFullYear(1900);
    changed.photo![0] = 42;
    changed.settings!.nested.list.push(3);
    changed.nicknames!.length = 0;
    (changed.income as { amount: string }).amount = '0';
    changed.address.point.latitude = null;
    changed.address.since!.setTime(0);
    changed.visits!.clear();
    changed.seen!.add('x');
    changed.mentor!.name = 'Nobody';

    expect(differences(stored.copy(), original)).toEqual([]);
    expect((await findAda()).name).toBe(original.name);
    expect(original.settings!.nested.list).toEqual([1, 2]);
  });

  it('loads a lazy relation that was not loaded, from its own database', async () => {
    const copy = exactCopyOf(await findAda());
    expect(Object.keys(copy)).not.toContain('__posts__');

    const posts = await copy.posts;

    expect(posts.map(({ title }) => title)).toEqual(['First', 'Second']);
    expect(await copy.profile).toBeInstanceOf(Profile);
    expect(await (await copy.posts)[0].author).toBeInstanceOf(Author);
  });

  it('holds a lazy relation that was loaded, apart from that of the original', async () => {
    const original = await findAda({ relations: { posts: true, profile: true } });
    const copy = exactCopyOf(original);

    (await copy.posts)[0].title = 'Changed';
    expect((await original.posts)[0].title).toBe('First');
    expect((await copy.posts)[0]).toBeInstanceOf(Post);
    expect((await copy.profile)!.text).toBe('Hello');
  });

  it('forgets a lazy relation that was still loading, and loads it when asked', async () => {
    const original = await findAda();
    const loading = original.posts;

    const stored = keeper.store(original);
    const copy = stored.copy(stored.value) as Author;

    expect(Object.keys(copy)).not.toContain('__promise_posts__');
    expect((await copy.posts).length).toBe(2);
    expect(await copy.posts).not.toBe(await loading);
  });

  it('asks the DataSource that loaded it for a lazy relation, when several know its class', async () => {
    const other = await openDataSource(sqljs, entities);
    await other.manager.save(other.manager.create(Author, { name: 'Other', address: {} }));
    const both = keep(() => [other, dataSource]);
    const ada = await findAda();
    if (isBytes) {
      // Bytes have no getters, and nothing else of an instance tells where it came from.
      expect(() => both.store(ada)).toThrow(/result\.\w+\. Load the relation eagerly/);
      return;
    }
    const stored = both.store(ada);

    expect((await (stored.copy(stored.value) as Author).posts).length).toBe(2);
  });

  it('has every related row in the class of its inheritance', async () => {
    const copy = exactCopyOf(await findAda({ relations: { animals: true }, order: { animals: { id: 'ASC' } } }));

    expect(copy.animals.map((animal) => animal.constructor)).toEqual([Dog, Cat]);
    expect((copy.animals[0] as Dog).bark()).toBe('Rex barks');
    expect((copy.animals[1] as Cat).lives).toBe(9);
    expect(exactCopyOf(await dataSource.manager.find(Animal)).map((animal) => animal.constructor)).toEqual([Dog, Cat]);
  });

  it('has the relation ids and, where only ids were asked for, ids in place of relations', async () => {
    const post = await dataSource.manager.findOneOrFail(Post, {
      where: { title: 'First' },
      relations: { labels: true },
    });
    const copy = exactCopyOf(post);
    expect([copy.authorId, copy.labelIds]).toEqual([2, [1, 2]]);
    expect(copy.labels[0].rating.shown()).toBe('***');

    const withIds = await dataSource.manager.findOneOrFail(Dog, { where: {}, loadRelationIds: true });
    expect(exactCopyOf(withIds).owner).toBe(2);
  });

  it('has only what a partial select loaded, and what was mapped to other properties', async () => {
    const partial = await dataSource.manager.find(Author, {
      select: { id: true, address: { city: true } },
      order: { id: 'ASC' },
    });
    expect(exactCopyOf(partial).map(({ name, address }) => [name, address.city])).toEqual([
      [undefined, null],
      [undefined, 'Town'],
    ]);

    const mapped = await dataSource.manager
      .createQueryBuilder(Author, 'author')
      .leftJoinAndMapOne('author.first', Post, 'post', 'post.authorId = author.id')
      .leftJoinAndMapMany('author.all', Post, 'every', 'every.authorId = author.id')
      .where('author.name = :name', { name: 'Ada' })
      .getOneOrFail();
    const copy = exactCopyOf(mapped) as Author & { first: Post; all: Post[] };
    expect(copy.first).toBeInstanceOf(Post);
    expect(copy.all.length).toBe(2);
  });

  it('keeps a cycle that the caller tied, and one object where there was one', async () => {
    const [ada, mentor] = [await findAda({ relations: { mentor: true, animals: true } }), new Author()];
    for (const animal of ada.animals) animal.owner = ada;
    mentor.mentor = mentor;
    const copy = exactCopyOf({ ada, again: ada, mentor });

    expect(copy.ada.animals[0].owner).toBe(copy.ada);
    expect(copy.again).toBe(copy.ada);
    expect(copy.mentor.mentor).toBe(copy.mentor);
  });

  it('is right where a property holds something its column never does', async () => {
    const ada = await findAda();
    Object.assign(ada, {
      born: '1815',
      nicknames: new Map([[1, { deep: new Date(1) }]]),
      name: { first: 'Ada' },
      mentor: 7,
      photo: Buffer.from('text'),
    });
    expect(exactCopyOf(ada).mentor).toBe(7);
    expect(exactCopyOf(await findAda()).name).toBe('Ada');
  });

  describe('of a class with private state', () => {
    const load = (): Promise<Account> => dataSource.manager.findOneOrFail(Account, { where: {} });

    it('is made by the constructor and given its columns through their setters', async () => {
      const copy = exactCopyOf(await load());

      expect(copy).toBeInstanceOf(Account);
      expect([copy.pin, copy.holder, copy.log]).toEqual(['1815', 'Ada Byron', ['made']]);
      expect(copy.rating.shown()).toBe('*****');
      copy.pin = '0';
      copy.log.push('changed');
      expect(exactCopyOf(await load()).log).toEqual(['made']);
    });

    it('has run its @AfterLoad methods, which leave the properties as the original has them', async () => {
      const original = await load();
      expect([original.initials, original.loads]).toEqual(['AB', 1]);
      const copy = copyOf(copyOf(original));

      expect([copy.initials, copy.loads]).toEqual(['AB', 1]);
    });

    it('leaves its lazy relations to whoever asks for them', async () => {
      const copy = copyOf(await load());
      expect(Object.keys(copy).filter((name) => name.startsWith('__'))).toEqual([]);

      expect(await copy.keeper).toBeNull();
    });

    it('is refused when such a method is asynchronous, because nobody could wait for it', async () => {
      const original = await dataSource.manager.findOneOrFail(AsyncAccount, { where: {} });

      expect(() => keeper.store(original)).toThrow(/AsyncAccount\.load\(\)/);
    });
  });

  it('has the functions that its constructor binds, bound to itself', async () => {
    const { manager } = dataSource;
    await manager.insert(Greeter, [{ name: 'Ada' }, { name: 'Grace' }]);
    const stored = keeper.store(await manager.find(Greeter, { order: { id: 'ASC' } }));
    const [copies, others] = [0, 1].map(() => stored.copy(stored.value) as Greeter[]);
    copies[0].name = 'Charles';
    expect([...copies, ...others].map((greeter) => greeter.greet())).toEqual([
      'Hello, Charles',
      'Hello, Grace',
      'Hello, Ada',
      'Hello, Grace',
    ]);
    expect(copies[1]).toBeInstanceOf(Greeter);
  });

  it('is made without its constructor where that has nothing to bind and nothing to hide', async () => {
    const { manager } = dataSource;
    await manager.insert(Greeter, { name: 'Ada' });
    const [greeter] = await manager.find(Greeter, { take: 1 });
    Reflect.deleteProperty(greeter, 'greet');
    const { made } = Greeter;
    exactCopyOf(greeter);
    expect(Greeter.made).toBe(made);
  });

  it('is a plain object where the entity has no class, and of the class where its schema has one', async () => {
    const settings = exactCopyOf(await dataSource.manager.find(Setting, { order: { key: 'ASC' } }));
    expect(settings).toEqual([
      { key: 'a', value: new Date(0) },
      { key: 'b', value: null },
    ]);

    expect(exactCopyOf(await dataSource.manager.find(Visit))[0]).toBeInstanceOf(Visit);
  });

  describe('goes back into the database', () => {
    const written = async (write: () => Promise<unknown>): Promise<string[]> => {
      statements.texts.length = 0;
      await write();
      return [...statements.texts];
    };

    it('by save(), which finds nothing to write when nothing was changed', async () => {
      const copy = exactCopyOf(
        await findAda({ relations: { mentor: true, animals: true, posts: true, profile: true } }),
      );

      expect(await written(() => dataSource.manager.save(copy))).toEqual([]);
    });

    it('by save(), which writes the changed columns and no others', async () => {
      const copy = exactCopyOf(await findAda());
      copy.nicknames!.push('x');
      copy.address.city = 'City';
      copy.income = new Money('13.00', 'EUR');

      const [update, ...others] = await written(() => dataSource.manager.save(copy));

      expect(others).toEqual([]);
      expect(update).toMatch(/^UPDATE "author" SET [^W]*WHERE/);
      const columns = [...update.split(' WHERE ')[0].matchAll(/"(\w+)" = \?/g)].map(([, column]) => column);
      expect(columns.sort()).toEqual(['addressCity', 'income', 'nicknames']);
      const again = await findAda();
      expect([again.nicknames, again.address.city, again.income]).toEqual([
        ['a', 'd', 'x'],
        'City',
        new Money('13.00', 'EUR'),
      ]);
    });

    it('by save() of an instance with private state', async () => {
      const copy = exactCopyOf(await dataSource.manager.findOneOrFail(Account, { where: {} }));
      copy.pin = '1852';
      copy.rating.stars = 1;

      const [update] = await written(() => dataSource.manager.save(copy));

      expect(update).toContain('UPDATE "account" SET "pin" = ?, "ratingStars" = 1 WHERE');
      expect((await dataSource.manager.findOneOrFail(Account, { where: {} })).pin).toBe('1852');
    });

    it('by merge(), and away from it by remove()', async () => {
      const dog = exactCopyOf(await dataSource.manager.findOneOrFail(Dog, { where: { name: 'Rex' } }));
      dataSource.manager.merge(Dog, dog, { breed: 'Husky' });
      expect((await written(() => dataSource.manager.save(dog)))[0]).toContain('SET "breed" = ?');

      const again = exactCopyOf(await dataSource.manager.findOneOrFail(Dog, { where: { breed: 'Husky' } }));
      expect(await written(() => dataSource.manager.remove(again))).toEqual([
        'DELETE FROM "animal" WHERE ( "id" = 1 ) AND ( "kind" IN (?) ) ["Dog"]',
      ]);
      expect(again.id).toBeUndefined();
    });
  });
});
