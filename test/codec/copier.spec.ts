import { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { runInNewContext } from 'node:vm';
import { describe as group, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Copier } from '../../lib/codec/copy/copier.js';
import { runInChildProcess } from './child-process.js';
import { Author, Post, Tag, describe, describing, make, post } from './shapes.js';

const twice = <T>(value: T, copier = new Copier(describe)): [T, T] => {
  const stored = copier.store(value);
  return [stored.copy(stored.value), stored.copy(stored.value)];
};

/** Every object reachable from a value, also through Maps, Sets, and own hidden or symbol-named data. */
function objectsIn(value: unknown, found = new Set<object>()): Set<object> {
  if (typeof value !== 'object' || value === null || found.has(value)) return found;
  found.add(value);
  if (value instanceof Map || value instanceof Set) for (const part of [...value].flat()) objectsIn(part, found);
  if (ArrayBuffer.isView(value)) return found;
  for (const name of Reflect.ownKeys(value)) {
    objectsIn(Object.getOwnPropertyDescriptor(value, name)!.value, found);
  }
  return found;
}

/** The rule of the room: no object of one copy, of another, or of the original is in two of them. */
function expectApart(...values: unknown[]): void {
  const found = values.map((value) => objectsIn(value));
  for (const [at, objects] of found.entries()) {
    for (const other of found.slice(at + 1)) for (const object of objects) expect(other.has(object)).toBe(false);
  }
}

group('the copy a caller gets', () => {
  it('is an instance of the same classes with every kind of column intact, and shares no object with anybody', () => {
    const original = [post(1), post(2, { author: null, tags: [], cover: null }), post(3)];
    const stored = new Copier(describe).store(original);
    const copies = [stored.copy(stored.value), stored.copy(stored.value)];
    for (const copy of copies) {
      expect(copy).toStrictEqual(original);
      expect(copy[0]).toBeInstanceOf(Post);
      expect(copy[0].author).toBeInstanceOf(Author);
      expect(copy[0].greet()).toBe('post title 1');
      expect(Buffer.isBuffer(copy[0].cover)).toBe(true);
      expect(Object.keys(copy[0])).toEqual(Object.keys(original[0]));
    }
    expectApart(original, stored.value, ...copies);
  });

  it('is out of reach: what one caller does to it, no other caller and no later copy sees', () => {
    const original = [post(1)];
    const stored = new Copier(describe).store(original);
    const vandal = stored.copy(stored.value)[0];
    vandal.createdAt.setTime(0);
    vandal.cover!.fill(0);
    vandal.tags.push(new Tag());
    vandal.author!.name = 'changed';
    original[0].tags[0].name = 'changed';
    original[0].cover!.fill(9);
    expect(stored.copy(stored.value)).toStrictEqual([post(1)]);
  });

  it.each([[undefined], [null], [0], [-0], [''], [false], [1n], [Number.NaN], [Symbol.iterator]])(
    '%p is itself, because nobody can change it',
    (value) => {
      const stored = new Copier(describe).store(value);
      expect(stored.copy(stored.value)).toBe(value);
    },
  );

  it('keeps absent properties absent and the order of the others, so that a partial select stays one', () => {
    const partial = Object.assign(Object.create(Post.prototype) as Post, { title: 'only', id: 1n });
    const withUndefined = Object.assign(Object.create(Post.prototype) as Post, { id: 1n, title: undefined });
    for (const original of [partial, withUndefined, [partial, post(2), withUndefined]]) {
      const [copy] = twice(original);
      expect(copy).toStrictEqual(original);
    }
    expect(Object.keys(twice(partial)[0])).toEqual(['title', 'id']);
    expect('author' in twice(partial)[0]).toBe(false);
  });

  it('stays right for values stored before other values widened what a class is known to hold', () => {
    const copier = new Copier(describe);
    const values: unknown[] = [
      post(1),
      post(2, { author: null }),
      [post(3), post(4, { tags: [] })],
      post(5, { title: { weird: ['json', new Date(5)] } as never }),
      post(6, { author: make(Author, { id: 6, posts: [post(7)] }) }),
      post(8, { author: make(Author, { name: 'less' }), createdAt: '2020' as never }),
      post(9, { author: [make(Tag, {})] as never }),
      [[post(10)], 1],
      { items: [post(11)], total: 1 },
      [make(Tag, { id: 1 }), make(Author, { id: 2 }), post(12), { plain: true }, null, 'text'],
      [[[[[post(13)]]]]],
    ];
    const stored = values.map((value) => copier.store(value));
    for (const [at, { value, copy }] of stored.entries()) {
      expect(copy(value)).toStrictEqual(values[at]);
      expectApart(values[at], value, copy(value), copy(value));
    }
  });

  it('is of the class of each element where a relation holds several, as single-table inheritance does', () => {
    class Animal {
      id = 0;
    }
    class Cat extends Animal {
      lives = 9;
    }
    class Dog extends Animal {
      tricks = ['sit'];
    }
    const original = { zoo: [new Cat(), new Dog(), new Animal(), new Cat()] };
    const [copy, other] = twice(original, new Copier(describing([Cat, {}], [Dog, {}], [Animal, {}])));
    expect(copy).toStrictEqual(original);
    expect(copy.zoo.map((animal) => animal.constructor)).toEqual([Cat, Dog, Animal, Cat]);
    expectApart(original, copy, other);
  });

  it('is of the class of each element also where several classes have the same columns', () => {
    class Cat {
      lives = 9;
    }
    class Lion {
      lives = 1;
    }
    const original = { zoo: [new Cat(), new Lion(), new Cat()] };
    const [copy] = twice(original, new Copier(describing([Cat, {}], [Lion, {}])));
    expect(copy.zoo.map((animal) => animal.constructor)).toEqual([Cat, Lion, Cat]);
  });

  it('tells apart nested entities of one class that were loaded with different columns and relations', () => {
    const copier = new Copier(describe);
    const bare = <T extends object>(Class: { prototype: T }, state: Partial<T>) =>
      Object.assign(Object.create(Class.prototype) as T, state);
    const values = [
      bare(Post, { id: 1n, author: bare(Author, { id: 1 }) }),
      bare(Post, { id: 2n, author: bare(Author, { id: 1, name: 'a' }) }),
      bare(Post, { id: 3n, author: bare(Author, { id: 1, posts: [bare(Post, { id: 4n })] }) }),
      bare(Post, { id: 5n, author: bare(Author, { name: 'x', createdAt: new Date(0) }) }),
      bare(Post, { id: 6n, author: bare(Author, { name: 'x', id: 1 }) }),
      bare(Post, { id: 7n, author: bare(Author, { createdAt: new Date(0) }) }),
    ];
    for (const value of [...values, values]) copier.store(value);
    for (const value of values) {
      const [copy] = twice(value, copier);
      expect(copy).toStrictEqual(value);
      expect(Object.keys(copy.author!)).toEqual(Object.keys(value.author!));
    }
  });

  it('keeps the order of properties also where only their order tells two nested entities apart', () => {
    const bare = (state: object) => Object.assign(Object.create(Tag.prototype) as Tag, state);
    const orders = [bare({ id: 1, name: 'a' }), bare({ name: 'b', id: 2 })];
    const [copy] = twice({ tags: orders });
    expect(copy.tags.map((tag) => Object.keys(tag))).toEqual(orders.map((tag) => Object.keys(tag)));
  });

  it('stays right when data is keyed by data, so that no two answers are alike', () => {
    const copier = new Copier(describe);
    for (let at = 0; at < 600; at++) {
      const original = { [`key ${at}`]: { [`inner ${at}`]: [at, new Date(at)], none: null } };
      const [copy, other] = twice(original, copier);
      expect(copy).toStrictEqual(original);
      expectApart(original, copy, other);
    }
  });

  it('does not run constructors, whose side effects belong to the making of new rows', () => {
    let constructed = 0;
    class Counting {
      id = ++constructed;
    }
    const original = new Counting();
    const [copy] = twice(original, new Copier(describing([Counting, { id: 'plain' }])));
    expect(copy.id).toBe(1);
    expect(constructed).toBe(1);
  });

  it('holds what was added after the load: extra, hidden and symbol-named properties', () => {
    const marker = Symbol('marker');
    const original = Object.assign(post(1), {
      fullTitle: 'computed',
      extra: { deep: [new Date(1)] },
      [marker]: { a: 1 },
    });
    Object.defineProperty(original, 'hidden', { value: { b: 2 }, enumerable: false, writable: false });
    const [copy, other] = twice(original);
    expect(copy).toStrictEqual(original);
    expect(copy[marker]).toEqual({ a: 1 });
    expect(Object.getOwnPropertyDescriptor(copy, 'hidden')).toEqual(
      Object.getOwnPropertyDescriptor(original, 'hidden'),
    );
    expectApart(original, copy, other);
  });

  it('holds a property that is only hidden, or only named by a symbol, also among others of the class without it', () => {
    const marker = Symbol('marker');
    const marked = Object.assign(make(Tag, { id: 1 }), { [marker]: [1] });
    const hidden = Object.defineProperty(make(Tag, { id: 2 }), 'hidden', { value: [2] });
    for (const original of [
      [make(Tag, { id: 3 }), marked],
      [make(Tag, { id: 3 }), hidden],
    ]) {
      const [copy, other] = twice(original);
      expect(Reflect.ownKeys(copy[1])).toEqual(Reflect.ownKeys(original[1]));
      expectApart(original, copy, other);
    }
    for (const list of [Object.assign([1, 2], { [marker]: 1 }), Object.assign([1, 2], { total: 2 })]) {
      expect(Reflect.ownKeys(twice({ list })[0].list)).toEqual(Reflect.ownKeys(list));
    }
  });

  it('holds what was added to a Date, beside others that are nothing but their time', () => {
    const original = { days: [new Date(0), Object.assign(new Date(1), { zone: ['UTC'] })] };
    const [copy, other] = twice(original);
    expect(copy.days[1]).toHaveProperty('zone', ['UTC']);
    expect(copy).toStrictEqual(original);
    expectApart(original, copy, other);
  });

  it('takes the value of an own getter, because its closure may reach what all copies would share', () => {
    let shared = 1;
    const original = { get count() { return shared; }, set count(value) { shared = value; } }; // prettier-ignore
    const [copy] = twice(original);
    copy.count = 5;
    expect(shared).toBe(1);
    expect(twice(original)[0].count).toBe(1);
  });

  it('of a number that says itself which class it is of, as those of decimal.js and big.js do, says so too', () => {
    function Decimal(this: { constructor: unknown; digits: number[] }, text: string) {
      this.constructor = Decimal;
      this.digits = text.split('').map(Number);
    }
    Decimal.prototype = { toString: () => 'a number' };
    for (const mode of ['clone', 'freeze'] as const) {
      const original = { total: Reflect.construct(Decimal, ['125']) as { constructor: unknown; digits: number[] } };
      const [copy, other] = twice(original, new Copier(describe, { mode }));
      expect(copy).toStrictEqual(original);
      expect(copy.total).toBeInstanceOf(Decimal);
      expect(copy.total.constructor).toBe(Decimal);
      if (mode === 'clone') expectApart(original, copy, other);
      else expect(copy).toBe(other);
    }
  });

  it('keeps cycles and shared references as they were, in itself and not with others', () => {
    const author = make(Author, { id: 1, name: 'a', createdAt: new Date(0) });
    author.posts = [post(1, { author }), post(2, { author })];
    const [copy, other] = twice(author);
    expect(copy.posts![0].author).toBe(copy);
    expect(copy.posts![1].author).toBe(copy);
    expect(copy).toStrictEqual(author);
    expectApart(author, copy, other);
    const tag = make(Tag, { id: 1, name: 'shared' });
    const [pair] = twice([tag, { tag, list: [tag] }] as const);
    expect(pair[1].tag).toBe(pair[0]);
    expect(pair[1].list[0]).toBe(pair[0]);
    const [first] = twice([tag, { tag }, new Map([[tag, tag]])] as const);
    expect(first[1].tag).toBe(first[0]);
    expect(first[2].get(first[0])).toBe(first[0]);
  });

  it('keeps what plain data can be: holes, objects without prototype, frozen parts, integer-like and magic names', () => {
    const withHoles = [1, , 3] as unknown[]; // oxlint-disable-line no-sparse-arrays
    withHoles.length = 5;
    const holeAndExtra = Object.assign([1, , 3], { extra: 1 }); // oxlint-disable-line no-sparse-arrays
    const magic = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1, "2": "b", "1": "a"}') as object;
    const bare = Object.assign(Object.create(null) as object, { a: { b: 1 } });
    const match = /(b)/.exec('abc');
    const frozen = { inner: Object.freeze({ list: [1] }), list: Object.freeze([{ a: 1 }]), date: new Date(0) };
    for (const original of [
      withHoles,
      holeAndExtra,
      magic,
      bare,
      match,
      frozen,
      { nested: [withHoles, magic, bare] },
    ]) {
      const [copy, other] = twice<unknown>(original);
      expect(copy).toStrictEqual(original);
      expectApart(original, copy, other);
    }
    expect(1 in (twice(withHoles)[0] as object)).toBe(false);
    expect(Object.getPrototypeOf(twice(bare)[0])).toBeNull();
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(1 in twice(holeAndExtra)[0]).toBe(false);
    expect(Object.isFrozen(twice(frozen)[0].inner)).toBe(true);
    expect(Object.isFrozen(twice({ list: frozen.list })[0].list)).toBe(true);
  });

  it('is shared where nobody can change it: data that came deeply frozen', () => {
    const original = Object.freeze({ list: Object.freeze([1, Object.freeze({ a: 'b' })]) });
    expect(twice(original)[0]).toBe(original);
    const withDate = Object.freeze({ at: new Date(0) });
    expect(twice(withDate)[0]).not.toBe(withDate);
    const withFrozenDate = Object.freeze({ at: Object.freeze(new Date(0)) });
    expect(twice(withFrozenDate)[0].at).not.toBe(withFrozenDate.at);
    const shallow = Object.freeze({ list: [1] });
    expect(twice(shallow)[0].list).not.toBe(shallow.list);
  });

  it('holds every builtin that can be read in full', () => {
    const pattern = /a+/giu;
    pattern.lastIndex = 3;
    const failure = new TypeError('failed', { cause: new Error('below') });
    const original = {
      map: new Map<unknown, unknown>([[{ key: 1 }, new Date(1)], ['plain', [1]]]), // prettier-ignore
      set: new Set<unknown>([{ a: 1 }, 'b']),
      pattern,
      failure,
      url: new URL('https://example.org/a?b=c#d'),
      query: new URLSearchParams('a=1&a=2'),
      bytes: new Uint8Array([1, 2, 3]),
      floats: new Float64Array([1.5, 2.5]),
      big: new BigInt64Array([5n]),
      buffer: new Uint8Array([1, 2]).buffer,
      view: new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2),
      boxed: [Object(1), Object('text'), Object(true), Object(2n)] as unknown[],
    };
    const [copy, other] = twice(original);
    for (const [name, held] of Object.entries(original)) {
      expect([name, isDeepStrictEqual(copy[name as keyof typeof copy], held)]).toEqual([name, true]);
    }
    expect(twice([new Date(Number.NaN)])[0][0].getTime()).toBeNaN();
    expect(copy.pattern.lastIndex).toBe(3);
    expect(copy.url.href).toBe(original.url.href);
    expect(copy.query.toString()).toBe('a=1&a=2');
    expect(copy.failure.stack).toBe(failure.stack);
    expect((copy.failure.cause as Error).message).toBe('below');
    expect([...new Uint8Array(copy.view.buffer)]).toEqual([2, 3]);
    expectApart(original, copy, other);
    copy.bytes[0] = 9;
    copy.url.pathname = '/changed';
    expect([other.bytes[0], other.url.pathname]).toEqual([1, '/a']);
  });

  it('of a slice of a Buffer pool holds its own bytes only, because the pool is 8 KiB and stays as long as any slice', () => {
    const stored = new Copier(describe).store({ id: Buffer.from('0123456789abcdef') });
    expect(stored.value.id.buffer.byteLength).toBe(16);
    expect(stored.copy(stored.value).id).toEqual(stored.value.id);
  });

  it('works on values of another realm, such as a test runner makes', () => {
    const foreign = runInNewContext(
      '({ at: new Date(5), list: [1, { a: 1 }], map: new Map([[1, {}]]), re: /x/g })',
    ) as {
      at: Date;
      list: unknown[];
      map: Map<unknown, unknown>;
    };
    const [copy, other] = twice(foreign);
    expect(copy.at.getTime()).toBe(5);
    expect(copy.list).toEqual(foreign.list);
    expect(copy.map.size).toBe(1);
    expect(Object.getPrototypeOf(copy.at)).toBe(Object.getPrototypeOf(foreign.at));
    expectApart(foreign, copy, other);
  });
});

