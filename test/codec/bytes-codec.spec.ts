import { deflateRawSync } from 'node:zlib';
import { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { describe as group, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BytesCodec, type BytesCodecOptions } from '../../lib/codec/bytes/bytes-codec.js';
import { runInChildProcess } from './child-process.js';
import { Author, Post, Tag, describing, make, post } from './shapes.js';

const classes = { Author, Tag, Post };

function roundTrip<T>(value: T, options: BytesCodecOptions = { classes }): T {
  const bytes = new BytesCodec(options).encode(value);
  // Another process knows nothing but the same classes.
  const decoded = new BytesCodec(options).decode(bytes);
  expect(decoded).toBeDefined();
  return decoded!.value as T;
}

const withHoles = [1, , 3, undefined] as unknown[]; // oxlint-disable-line no-sparse-arrays
withHoles.length = 6;

group('a value decoded from bytes', () => {
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['booleans', [true, false]],
    ['zeros, of which one is negative', [0, -0]],
    ['what is no number', [Number.NaN, Infinity, -Infinity]],
    ['small numbers', [1, 127, 128, -1, 255, 256, 32767, 32768, -32768, -32769]],
    ['large numbers', [2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 53, 1e300, 5e-324, 0.1]],
    ['bigints', [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 63n, 10n ** 60n, -(10n ** 60n)]],
    ['texts', ['', 'a', 'é', 'ÿ', 'Ā', '漢字', '😀', 'x'.repeat(63), 'x'.repeat(64), 'y'.repeat(200)]],
    ['texts of half a pair', ['\ud800', 'a\udc00b', '\udc00\ud800']],
    ['a long text among short ones', ['a', 'b'.repeat(5000), 'c', '漢'.repeat(3000), 'd', '\ud800'.repeat(5000), '']],
    ['many texts', Array.from({ length: 3000 }, (_, at) => `text ${at}`)],
    ['a text as long as a chunk', ['x'.repeat(4096), 'y'.repeat(4096), 'z', '', '']],
    ['dates', [new Date(0), new Date(-1), new Date(8.64e15)]],
    ['bytes', [Buffer.from([1, 2]), new Uint8Array([3]), Buffer.alloc(0), Buffer.alloc(100_000, 7)]],
    ['lists', [[], [[]], [1, [2, [3]]], Array.from({ length: 300 }, (_, at) => at)]],
    ['a list with holes', withHoles],
    ['a list with a name', Object.assign([1, 2], { total: 2 })],
    ['a match', /(b)/.exec('abc')],
    ['objects', [{}, { a: 1 }, { a: undefined }, { a: null }, { b: 1, a: 2 }, { a: 2, b: 1 }, { 2: 'b', 1: 'a' }]],
    ['magic names', JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1, "then": 2, "\\ud800": 3}')],
    ['an object without prototype', Object.assign(Object.create(null) as object, { a: { b: 1 } })],
    ['frozen parts', { inner: Object.freeze({ list: Object.freeze([1]) }), sealed: Object.seal({ a: 1 }) }],
    ['a frozen list', Object.freeze([1, 2])],
    ['hidden and constant properties', Object.defineProperty({ a: 1 }, 'hidden', { value: { b: 2 } })],
    ['maps', new Map<unknown, unknown>([[{ key: 1 }, new Date(1)], ['plain', [1]], [null, new Map()]])], // prettier-ignore
    ['sets', [new Set<unknown>([{ a: 1 }, 'b', -0]), new Set()]],
    ['patterns', Object.assign(/a+/giu, { lastIndex: 3 })],
    ['errors', new TypeError('failed', { cause: new Error('below') })],
    ['addresses', [new URL('https://example.org/a?b=c#d'), new URLSearchParams('a=1&a=2')]],
    ['typed arrays', [new Float64Array([1.5]), new BigInt64Array([5n]), new Uint8ClampedArray([1]), new Int16Array(0)]],
    ['raw memory', [new Uint8Array([1, 2]).buffer, new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2)]],
    ['boxed primitives', [Object(1), Object('text'), Object(true), Object(2n)]],
    ['symbols that every process has', [Symbol.iterator, Symbol.for('shared')]],
  ])('is exactly what it was: %s', (_, value) => {
    const copy = roundTrip(value);
    expect(copy).toStrictEqual(value);
    expect(isDeepStrictEqual(copy, value)).toBe(true);
    expect(Object.isFrozen(copy)).toBe(Object.isFrozen(value));
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('takes an object that inherits nothing for one without prototype', () => {
    function Parsed() {}
    Parsed.prototype = Object.create(null) as object;
    const query = Object.assign(new (Parsed as unknown as new () => object)(), { a: '1', list: ['2'] });
    const copy = roundTrip([query, query]);
    expect(copy[0]).toStrictEqual(Object.assign(Object.create(null) as object, query));
    expect(copy[1]).toBe(copy[0]);
  });

  it('keeps a Date that is none', () => {
    expect(roundTrip([new Date(Number.NaN)])[0].getTime()).toBeNaN();
  });

  it('keeps holes apart from undefined, and absent apart from undefined and null', () => {
    const copy = roundTrip(withHoles);
    expect([copy.length, 1 in copy, 3 in copy, 4 in copy]).toEqual([6, false, true, false]);
    const rows = roundTrip([{ a: 1 }, { a: 1, b: undefined }, { a: 1, b: null }]);
    expect(rows.map((row) => Object.keys(row))).toEqual([['a'], ['a', 'b'], ['a', 'b']]);
  });

  it('is made of instances of the classes, with every kind of column intact', () => {
    const original = [post(1), post(2, { author: null, tags: [], cover: null }), post(3)];
    const copy = roundTrip(original);
    expect(copy).toStrictEqual(original);
    expect(copy[0]).toBeInstanceOf(Post);
    expect(copy[0].greet()).toBe('post title 1');
    expect(Buffer.isBuffer(copy[0].cover)).toBe(true);
    expect(Object.keys(copy[0])).toEqual(Object.keys(original[0]));
  });

  it('is one of its own each time, and shares nothing with what was stored', () => {
    const codec = new BytesCodec({ classes });
    const original = [post(1)];
    const bytes = codec.encode(original);
    original[0].tags[0].name = 'changed';
    const vandal = codec.decode(bytes)!.value as Post[];
    vandal[0].createdAt.setTime(0);
    vandal[0].cover!.fill(0);
    vandal[0].tags.length = 0;
    expect(codec.decode(bytes)!.value).toStrictEqual([post(1)]);
  });

  it('has Dates of its own, also where many are of one time and code of the user changes one meanwhile', () => {
    const at = (): Date => new Date(1_700_000_000_000);
    const rows = roundTrip(Array.from({ length: 5 }, () => ({ createdAt: at(), updatedAt: at() })));
    expect(new Set(rows.flatMap(Object.values)).size).toBe(10);
    rows[0].createdAt.setTime(0);
    expect(rows.flatMap<Date>(Object.values).slice(1)).toEqual(Array.from({ length: 9 }, at));
    class Day {
      constructor(readonly begins: Date) {}
    }
    const read = (written: Date): Day => new Day(new Date(written.setTime(0)));
    const registered = { Day: { type: Day, write: at, read } };
    const copy = roundTrip([new Day(at()), { createdAt: at() }] as const, { classes: registered });
    expect(copy[1].createdAt).toEqual(at());
  });

  it('does not pin the bytes it was read from: a column of bytes has memory of its own', () => {
    const copy = roundTrip({ a: Buffer.from('a'), b: new Uint8Array(3), c: new Uint8Array(2).buffer });
    expect([copy.b.buffer.byteLength, copy.c.byteLength]).toEqual([3, 2]);
    expect(copy.a.buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize);
  });

  it('keeps cycles and shared references as they were, Dates and lists included', () => {
    const author = make(Author, { id: 1, name: 'a', createdAt: new Date(0) });
    author.posts = [post(1, { author }), post(2, { author })];
    const copy = roundTrip(author);
    expect(copy.posts![0].author).toBe(copy);
    expect(copy).toStrictEqual(author);
    const [tag, date, list, empty] = [make(Tag, { id: 1 }), new Date(5), [1, 2], []];
    const shared = roundTrip([tag, { tag }, date, { date }, list, { list }, empty, [empty]] as const);
    expect(shared[1].tag).toBe(shared[0]);
    expect(shared[3].date).toBe(shared[2]);
    expect(shared[5].list).toBe(shared[4]);
    expect(shared[7][0]).toBe(shared[6]);
    const many = Array.from({ length: 3000 }, (_, at) => ({ at: new Date(at), same: date }));
    const dates = roundTrip(many);
    expect(new Set(dates.map(({ same }) => same)).size).toBe(1);
    const loop: unknown[] = [];
    loop.push(loop, loop);
    const looped = roundTrip(loop);
    expect([looped[0], looped[1]].every((inner) => inner === looped)).toBe(true);
  });

  it('stays right when places turn out to hold other shapes than those before', () => {
    const codec = new BytesCodec({ classes });
    const values: unknown[] = [
      [post(1), post(2)],
      [
        post(3),
        make(Tag, { id: 1 }),
        post(4, { author: make(Author, { name: 'less' }) }),
        { plain: [1] },
        null,
        'text',
      ],
      post(5, { title: { weird: ['json', new Date(5)] } as never }),
      post(6, { author: [make(Tag, {})] as never }),
      [Object.assign(make(Tag, { id: 1 }), { extra: 1 }), make(Tag, { id: 1 })],
      [make(Tag, { id: 1 }), Object.defineProperty(make(Tag, { id: 2 }), 'hidden', { value: [2] })],
      [make(Tag, { id: 1, name: 'a' }), make(Tag, { name: 'a', id: 1 })],
      Object.fromEntries(Array.from({ length: 700 }, (_, at) => [`k${at}`, { [`key ${at}`]: { at, none: null } }])),
      Array.from({ length: 700 }, (_, at) => ({
        [`key ${at}`]: [{ [`x${at}`]: at }, { [`x${at}`]: at, y: post(at) }],
      })),
    ];
    for (const value of [...values, ...values]) expect(codec.decode(codec.encode(value))!.value).toStrictEqual(value);
  });

  it.each<[string, object]>([
    ['a class', { id: 1, name: 'a' }],
    ['a frozen one', Object.freeze(make(Tag, { id: 1, name: 'a' }))],
    ['one that cannot grow', Object.preventExtensions(make(Tag, { id: 1, name: 'a' }))],
    [
      'one that hides a property',
      Object.defineProperty(make(Tag, { id: 1, name: 'a' }), 'name', { enumerable: false }),
    ],
    ['one that hides another property', Object.defineProperty(make(Tag, { id: 1, name: 'a' }), 'more', { value: 1 })],
    ['one without a property', make(Tag, { id: 1 })],
    ['one with another property', Object.assign(make(Tag, { id: 1, name: 'a' }), { more: 1 })],
    ['another order', make(Tag, { name: 'a', id: 1 })],
    ['a list', [1, 'a']],
    ['a Date', new Date(1)],
    ['bytes', Buffer.from('a')],
    ['what only inherits from a class', Object.create(make(Tag, { id: 1, name: 'a' })) as object],
  ])('does not depend on what stood in its place before: %s', (_, value) => {
    const codec = new BytesCodec({ classes });
    const bytesOrRefusal = (by: BytesCodec): unknown => {
      try {
        return by.encode({ tag: value });
      } catch (error) {
        return String(error);
      }
    };
    const bytes = bytesOrRefusal(new BytesCodec({ classes }));
    for (let times = 0; times < 3; times++) {
      codec.encode({ tag: make(Tag, { id: 1, name: 'a' }) });
      expect(bytesOrRefusal(codec)).toEqual(bytes);
    }
    if (typeof bytes === 'string') return;
    const { tag } = codec.decode(bytes as Uint8Array)!.value as { tag: object };
    expect(Object.getPrototypeOf(tag)).toBe(Object.getPrototypeOf(value));
    expect(Object.isFrozen(tag)).toBe(Object.isFrozen(value));
    expect(Object.isExtensible(tag)).toBe(Object.isExtensible(value));
    expect(Object.getOwnPropertyDescriptors(tag)).toEqual(Object.getOwnPropertyDescriptors(value));
  });

  it('takes a hidden value for no lazy relation, although one was in its place before', () => {
    const define = (instance: object): object =>
      Object.defineProperty(instance, 'author', { get: () => Promise.resolve(null), configurable: true });
    const known = {
      describe: describing([
        Tag,
        { id: 'plain', name: 'plain' },
        { name: 'Tag', lazy: { isCertain: () => true, define } },
      ]),
      find: () => Tag,
    };
    const codec = new BytesCodec(known);
    const value = Object.defineProperty(make(Tag, { id: 1, name: 'a' }), 'author', { value: 1 });
    for (let times = 0; times < 2; times++) {
      const lazy = codec.decode(codec.encode(define(make(Tag, { id: 1, name: 'a' }))))!.value as { author: unknown };
      expect(lazy.author).toBeInstanceOf(Promise);
      expect(codec.encode(value)).toEqual(new BytesCodec(known).encode(value));
    }
    expect(codec.decode(codec.encode(value))!.value).toMatchObject({ author: 1 });
  });

  it('is none where a lazy relation could be loaded from several databases, because nothing tells which', () => {
    const define = (instance: object): object =>
      Object.defineProperty(instance, 'author', { get: () => Promise.resolve(null), configurable: true });
    let isCertain = true;
    const lazy = { isCertain: () => isCertain, define };
    const codec = new BytesCodec({ describe: describing([Tag, {}, { name: 'app Tag', lazy }]), find: () => Tag });
    const tag = define(make(Tag, { id: 1 }));
    for (const value of [tag, [tag, new Map()], tag]) expect(codec.decode(codec.encode(value))).toBeDefined();
    isCertain = false;
    for (const value of [tag, [tag, new Map()], tag]) expect(() => codec.encode(value)).toThrow(/lazy relation of Tag/);
  });

  it('leaves behind a relation that is loading, because nobody can wait for it', () => {
    const codec = new BytesCodec({ describe: describing([Tag, {}, { name: 'app Tag' }]), find: () => Tag });
    const loading = Object.assign(make(Tag, { id: 1 }), { __promise_author__: Promise.resolve(null) });
    expect(codec.decode(codec.encode([loading]))!.value).toStrictEqual([make(Tag, { id: 1 })]);
  });

  it('leaves behind what only symbols name, because a symbol belongs to its process', () => {
    expect(Reflect.ownKeys(roundTrip(Object.assign(make(Tag, { id: 1 }), { [Symbol('mark')]: 1 })))).toEqual([
      'id',
      'name',
    ]);
    const graph: Record<string | symbol, unknown> = { [Symbol.for('mark')]: 1 };
    graph['self'] = graph;
    expect(Reflect.ownKeys(roundTrip(graph))).toEqual(['self']);
  });
});

group('every value', () => {
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 80 }),
        fc.string({ unit: fc.integer({ min: 0xd7f0, max: 0xe010 }).map((code) => String.fromCharCode(code)) }),
        fc.integer(),
        fc.double(),
        fc.bigInt(),
        fc.boolean(),
        fc.constantFrom(null, undefined, -0),
      ),
      fc.date({ noInvalidDate: true }),
      fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes)),
      fc.array(tie('value'), { maxLength: 10 }),
      fc.sparseArray(tie('value'), { maxNumElements: 3, maxLength: 8 }),
      fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('id', 'name', '__proto__', 'then')), tie('value'), { maxKeys: 4 }),
      fc.record({ id: tie('value'), name: tie('value') }).map((state) => make(Tag, state as never)),
      fc.record({ id: tie('value'), name: tie('value') }, { requiredKeys: [] }).map((state) => make(Author, state as never)),
      fc.uniqueArray(tie('value'), { maxLength: 3 }).map((values) => new Set(values)),
      fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map((entries) => new Map(entries)),
    ),
  })).value; // prettier-ignore

  it('comes back equal, whatever was encoded before by the same codec', () => {
    const codec = new BytesCodec({ classes, compressFrom: 200 });
    fc.assert(
      fc.property(value, (original) => {
        const bytes = codec.encode(original);
        expect(codec.decode(bytes)!.value).toStrictEqual(original);
        expect(bytes.buffer.byteLength).toBe(bytes.length);
      }),
      { numRuns: 1000 },
    );
  });
});