group('an object whose prototype is another object', () => {
  it('keeps it, as configuration made with Object.create does', () => {
    const original = Object.assign(Object.create({ inherited: 1 }) as { inherited: number }, { own: [1] });
    const [copy, other] = twice(original);
    expect([copy.inherited, copy.own]).toEqual([1, [1]]);
    expect(Object.keys(copy)).toEqual(['own']);
    expect(copy.own).not.toBe(other.own);
  });
});

group('every plain value', () => {
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.oneof(fc.string(), fc.double(), fc.bigInt(), fc.boolean(), fc.constantFrom(null, undefined)),
      fc.date({ noInvalidDate: true }),
      fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes)),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('id', 'name', '__proto__', 'then')), tie('value'), { maxKeys: 4 }),
      fc.record({ id: tie('value'), name: tie('value') }).map((state) => make(Tag, state as never)),
      fc.uniqueArray(tie('value'), { maxLength: 3 }).map((values) => new Set(values)),
    ),
  })).value; // prettier-ignore

  it('comes back equal and apart, whatever was stored before by the same copier', () => {
    const copier = new Copier(describe);
    fc.assert(
      fc.property(value, (original) => {
        const stored = copier.store(original);
        const [first, second] = [stored.copy(stored.value), stored.copy(stored.value)];
        expect(first).toStrictEqual(original);
        expect(Number.isFinite(stored.bytes)).toBe(true);
        expectApart(original, stored.value, first, second);
      }),
      { numRuns: 500 },
    );
  });
});