group('a class that bytes are to name', () => {
  class Money {
    readonly #cents: number;
    constructor(cents: number) {
      this.#cents = cents;
    }
    get cents() {
      return this.#cents;
    }
  }
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
  class Version extends Array<number> {}
  const registered = {
    Point,
    Money: { type: Money, write: (money: Money) => money.cents, read: (cents: number) => new Money(cents) },
    Version: {
      type: Version,
      write: (version: Version) => [...version],
      read: (parts: number[]) => Version.from(parts),
    },
  };

  it('is found by the name the user gave it, and its constructor does not run', () => {
    const copy = roundTrip({ at: [new Point(1, 2)] }, { classes: registered });
    expect(copy.at[0]).toBeInstanceOf(Point);
    expect(copy.at[0].sum).toBe(3);
  });

  it('is refused with functions of its own, also where it inherits others of these names', () => {
    for (const name of ['toString', 'valueOf', 'constructor']) {
      for (const value of [{ x: 1 }, new Point(1, 2)]) {
        Object.assign(value, { [name]: () => 'mine' });
        expect(() => new BytesCodec({ classes: { Point } }).encode(value)).toThrow(/a function/);
      }
    }
  });

  it('may say itself which class it is of, as the numbers of decimal.js do', () => {
    class Decimal {
      digits: readonly number[];
      constructor(...digits: number[]) {
        Object.assign(this, { constructor: Decimal });
        this.digits = digits;
      }
    }
    const value = { totals: [new Decimal(1, 2), new Decimal()] };
    const copy = roundTrip(value, { classes: { Decimal } });
    expect(copy).toStrictEqual(value);
    expect(Object.keys(copy.totals[0])).toEqual(Object.keys(value.totals[0]));
    const other = Object.assign(new Decimal(), { constructor: Point });
    expect(() => new BytesCodec({ classes: { Decimal } }).encode(other)).toThrow(/a function \('Point'\)/);
  });

  it('may hide its state, or be derived from one of the language, if functions write and read it', () => {
    const money = new Money(5);
    const copy = roundTrip({ total: money, again: money, version: Version.from([1, 2]) }, { classes: registered });
    expect([copy.total.cents, copy.again === copy.total]).toEqual([5, true]);
    expect(copy.version).toBeInstanceOf(Version);
    expect([...copy.version]).toEqual([1, 2]);
  });

  it('is refused without a name, with where it is, what it is, and the way out', () => {
    const value = { list: [{ 'odd key': new Point(1, 2) }] };
    expect(() => new BytesCodec().encode(value)).toThrow(expect.objectContaining({ code: 'UNENCODABLE_VALUE' }));
    expect(() => new BytesCodec().encode(value)).toThrow(/Point.*result\.list\[0\]\["odd key"\].*`classes`/);
    expect(() => new BytesCodec({ classes: { Money } }).encode([new Money(1)])).toThrow(
      /private state.*write and read/,
    );
  });

  it('is refused when what it is stored as refers to it', () => {
    const box = { type: Point, write: (point: Point) => [point], read: () => new Point(0, 0) };
    expect(() => new BytesCodec({ classes: { Point: box } }).encode(new Point(1, 2))).toThrow(/refers to/);
  });

  it('may read from the same cache while it is made again', () => {
    const other = new BytesCodec().encode([{ other: 'row' }, new Date(5)]);
    const read = ([x, y]: [number, number]): Point => {
      expect(codec.decode(other)!.value).toEqual([{ other: 'row' }, new Date(5)]);
      return new Point(x, y);
    };
    const write = ({ x, y }: Point): number[] => [x, y];
    const codec: BytesCodec = new BytesCodec({ classes: { Point: { type: Point, write, read } } });
    const value = ['before', { at: new Point(1, 2) }, 'behind', { last: 3 }];
    expect(codec.decode(codec.encode(value))!.value).toStrictEqual(value);
  });

  it('is a miss where functions make it in one version of the application, and not in the other', () => {
    const made = { type: Tag, write: ({ id }: Tag) => id, read: (id: number) => make(Tag, { id }) };
    const [simple, functional] = [new BytesCodec({ classes: { Tag } }), new BytesCodec({ classes: { Tag: made } })];
    expect(functional.decode(simple.encode(make(Tag, { id: 1 })))).toBeUndefined();
    expect(simple.decode(functional.encode(make(Tag, { id: 1 })))).toBeUndefined();
  });

  it('is refused where its name would find another class', () => {
    class Namesake {
      id = 1;
    }
    const named = { name: 'app Tag' };
    const codec = new BytesCodec({
      describe: describing([Tag, {}, named], [Namesake, {}, named]),
      find: () => Namesake,
    });
    expect(() => codec.encode(make(Tag, { id: 1 }))).toThrow(expect.objectContaining({ code: 'UNENCODABLE_VALUE' }));
    expect(codec.decode(codec.encode(new Namesake()))!.value).toBeInstanceOf(Namesake);
  });

  it('may store in the same cache while it is written, and so may a getter', () => {
    const write = ({ x, y }: Point): number[] => {
      codec.encode([{ other: 'row' }, new Map()]);
      return [x, y];
    };
    const read = ([x, y]: [number, number]): Point => new Point(x, y);
    const codec: BytesCodec = new BytesCodec({ classes: { Point: { type: Point, write, read } } });
    const value = ['before', new Point(1, 2), { last: 3 }];
    expect(codec.decode(codec.encode(value))!.value).toStrictEqual(value);
    const asked = { get counted() { return codec.encode(['nested']).length; } }; // prettier-ignore
    expect(codec.decode(codec.encode([1, 'text', asked]))!.value).toEqual([1, 'text', { counted: asked.counted }]);
  });

  it('is refused when it cannot be made again, because a hit would be too late', () => {
    const broken = { type: Point, write: () => 1, read: () => new (Point as unknown as new () => Point)() };
    expect(() => new BytesCodec({ classes: { Point: broken } }).encode(new Point(1, 2))).toThrow(
      expect.objectContaining({ code: 'UNENCODABLE_VALUE', message: expect.stringContaining('needs its arguments') }),
    );
  });
});

group('an entity that hides its state', () => {
  class Secret {
    id = 0;
    #name: string | undefined;
    #loads = 0;
    parent: Secret | null = null;
    whoAmI = (): string => `${this.id} ${this.#name}`;

    get name(): string | undefined {
      return this.#name;
    }
    set name(name: string | undefined) {
      if (name === undefined) throw new Error('set to nothing');
      this.#name = name;
    }
    get loads(): number {
      return this.#loads;
    }
    afterLoad(): void {
      this.#loads++;
    }
  }
  const known = {
    describe: describing([
      Secret,
      { id: 'plain', name: { kind: 'plain', isAccessor: true }, parent: 'one' },
      { name: 'app Secret', afterCopy: (copy) => (copy as Secret).afterLoad() },
    ]),
    find: () => Secret,
  };

  it('is rebuilt by its constructor and accessors, with the functions bound there, and its listeners run again', () => {
    const [original, parent] = [new Secret(), new Secret()];
    Object.assign(parent, { id: 1, name: 'parent', parent: original });
    Object.assign(original, { id: 2, name: 'hidden', parent });
    const copy = roundTrip(original, known);
    expect([copy.id, copy.name, copy.loads, copy.parent!.name]).toEqual([2, 'hidden', 1, 'parent']);
    expect(copy.parent!.parent).toBe(copy);
    copy.id = 3;
    expect([original.whoAmI(), copy.whoAmI()]).toEqual(['2 hidden', '3 hidden']);
  });

  it('leaves absent what was not loaded, and never sets what was not', () => {
    const original = Object.assign(new Secret(), { id: 2 });
    Reflect.deleteProperty(original, 'parent');
    const copy = roundTrip(original, known);
    expect([Object.keys(copy).sort(), copy.name]).toEqual([['id', 'whoAmI'], undefined]);
  });
});