group('a lazy relation', () => {
  /* oxlint-disable no-underscore-dangle -- TypeORM's names */
  /** As TypeORM defines it, on the prototype and on every instance it makes. */
  function enableLazyLoad(target: object, load: () => Promise<unknown>): void {
    Object.defineProperty(target, 'author', {
      get(this: Record<string, unknown>) {
        if (this.__has_author__ === true || this.__author__ !== undefined) return Promise.resolve(this.__author__);
        if (this.__promise_author__ !== undefined) return this.__promise_author__;
        const loading = load().then((result) => {
          this.__author__ = result;
          this.__has_author__ = true;
          delete this.__promise_author__;
          return result;
        });
        this.__promise_author__ = loading;
        return loading;
      },
      set(this: Record<string, unknown>, value: unknown) {
        this.__author__ = value;
        this.__has_author__ = true;
      },
      configurable: true,
      enumerable: false,
    });
  }

  /* oxlint-enable no-underscore-dangle */

  class Book {
    id!: number;
    declare author: Promise<Author | null>;
  }
  const copier = new Copier(describing([Book, { id: 'plain', __author__: 'one' }]));
  const load = () => Promise.resolve(make(Author, { id: 5, name: 'loaded later' }));

  it.each(['prototype', 'instance'])('that was loaded is awaited from the copy, defined on the %s', async (place) => {
    class Novel extends Book {}
    const novel = make(Novel, { id: 1 });
    enableLazyLoad(place === 'prototype' ? Novel.prototype : novel, () => Promise.reject(new Error('loaded again')));
    novel.author = make(Author, { id: 2, name: 'known' }) as never;
    const novels = new Copier(describing([Novel, { id: 'plain', __author__: 'one' }]));
    const [copy, other] = twice(novel, novels);
    expect(await copy.author).toStrictEqual(make(Author, { id: 2, name: 'known' }));
    expect(await copy.author).not.toBe(await other.author);
    expect(Object.keys(copy)).toEqual(Object.keys(novel));
  });

  it('that is loading is not waited for: the copy loads it again, lazily', async () => {
    const book = make(Book, { id: 1 });
    enableLazyLoad(book, load);
    const loading = book.author;
    const [copy, other] = twice(book, copier);
    expect('__promise_author__' in copy).toBe(false);
    expect(await copy.author).toStrictEqual(make(Author, { id: 5, name: 'loaded later' }));
    expect(await copy.author).not.toBe(await loading);
    expect('__author__' in other).toBe(false);
  });

  it('that nobody asked for stays so, and is loaded for the copy that is asked', async () => {
    const book = make(Book, { id: 1 });
    enableLazyLoad(book, load);
    const [copy, other] = twice([book], copier);
    expect(await copy[0].author).toStrictEqual(make(Author, { id: 5, name: 'loaded later' }));
    expect(Object.keys(other[0])).toEqual(['id']);
    expect(JSON.stringify(other)).toBe('[{"id":1}]');
  });

  it('stays one also in a list whose rows are of too many kinds to be told apart', async () => {
    const books = ['a', 'b', 'c', 'd', 'e'].map((column, id) => Object.assign(make(Book, { id }), { [column]: id }));
    for (const book of books) enableLazyLoad(book, load);
    const [copy] = twice(books, copier);
    for (const [at, book] of copy.entries()) {
      expect(await book.author).toStrictEqual(make(Author, { id: 5, name: 'loaded later' }));
      expect('__author__' in books[at]).toBe(false);
    }
  });
});