group('a value object that hides its state', () => {
  class Money {
    readonly #cents: number;
    constructor(cents: number) {
      this.#cents = cents;
    }
    toJSON(): number {
      return this.#cents;
    }
  }
  class Order {
    id!: number;
    total!: Money | null;
  }
  const find = (): Function => Order;
  const orders = (read: (cents: number) => unknown): BytesCodecOptions => {
    const transfer = {
      write: (money: unknown) => (money as Money).toJSON(),
      read: (cents: unknown) => read(cents as number),
    };
    return {
      find,
      describe: describing([Order, { id: 'plain', total: { kind: 'any', transfer } }, { name: 'app Order' }]),
    };
  };

  it('goes through the transformer of its column', () => {
    const copy = roundTrip(
      [make(Order, { id: 1, total: new Money(5) }), make(Order, { id: 2, total: null })],
      orders((cents) => new Money(cents)),
    );
    expect(copy[0].total).toBeInstanceOf(Money);
    expect([copy[0].total!.toJSON(), copy[1].total]).toEqual([5, null]);
  });

  it('is refused when the transformer loses some of it', () => {
    for (const read of [() => new Money(0), () => null, (cents: number) => ({ toJSON: () => cents })]) {
      const codec = new BytesCodec(orders(read));
      expect(() => codec.encode(make(Order, { id: 1, total: new Money(5) }))).toThrow(
        expect.objectContaining({ code: 'UNENCODABLE_VALUE' }),
      );
    }
  });

  it('is what the application made of it where both know its class', () => {
    const made = { type: Money, write: (money: Money) => money.toJSON(), read: (cents: number) => new Money(cents) };
    const options = { ...orders(() => null), classes: { Money: made } };
    expect(roundTrip(make(Order, { id: 1, total: new Money(5) }), options).total!.toJSON()).toBe(5);
  });
});

group('what bytes cannot hold', () => {
  class List extends Array<number> {}
  const deep: unknown[] = [];
  for (let depth = 0, inner = deep; depth < 5000; depth++) inner.push((inner = []));

  it.each<[string, unknown]>([
    ['a function', () => 1],
    ['a method of its own', { run() {} }],
    ['a promise', { later: Promise.resolve(1) }],
    ['a WeakMap', [new WeakMap()]],
    ['a generator', (function* () {})()],
    ['a formatter', new Intl.NumberFormat('en')],
    ['a stream', { body: Readable.from(['a']) }],
    ['a list with methods', new List(1, 2, 3)],
    ['a symbol of this process', { mark: Symbol('mark') }],
    ['shared memory', new SharedArrayBuffer(1)],
    ['an object below another one', Object.create({ inherited: 1 })],
    ['a list of 5,000 nested lists', deep],
  ])('%s is refused when it is stored', (_, value) => {
    const codec = new BytesCodec();
    expect(() => codec.encode(value)).toThrow(expect.objectContaining({ code: 'UNENCODABLE_VALUE' }));
    // What was begun is not in the way of what comes next.
    expect(codec.decode(codec.encode({ fine: ['x'] }))!.value).toEqual({ fine: ['x'] });
  });
});

group('bytes that say nothing to this application', () => {
  const codec = new BytesCodec({ classes });
  const bytes = Buffer.from(codec.encode([post(1), 'text', 5n]));

  it('are a miss, wherever they end', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect([length, codec.decode(bytes.subarray(0, length))]).toEqual([length, undefined]);
    }
    expect(codec.decode(Buffer.concat([bytes, Buffer.of(0)]))).toBeUndefined();
  });

  it('never throw, whatever became of them', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
        const changed = Buffer.from(bytes);
        changed[at] = byte;
        codec.decode(changed);
      }),
      { numRuns: 2000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (any) => void codec.decode(any)));
  });

  it('are a miss when another version of the format wrote them, or an unknown compression', () => {
    for (const [at, value] of [
      [0, 2],
      [1, 8],
      [1, 6],
    ]) {
      // prettier-ignore
      const changed = Buffer.from(bytes);
      changed[at] = value;
      expect(codec.decode(changed)).toBeUndefined();
    }
  });

  it('are a miss where the class is unknown, or its columns are others by now', () => {
    expect(new BytesCodec().decode(bytes)).toBeUndefined();
    class Row {
      id = 1;
    }
    const version = (columns: Record<string, 'plain' | 'date'>): BytesCodec =>
      new BytesCodec({ describe: describing([Row, columns, { name: 'app Row' }]), find: () => Row });
    const old = version({ id: 'plain' }).encode(new Row());
    expect(version({ id: 'plain' }).decode(old)!.value).toBeInstanceOf(Row);
    expect(version({ id: 'plain', name: 'plain' }).decode(old)).toBeUndefined();
    expect(version({ id: 'date' }).decode(old)).toBeUndefined();
    expect(new BytesCodec({ find: () => undefined }).decode(old)).toBeUndefined();
  });

  it('are a miss where a property is a setter of the class by now, whose code would run', () => {
    class Row {
      set id(_: unknown) {}
    }
    const old = new BytesCodec({ classes: { Row: Tag } }).encode(make(Tag, { id: 1 }));
    const reader = new BytesCodec({ classes: { Row } });
    for (let times = 0; times < 3; times++) expect(reader.decode(old)).toBeUndefined();
  });

  it('are readable once the class is known, because a DataSource may connect later', () => {
    const late: { found?: Function } = {};
    const describe = describing([Tag, { id: 'plain' }, { name: 'app Tag' }]);
    const bytesOfTag = new BytesCodec({ describe, find: () => Tag }).encode(make(Tag, { id: 1 }));
    const reader = new BytesCodec({ describe, find: () => late.found });
    expect(reader.decode(bytesOfTag)).toBeUndefined();
    late.found = Tag;
    expect(reader.decode(bytesOfTag)!.value).toStrictEqual(make(Tag, { id: 1 }));
  });
});