group('private state', () => {
  class Secret {
    id = 0;
    #name = '';
    #loads = 0;
    parent: Secret | null = null;

    get name() {
      return this.#name;
    }
    set name(name: string) {
      this.#name = name;
    }
    get loads() {
      return this.#loads;
    }
    afterLoad() {
      this.#loads++;
    }
  }
  const shape = describing([
    Secret,
    { id: 'plain', name: { kind: 'plain', isAccessor: true }, parent: 'one' },
    { afterCopy: (copy) => (copy as Secret).afterLoad() },
  ]);

  it('of an entity is rebuilt by its constructor and accessors, and its listeners run again', () => {
    const [original, parent] = [new Secret(), new Secret()];
    Object.assign(parent, { id: 1, name: 'parent', parent: original });
    Object.assign(original, { id: 2, name: 'hidden', parent });
    const [copy, other] = twice(original, new Copier(shape));
    expect([copy.id, copy.name, copy.loads, copy.parent!.name]).toEqual([2, 'hidden', 1, 'parent']);
    expect(copy.parent!.parent).toBe(copy);
    copy.name = 'changed';
    expect(other.name).toBe('hidden');
  });

  it('of an entity loaded in part leaves absent what the constructor would have given', () => {
    const original = Object.assign(new Secret(), { id: 2, name: 'partial' });
    Reflect.deleteProperty(original, 'parent');
    const [copy] = twice(original, new Copier(shape));
    expect([Object.keys(copy), copy.name]).toEqual([['id'], 'partial']);
  });

  it('of a class nobody described is refused, with where it is, what it is, and the way out', () => {
    const value = { list: [{ 'odd key': new Secret() }] };
    expect(() => new Copier(describe).store(value)).toThrow(expect.objectContaining({ code: 'UNCOPYABLE_VALUE' }));
    expect(() => new Copier(describe).store(value)).toThrow(/Secret.*result\.list\[0\]\["odd key"\].*transformer/);
  });

  class Money {
    readonly #cents: number;
    constructor(cents: number) {
      this.#cents = cents;
    }
    toJSON() {
      return this.#cents;
    }
  }
  class Order {
    id!: number;
    total!: Money | null;
  }
  const orders = (reclone?: (value: unknown) => unknown) =>
    new Copier(describing([Order, { id: 'plain', total: { kind: 'any', reclone } }]));

  it('of a value object goes through the transformer that made it', () => {
    const original = [make(Order, { id: 1, total: new Money(5) }), make(Order, { id: 2, total: null })];
    const [copy, other] = twice(
      original,
      orders((value) => new Money((value as Money).toJSON())),
    );
    expect(copy[0].total!.toJSON()).toBe(5);
    expect(copy[0].total).toBeInstanceOf(Money);
    expect(copy[1].total).toBeNull();
    expectApart(original, copy, other);
  });

  it('is refused when the transformer gives one object to all, loses state, or is missing', () => {
    const one = new Money(5);
    const value = make(Order, { id: 1, total: one });
    for (const reclone of [undefined, (money: unknown) => money, () => one, () => new Money(0), () => null]) {
      expect(() => orders(reclone).store(value)).toThrow(expect.objectContaining({ code: 'UNCOPYABLE_VALUE' }));
    }
  });

  it('that is none, as of a value object with public fields, needs no description at all', () => {
    class Point {
      constructor(
        readonly x: number,
        readonly y: number,
      ) {
        if (x === undefined) throw new Error('needs its arguments');
      }
      get sum() {
        return this.x + this.y;
      }
    }
    const original = { at: new Point(1, 2) };
    const [copy, other] = twice(original);
    expect(copy).toStrictEqual(original);
    expect(copy.at.sum).toBe(3);
    expectApart(original, copy, other);
  });

  it('that a value object shares with others, as the language of a Moment, comes from its transformer too', () => {
    const language = { format: (degrees: number) => `${degrees} °C` };
    class Celsius {
      readonly language = language;
      readonly range = { from: this };
      constructor(readonly degrees: number) {}
      toJSON(): number {
        return this.degrees;
      }
    }
    class City {
      range!: unknown;
      mean!: Celsius;
      median!: Celsius;
    }
    const reclone = (value: unknown) => new Celsius((value as Celsius).degrees);
    const described = describing([City, { mean: { kind: 'any', reclone }, median: { kind: 'any', reclone } }]);
    const mean = new Celsius(5);
    for (const mode of ['clone', 'freeze'] as const) {
      const original = make(City, { mean, median: mean });
      const [copy, other] = twice(original, new Copier(described, { mode }));
      expect(copy).toStrictEqual(original);
      expect(copy.median).toBe(copy.mean);
      expect(copy.mean.range.from).toBe(copy.mean);
      expect(new Set([original.mean, copy.mean, other.mean]).size).toBe(3);
      expect(Object.isFrozen(language)).toBe(false);
    }
    const lossy = describing([City, { mean: { kind: 'any', reclone: () => new Celsius(0) } }]);
    expect(() => new Copier(lossy).store(make(City, { mean }))).toThrow(
      expect.objectContaining({ code: 'UNCOPYABLE_VALUE', subject: 'result.mean' }),
    );
  });

  it('of a function that the constructor binds is bound anew', () => {
    class Bound {
      id = 0;
      whoAmI = () => this.id;
    }
    const original = Object.assign(new Bound(), { id: 7 });
    const [copy] = twice(original, new Copier(describing([Bound, { id: 'plain' }])));
    copy.id = 8;
    expect([original.whoAmI(), copy.whoAmI()]).toEqual([7, 8]);
  });

  it('of a function that somebody else put in the place of an inherited one is refused', () => {
    class Named {
      id = 0;
      toString(): string {
        return `number ${this.id}`;
      }
    }
    const value = Object.assign(new Named(), { toString: () => 'mine' });
    expect(() => new Copier(describing([Named, { id: 'plain' }])).store(value)).toThrow(
      expect.objectContaining({ code: 'UNCOPYABLE_VALUE', subject: 'result.toString' }),
    );
  });
});