group('compression', () => {
  const rows = Array.from({ length: 300 }, (_, at) => ({ id: at, text: `the text of row ${at}` }));
  const never = new BytesCodec({ compressFrom: Infinity }).encode(rows);

  it('begins at a size, and is left out where it gains nothing', () => {
    const small = new BytesCodec({ compressFrom: never.length }).encode(rows);
    expect(small.length).toBeLessThan(never.length / 2);
    expect(new BytesCodec({ compressFrom: never.length + 1 }).encode(rows)).toEqual(never);
    const noise = { bytes: Buffer.from(Array.from({ length: 64 }, (_, at) => (at * 151) ^ (at * 7919))) };
    expect(new BytesCodec({ compressFrom: 1 }).encode(noise)).toEqual(new BytesCodec().encode(noise));
  });

  it('is told by the bytes themselves, so readers need not be set up alike', () => {
    const small = new BytesCodec({ compressFrom: 1 }).encode(rows);
    expect(new BytesCodec({ compressFrom: Infinity }).decode(small)!.value).toStrictEqual(rows);
  });

  it('by deflate is read by every Node', () => {
    const head = Buffer.from([never[0], 2, 0, 0, 0, 0]);
    head.writeUInt32LE(never.length, 2);
    const message = Buffer.concat([head, deflateRawSync(never)]);
    expect(new BytesCodec().decode(message)!.value).toStrictEqual(rows);
  });

  it('cannot be made to fill the memory: what becomes larger than it says is a miss', () => {
    const head = Buffer.from([never[0], 2, 100, 0, 0, 0]);
    expect(new BytesCodec().decode(Buffer.concat([head, deflateRawSync(Buffer.alloc(10_000_000))]))).toBeUndefined();
  });
});