group('what cannot be copied', () => {
  class List extends Array<number> {}
  class Moment extends Date {}
  class Handler {
    handle = () => 1;
  }
  const cyclic: unknown[] = [];
  for (let depth = 0, inner = cyclic; depth < 5000; depth++) inner.push((inner = []));

  it.each<[string, unknown]>([
    ['a function', () => 1],
    ['a method of its own', { run() {} }],
    ['a bound handler', new Handler()],
    ['a promise', { later: Promise.resolve(1) }],
    ['a WeakMap', [new WeakMap()]],
    ['a WeakRef', new WeakRef({})],
    ['a generator', (function* () {})()],
    ['an iterator', [1].values()],
    ['a formatter', new Intl.NumberFormat('en')],
    ['a stream', { body: Readable.from(['a']) }],
    ['a web stream', new ReadableStream()],
    ['an array with methods', new List(1, 2, 3)],
    ['a Date with methods', { at: new Moment() }],
    ['shared memory', new SharedArrayBuffer(1)],
    ['the arguments of a call', (function () { return arguments; })()], // prettier-ignore
    ['a list of 5,000 nested lists', cyclic],
  ])('%s is refused when it is stored, because a hit would be too late', (_, value) => {
    expect(() => new Copier(describe).store(value)).toThrow(expect.objectContaining({ code: 'UNCOPYABLE_VALUE' }));
  });
});