group('where code may not be made from text', () => {
  it('rows are written and read all the same', () => {
    const program = `
      import { BytesCodec } from './lib/codec/bytes/bytes-codec.js';
      class A { id; at; parts; }
      const make = (C, state) => Object.assign(new C(), state);
      const value = [make(A, { id: 1, at: new Date(5), parts: [make(A, { id: 'x' })] }), { a: [1] }, 2];
      try { new Function(''); console.log('code was made'); } catch { }
      const bytes = new BytesCodec({ classes: { A } }).encode(value);
      const copy = new BytesCodec({ classes: { A } }).decode(bytes).value;
      console.log(JSON.stringify(copy), copy[0] instanceof A, copy[0].parts[0] instanceof A, copy[0].at instanceof Date);
    `;
    const output = runInChildProcess(program, '--disallow-code-generation-from-strings');
    expect(output.trim()).toBe(
      '[{"id":1,"at":"1970-01-01T00:00:00.005Z","parts":[{"id":"x"}]},{"a":[1]},2] true true true',
    );
  });

  it('no row is written as one of another shape that stood in its place before', () => {
    const program = `
      import { isDeepStrictEqual } from 'node:util';
      import { BytesCodec } from './lib/codec/bytes/bytes-codec.js';
      class A { id = 1; name = 'a'; }
      class B { id = 1; name = 'a'; }
      const codec = new BytesCodec({ classes: { A, B } });
      const others = [
        new B(), Object.assign(new A(), { more: 1 }), Object.assign(Object.create(A.prototype), { id: 1 }),
        Object.assign(Object.create(A.prototype), { name: 'a', id: 1 }), Object.freeze(new A()),
        Object.defineProperty(new A(), 'hidden', { value: 1 }),
      ];
      for (const value of others) {
        codec.encode([new A()]);
        const { value: [copy] } = codec.decode(codec.encode([value]));
        const properties = (row) => [Object.entries(Object.getOwnPropertyDescriptors(row)), Object.isExtensible(row)];
        console.log(isDeepStrictEqual(copy, value) && isDeepStrictEqual(properties(copy), properties(value)));
      }
    `;
    const output = runInChildProcess(program, '--disallow-code-generation-from-strings');
    expect(output.trim().split('\n')).toEqual(Array.from({ length: 6 }, () => 'true'));
  });
});