group('where code may not be made from text', () => {
  it('the same copies are interpreted', () => {
    const program = `
      import { Copier } from './lib/codec/copy/copier.js';
      class A { id; at; parts; }
      class B { x; }
      const make = (C, state) => Object.assign(new C(), state);
      const value = [make(A, { id: 1, at: new Date(5), parts: [make(B, { x: Buffer.from('a') }), make(A, { id: null })] }), 2];
      try { new Function(''); console.log('code was made'); } catch { }
      const stored = new Copier(() => undefined).store(value);
      const [one, two] = [stored.copy(stored.value), stored.copy(stored.value)];
      one[0].at.setTime(0); one[0].parts.pop();
      console.log(JSON.stringify(two), two[0] instanceof A, two[0].parts[0] instanceof B, two[0].at instanceof Date);
    `;
    const output = runInChildProcess(program, '--disallow-code-generation-from-strings');
    const buffer = '{"x":{"type":"Buffer","data":[97]}}';
    expect(output.trim()).toBe(
      `[{"id":1,"at":"1970-01-01T00:00:00.005Z","parts":[${buffer},{"id":null}]},2] true true true`,
    );
  });
});

group('a copier that freezes', () => {
  const freezing = () => new Copier(describe, { mode: 'freeze' });

  it('hands the same value to everybody, and lets nobody change any part of it', () => {
    const original = { post: post(1, { cover: null }), map: new Map([['a', { b: 1 }]]), set: new Set([1]) };
    const [copy, other] = twice(original, freezing());
    expect(copy).toBe(other);
    expectApart(original, copy);
    expect(copy.post).toBeInstanceOf(Post);
    expect(copy.post.createdAt.getTime()).toBe(original.post.createdAt.getTime());
    const attempts: (() => unknown)[] = [
      () => (copy.post.title = 'changed'),
      () => copy.post.tags.push(new Tag()),
      () => (copy.post.author!.name = 'changed'),
      () => copy.post.createdAt.setTime(0),
      () => copy.post.createdAt.setUTCFullYear(1),
      () => copy.map.set('c', { b: 1 }),
      () => copy.map.clear(),
      () => (copy.map.get('a')!.b = 2),
      () => copy.set.add(2),
      () => copy.set.delete(1),
    ];
    for (const attempt of attempts) expect(attempt).toThrow(TypeError);
    expect(original.post.title).toBe('title 1');
    original.post.title = 'free';
    original.map.set('still', { b: 1 });
  });

  it('clones what cannot be frozen: bytes, private state, relations still to be loaded', () => {
    class Lazy {
      id = 1;
    }
    class Vault {
      #key = 1;
      get key() {
        return this.#key;
      }
      set key(key: number) {
        this.#key = key;
      }
    }
    const lazy = Object.defineProperty(new Lazy(), 'author', { get: () => Promise.resolve(1), configurable: true });
    const copier = new Copier(describing([Lazy, {}], [Vault, { key: { kind: 'plain', isAccessor: true } }]), {
      mode: 'freeze',
    });
    for (const original of [{ bytes: Buffer.from('a') }, [new Uint8Array(2).buffer], [lazy], [new Vault()]]) {
      const [copy, other] = twice<unknown>(original, copier);
      expect(copy).not.toBe(other);
      expect(copy).toEqual(original);
      expectApart(original, copy, other);
      expect(Object.isFrozen(copy)).toBe(false);
    }
  });

  it('copes with cycles', () => {
    const author = make(Author, { id: 1 });
    author.posts = [post(1, { author, cover: null })];
    const [copy] = twice(author, freezing());
    expect(copy.posts![0].author).toBe(copy);
    expect(Object.isFrozen(copy.posts)).toBe(true);
  });
});
