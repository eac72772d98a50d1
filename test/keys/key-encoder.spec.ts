import { parse } from 'node:querystring';
import { Readable } from 'node:stream';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import {
  Brackets,
  Column,
  DataSource,
  Entity,
  EntityManager,
  Equal,
  FindOperator,
  In,
  JsonContains,
  LessThan,
  ManyToOne,
  MoreThan,
  Not,
  OneToMany,
  PrimaryGeneratedColumn,
  QueryRunner,
  Raw,
} from 'typeorm';
import { ZooCacheError } from '../../lib/errors/zoocache.error.js';
import { ClassNames } from '../../lib/keys/class-names.js';
import { KeyEncoder } from '../../lib/keys/key-encoder.js';

const encoder = new KeyEncoder();

function text(...args: unknown[]): string | undefined {
  return encoder.encode(args);
}

function errorOf(...args: unknown[]): ZooCacheError {
  try {
    encoder.encode(args);
  } catch (error) {
    return error as ZooCacheError;
  }
  throw new Error('encoded');
}

function holes(length: number): unknown[] {
  return Object.assign([], { length });
}

/** Values that share a text with an earlier one. */
function confused(values: readonly unknown[]): unknown[] {
  const texts = values.map((value) => text(value));
  return values.filter((_, i) => texts.indexOf(texts[i]) < i);
}

describe('plain arguments', () => {
  it('read as what they are', () => {
    expect(text()).toBe('');
    expect(text(42)).toBe('42');
    expect(text('Books')).toBe("5'Books");
    expect(text('Books', { take: 20, order: { id: 'ASC' }, 'a-b': [true, null] })).toBe(
      "5'Books,{3'a-b:[true,null],order:{id:3'ASC},take:20}",
    );
    expect(text(new Date(5), 7n, undefined, holes(1))).toBe('Date(5),7n,undefined,[hole]');
    expect(text({ id: In([1, 2]) })).toBe("{id:@FindOperator(2'in,[1,2],true,true)}");
  });

  it('of every kind differ from those that look alike', () => {
    expect(
      confused([
        ...[1, '1', 1n, true, 'true', null, 'null', undefined, 'undefined', NaN, 'NaN', 0, -0, '-0', '', 0n],
        ...[Infinity, -Infinity, 'Infinity', Number.MAX_VALUE, Number.MIN_VALUE, 0.1 + 0.2, 0.3],
        ...[Object(1), Object('1'), Object(true), Object(1n), Object('true'), Object(''), Object(-0), Object(0)],
        ...[[], [[]], [undefined], [null], holes(1), holes(2), [1, 2], [[1], 2], [[1, 2]], ['1,2'], {}, { 0: 1, 1: 2 }],
        ...[{ a: undefined }, { a: null }, { b: undefined }, { a: 1, b: 2 }, { a: { b: 2 } }, { 'a:1,b': 2 }],
        ...[new Date(0), new Date(1), new Date(NaN), 0, new Date(0).toISOString(), String(new Date(0))].filter(Boolean),
        ...[Buffer.from('a'), Buffer.from('b'), Uint8Array.of(97), Int8Array.of(97), Uint16Array.of(97)],
        ...[Uint8Array.of(97).buffer, new DataView(Uint8Array.of(97).buffer), new SharedArrayBuffer(1)],
        ...[Float32Array.of(0), Float32Array.of(-0), new Uint8Array(0), new Uint8Array(1), BigInt64Array.of(97n)],
        ...[
          new Map(),
          new Map([[1, 2]]),
          new Map([[1, '2']]),
          new Map([[2, 1]]),
          new Set(),
          new Set([1]),
          new Set([1, 2]),
        ],
        ...[/a/, /a/g, /b/, '/a/', Object.assign(/a/g, { lastIndex: 1 }), new URL('http://a/b'), new URL('http://a/c')],
        ...[new URLSearchParams('a=1'), new URLSearchParams('a=2'), 'a=1'],
        ...[
          new Error('a'),
          new Error('b'),
          new TypeError('a'),
          new Error('a', { cause: 1 }),
          new AggregateError([1], 'a'),
          new AggregateError([2], 'a'),
        ],
        ...[Object.assign(new Error('a'), { code: 'E' }), Object.assign(new Date(0), { zone: 'UTC' })],
        ...['ab', ['a', 'b'], 'a,b', "a'b", '\ud800', '\udc00', '\ufffd', 'a\u0000', '\u0000a', 'x'.repeat(100_000)],
      ]),
    ).toEqual([]);
  });

  it('as long strings say their length as short ones do', () => {
    const long = 'x'.repeat(64);
    expect(text('x'.repeat(63), long)).toBe(`63'${'x'.repeat(63)},64'${long}`);
    expect(text(`${long},64'${long}`)).not.toBe(text(long, long));
  });

  it('of one list differ from those of another that is written alike', () => {
    const lists = [[], [undefined], [undefined, undefined], [1, 2], ['1,2'], [[1, 2]], ['1', '2'], ["1'2"], [12]];
    expect(new Set(lists.map((args) => encoder.encode(args))).size).toBe(lists.length);
  });

  it('differ in the sequence of an `order`, by which rows are sorted, and in no other', () => {
    const sorted = (order: object) => encoder.encode([{ where: { a: 1, b: 2 }, order }]);
    expect(sorted({ name: 'ASC', id: 'ASC' })).not.toBe(sorted({ id: 'ASC', name: 'ASC' }));
    expect(sorted({ author: { name: 'ASC', id: 'ASC' } })).not.toBe(sorted({ author: { id: 'ASC', name: 'ASC' } }));
    expect(sorted({ id: 'ASC', name: 'ASC' })).toBe(
      encoder.encode([{ order: { id: 'ASC', name: 'ASC' }, where: { b: 2, a: 1 } }]),
    );
  });

  it('may leave an `order` open, or hold anything else by that name', () => {
    expect([undefined, null, 'ASC', 1, ['b', 'a']].map((order) => text({ order }))).toEqual([
      '{order:undefined}',
      '{order:null}',
      "{order:3'ASC}",
      '{order:1}',
      "{order:[1'b,1'a]}",
    ]);
  });

  it('are the same whatever the order of their properties, at every level', () => {
    expect(text({ b: 1, a: { d: [{ f: 1, e: 2 }], c: 2 } })).toBe(text({ a: { c: 2, d: [{ e: 2, f: 1 }] }, b: 1 }));
  });

  it('keep the order of Maps and Sets, since whoever iterates over them sees it', () => {
    expect(
      confused([
        new Map([
          ['a', 1],
          ['b', 2],
        ]),
        new Map([
          ['b', 2],
          ['a', 1],
        ]),
        new Set([1, 2]),
        new Set([2, 1]),
      ]),
    ).toEqual([]);
  });

  it('are the same with a null prototype, from another realm, and from querystring', () => {
    expect(text(Object.assign(Object.create(null) as object, { a: '1' }))).toBe(text({ a: '1' }));
    expect(text(Object.assign(Object.create({}) as object, { a: '1' }))).toBe(text({ a: '1' }));
    expect(text(Object.assign(Object.create(Object.create(null) as object) as object, { a: '1' }))).toBe(
      text({ a: '1' }),
    );
    expect(text(runInNewContext('({ a: "1" })'))).toBe(text({ a: '1' }));
    expect(text(parse('a=1'))).toBe(text({ a: '1' }));
    expect(text(runInNewContext('[1, [2]]'))).toBe(text([1, [2]]));
    expect(text(runInNewContext('new Date(5)'))).toBe(text(new Date(5)));
    expect(text(runInNewContext('new Map([[1, /a/]])'))).toBe(text(new Map([[1, /a/]])));
  });

  it('as an arguments object are neither an array nor a plain object', () => {
    const collect = function (..._: unknown[]): unknown {
      // oxlint-disable-next-line prefer-rest-params -- the object itself is wanted
      return arguments;
    };
    expect(
      confused([
        collect(),
        collect(1),
        collect(2),
        [],
        [1],
        {},
        { 0: 1 },
        Object.assign(collect(1) as object, { $: 1 }),
        { $: 1, 0: 1 },
      ]),
    ).toEqual([]);
  });

  it('as an array with properties besides its elements differ from one without, as matches of a RegExp do', () => {
    expect(confused([['a'], /a/.exec('a'), /a/.exec('ba'), /a/.exec('ab')])).toEqual([]);
    expect(
      confused([holes(1), Object.assign(holes(1), { a: 1 }), [undefined], Object.assign(holes(1), { 4294967295: 1 })]),
    ).toEqual([]);
    expect(text(Object.assign([1], { b: 1, a: 2 }))).toBe(text(Object.assign([1], { a: 2, b: 1 })));
  });

  it('through a Proxy are what it shows', () => {
    expect(text(new Proxy({ a: 1 }, {}))).toBe(text({ a: 1 }));
    expect(text(new Proxy([1], {}))).toBe(text([1]));
  });

  it('with a property of another name or value never share a text with each other, wherever sorting happens', () => {
    const wide = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`p${i}`, i]));
    const long = { ['x'.repeat(100)]: 1, a: 2 };
    expect(text({ ...wide, z: 1, a: 2 })).toBe(text({ a: 2, ...wide, z: 1 }));
    expect(text(long)).toBe(text({ a: 2, ['x'.repeat(100)]: 1 }));
    expect(confused([wide, { ...wide, p0: 1 }, { ...wide, q: 1 }, long, { ...long, a: 1 }])).toEqual([]);
  });

  it('may have any names from outside, more than are remembered', () => {
    const small = new KeyEncoder();
    for (let i = 0; i < 10_000; i++) small.encode([{ [`name${i}`]: 1, a: 2 }]);
    expect(small.encode([{ name7: 1, a: 2 }])).toBe('{a:2,name7:1}');
    expect(small.encode([{ a: 2, name7: 1 }])).toBe('{a:2,name7:1}');
  });

  it('are told apart by own properties alone, even while someone has assigned to Object.prototype', () => {
    const polluted = new KeyEncoder();
    Reflect.set(Object.prototype, 'x', 1);
    try {
      expect(polluted.encode([{ a: 1, x: 1 }])).toBe('{a:1,x:1}');
      expect(polluted.encode([{ a: 1 }])).toBe('{a:1}');
    } finally {
      Reflect.deleteProperty(Object.prototype, 'x');
    }
    expect(polluted.encode([{ a: 1 }])).toBe('{a:1}');
  });
});

describe('cycles and depth', () => {
  interface Link {
    next?: unknown;
    name?: string;
  }

  it('end at the container that was met before', () => {
    const self: Link = { name: 'a' };
    self.next = self;
    const other: Link = { name: 'a' };
    other.next = { name: 'a', next: other };
    const list: unknown[] = [];
    list.push(list);
    const map = new Map<string, unknown>();
    map.set('self', map);
    expect(text(self)).toBe("{name:1'a,next:^0}");
    expect(confused([self, other, list, map, [list], { name: 'a', next: '^0' }])).toEqual([]);
  });

  it('are followed in linear time, however densely things refer to each other', () => {
    const nodes = Array.from({ length: 300 }, (_, id) => ({ id, borders: [] as unknown[] }));
    for (const node of nodes) node.borders = nodes;
    expect(text(nodes[0])).toContain('id:299');
  });

  it('leave shared values that are no cycle as they are', () => {
    const shared = { a: 1 };
    expect(text({ x: shared, y: shared })).toBe(text({ x: { a: 1 }, y: { a: 1 } }));
  });

  it('of hundreds of levels are encoded, of thousands refused before the stack ends', () => {
    const nested = (levels: number): unknown => {
      let value: unknown = 1;
      for (let i = 0; i < levels; i++) value = { a: value };
      return value;
    };
    expect(text(nested(200))).toBe('{a:'.repeat(200) + '1' + '}'.repeat(200));
    expect(errorOf(nested(5_000)).message).toContain('a value nested deeper than 256 levels');
    expect(errorOf(nested(5_000)).message.length).toBeLessThan(600);
  });
});

describe('instances', () => {
  const money = (amount: number): object => {
    class Money {
      constructor(readonly amount: number) {}
    }
    return new Money(amount);
  };

  it('are their class and what they own', () => {
    class Money {
      currency = 'EUR';
      amount = 1;
    }
    expect(text(new Money())).toBe("@Money{amount:1,currency:3'EUR}");
    expect(text(new Money())).not.toBe(text({ amount: 1, currency: 'EUR' }));
  });

  it('of different classes of one name are numbered in the order of meeting', () => {
    const fresh = new KeyEncoder();
    const [first, second] = [money(1), money(1)];
    expect(fresh.encode([first])).toBe('@Money{amount:1}');
    expect(fresh.encode([second])).toBe('@Money#2{amount:1}');
    expect(fresh.encode([first, second])).toBe('@Money{amount:1},@Money#2{amount:1}');
  });

  it('of a class whose prototype claims another constructor are not taken for that one', () => {
    class A {
      x = 1;
    }
    class B {
      x = 1;
    }
    Object.defineProperty(B.prototype, 'constructor', { value: A });
    expect(confused([new A(), new B()])).toEqual([]);
  });

  it('of subclasses of built-in classes are their slots, their class and what they own', () => {
    class Moment extends Date {}
    class Ids extends Array<number> {}
    class Failure extends Error {}
    const here = Object.assign(new Moment(5), { zone: 'here' });
    expect(text(new Moment(5))).toBe('@Moment:Date(5)');
    expect(confused([new Date(5), new Moment(5), here, new Moment(6), [1], Ids.of(1), Ids.of(2), new Ids()])).toEqual(
      [],
    );
    expect(confused([new Error('a'), new Failure('a'), new Failure('b'), new TypeError('a')])).toEqual([]);
  });

  it('that reduce themselves to a primitive are that, as Decimal, Luxon and ObjectId do', () => {
    class Decimal {
      readonly constructorOfIt = Decimal;
      constructor(private readonly digits: string) {}
      toJSON(): string {
        return this.digits;
      }
    }
    expect(text(new Decimal('1.5'))).toBe("@Decimal{digits:3'1.5}(3'1.5)");
  });

  it('that reduce themselves to a primitive are told apart by the primitives beside it, as the zones of Dayjs are', () => {
    class Dayjs {
      readonly $d: Date;
      constructor(
        ms: number,
        readonly $offset: number,
        readonly $L = 'en',
      ) {
        this.$d = new Date(ms);
      }
      toJSON(): string {
        return this.$d.toISOString();
      }
    }
    expect(confused([new Dayjs(5, 0), new Dayjs(5, 540), new Dayjs(5, 0, 'de'), new Dayjs(6, 0)])).toEqual([]);
    expect(text(new Dayjs(5, 540))).toBe(text(new Dayjs(5, 540)));
  });

  it('that reduce themselves to a primitive may say themselves which class they are of, as those of big.js do', () => {
    const numbers = (name: string): new (digits: string) => object => {
      const make = function (this: object, digits: string): void {
        Object.assign(this, { constructor: make, digits: [digits] });
      };
      make.prototype = { toJSON: () => '15' };
      return Object.defineProperty(make, 'name', { value: name }) as never;
    };
    const [Big, Decimal] = [numbers('Big'), numbers('Decimal')];
    expect(text(new Big('15'))).toBe("@Big(2'15)");
    expect(confused([new Big('15'), new Decimal('15'), '15'])).toEqual([]);
  });

  it('that reduce themselves to a primitive are the same before and after they have remembered something', () => {
    class Moment {
      calendar: object | null = null;
      constructor(readonly ms: number) {}
      get week(): number {
        this.calendar = { week: Math.floor(this.ms / 604_800_000) };
        return 1;
      }
      toJSON(): string {
        return new Date(this.ms).toISOString();
      }
    }
    const moment = new Moment(5);
    const before = text(moment);
    expect(moment.week).toBe(1);
    expect(text(moment)).toBe(before);
  });

  it('are told apart by data that is not enumerated, and not by methods and accessors that are theirs', () => {
    class Reach {
      constructor(from: number, unit: string | undefined) {
        Object.defineProperty(this, 'from', { value: from });
        if (unit !== undefined) Object.defineProperty(this, 'unit', { value: unit });
        Object.defineProperty(this, 'next', { value: () => new Reach(from + 1, unit) });
        Object.defineProperty(this, 'lazy', { get: () => Promise.resolve(from) });
      }
    }
    const texts = [new Reach(1, 'a'), new Reach(2, 'a'), new Reach(1, 'b'), new Reach(1, undefined)].map((reach) =>
      text(reach),
    );
    expect(new Set(texts).size).toBe(4);
    expect(text(new Reach(1, 'a'))).toBe(texts[0]);
    expect(errorOf(Object.defineProperty(new Reach(1, 'a'), 'token', { value: Symbol('a') })).subject).toBe(
      'argument 1 at .token: a symbol',
    );
  });

  it('whose toJSON leaves something out are still told apart by it', () => {
    class User {
      constructor(
        readonly id: number,
        readonly role: string,
      ) {}
      toJSON(): object {
        return { id: this.id };
      }
    }
    class Invalid {
      constructor(readonly reason: string) {}
      toJSON(): null {
        return null;
      }
    }
    expect(confused([new User(1, 'admin'), new User(1, 'guest'), new Invalid('a'), new Invalid('b')])).toEqual([]);
  });

  it('that hide their state are what toJSON tells, besides what they show', () => {
    class Range {
      readonly #from: number;
      constructor(
        from: number,
        readonly unit: string,
      ) {
        this.#from = from;
      }
      toJSON(): object {
        return { from: this.#from };
      }
    }
    expect(text(new Range(1, 'm'))).toBe("@Range{unit:1'm}({from:1})");
    expect(confused([new Range(1, 'm'), new Range(2, 'm'), new Range(1, 'km')])).toEqual([]);
  });

  it('that hide their state are what toString and valueOf tell, when there is no toJSON', () => {
    class Version {
      readonly #major: number;
      constructor(
        major: number,
        readonly label: string,
      ) {
        this.#major = major;
      }
      toString(): string {
        return `v${this.#major}`;
      }
    }
    class Length {
      readonly #metres: number;
      constructor(metres: number) {
        this.#metres = metres;
      }
      valueOf(): number {
        return this.#metres;
      }
      toString(): string {
        return 'a length';
      }
    }
    expect(
      confused([new Version(1, 'a'), new Version(2, 'a'), new Version(1, 'b'), new Length(1), new Length(2)]),
    ).toEqual([]);
  });

  it('that hide their state and tell nothing are refused', () => {
    class Secret {
      readonly #value = 1;
      read(): number {
        return this.#value;
      }
    }
    class Zoned extends Date {
      readonly #zone = 'UTC';
      zone(): string {
        return this.#zone;
      }
    }
    class Index extends Map<number, unknown> {
      readonly #owner = 1;
      owner(): number {
        return this.#owner;
      }
    }
    class Owned extends Array<number> {
      readonly #owner = 1;
      owner(): number {
        return this.#owner;
      }
    }
    expect(errorOf(Object.assign(new Secret(), { a: [1] })).subject).toMatch(/^argument 1: an instance of Secret/);
    expect(errorOf(1, { a: new Secret() }).message).toContain(
      'argument 2 at .a: an instance of Secret, which hides its',
    );
    expect(errorOf(new Zoned(0)).message).toContain('argument 1: an instance of Zoned, which hides its state');
    expect(errorOf(new Index([[1, [1]]])).message).toContain('argument 1: an instance of Index, which hides its state');
    expect(errorOf(new Owned()).message).toContain('argument 1: an instance of Owned, which hides its state');
    // What tells classes apart in the keys that processes share is for nobody to read.
    const shared = new KeyEncoder({ classNames: new ClassNames(() => 'c2b616') });
    expect(() => shared.encode([new Secret()])).toThrow('argument 1: an instance of Secret, which hides its state');
  });

  it('can be given an encoding of their own, subclasses included', () => {
    class Point {
      constructor(
        readonly x: number,
        readonly y: number,
        readonly label: () => string,
      ) {}
    }
    class Pin extends Point {}
    const points = new KeyEncoder({
      encoders: [{ class: Point, encode: (point) => [(point as Point).x, (point as Point).y] }],
    });
    const label = (): string => '';
    expect(points.encode([new Point(1, 2, label)])).toBe('@Point([1,2])');
    expect(points.encode([{ at: new Pin(1, 2, label) }])).toBe('{at:@Pin([1,2])}');
  });
});

describe('what has no value to compare by', () => {
  const generate = function* (): Generator<number> {
    yield 1;
  };

  it.each<[string, unknown]>([
    ['a function', (): void => {}],
    ['a function', class {}],
    ['a symbol', Symbol('a')],
    ['a promise', Promise.resolve(1)],
    [
      'a promise',
      new (class Query {
        // oxlint-disable-next-line unicorn/no-thenable -- query builders of other libraries are such
        then(): void {}
      })(),
    ],
    ['a stream', Readable.from([])],
    ['an iterator', generate()],
    ['an iterator', [1].values()],
    ['an instance of WeakMap, which hides its state', new WeakMap()],
    ['an instance of WeakSet, which hides its state', new WeakSet()],
    ['an instance of WeakRef, which hides its state', new WeakRef({})],
    ['an instance of NumberFormat, which hides its state', new Intl.NumberFormat()],
    ['an object that inherits from another object', Object.create({ a: 1 })],
    ['an object with a property whose name is a symbol, Symbol(a)', { [Symbol('a')]: 1 }],
    ['an object with a property whose name is a symbol, Symbol(a)', Object.assign([], { [Symbol('a')]: 1 })],
    ['an object with a property whose name is a symbol, Symbol(a)', Object.assign(new Date(), { [Symbol('a')]: 1 })],
  ])('is refused as %s', (what, value) => {
    const error = errorOf(1, value);
    expect(error).toBeInstanceOf(ZooCacheError);
    expect(error.code).toBe('INVALID_KEY');
    expect(error.subject).toBe(`argument 2: ${what}`);
  });

  it('is named by its argument and the path inside it, with the way out', () => {
    expect(errorOf('a', { where: { 'first name': [1, { name: (): void => {} }] } }).message).toBe(
      'An argument cannot become part of a cache key: argument 2 at .where["first name"][1].name: a function. ' +
        'Give `key: (...args) => ...` to the decorator and return what the answer depends on, or leave the argument out.',
    );
  });

  it('is found in a Map, behind siblings that are deeper, and in what an instance tells', () => {
    class Tells {
      readonly #x = [1, Symbol('x')];
      readonly open = [[1]];
      toJSON(): object {
        return this.#x;
      }
    }
    const deep = { a: { b: { c: 1 } } };
    expect(errorOf(new Map<unknown, unknown>([[1, [deep, Symbol('x')]]])).subject).toBe(
      'argument 1 at <Map 1>[1]: a symbol',
    );
    expect(errorOf(deep, [deep, Symbol('x')]).subject).toBe('argument 2 at [1]: a symbol');
    expect(errorOf(Object(Symbol('x'))).subject).toBe('argument 1 at <toString>[1]: a symbol');
    expect(errorOf(new Tells()).subject).toBe('argument 1 at <toJSON>[1]: a symbol');
  });

  it('is not hidden by a symbol property that is not enumerable', () => {
    const value = Object.defineProperty({ a: 1 }, Symbol('a'), { value: 1 });
    expect(text(value)).toBe('{a:1}');
  });

  it('may be what throws when it is read, and keeps its cause', () => {
    const cause = new Error('closed');
    const value = {
      get a(): never {
        throw cause;
      },
    };
    const error = errorOf({ deep: [{ b: 1 }], value });
    expect(error.subject).toBe('argument 1 at .value.a: a value that throws when it is read');
    expect(error.cause).toBe(cause);
    expect(error.code).toBe('INVALID_KEY');
  });
});

describe('what bypasses the cache', () => {
  class Manager {
    readonly queryRunner = (): void => {};
  }
  const bypassing = new KeyEncoder({ bypass: (value) => value instanceof Manager });

  it('leaves no text, as an argument and inside one', () => {
    expect(bypassing.encode([1, new Manager()])).toBeUndefined();
    expect(bypassing.encode([{ options: { manager: new Manager() } }])).toBeUndefined();
    expect(bypassing.encode([[new Map([['manager', new Manager()]])]])).toBeUndefined();
    expect(bypassing.encode([{ options: {} }])).toBe('{options:{}}');
  });

  it('does so in arguments that need the careful way too', () => {
    const cycle: Record<string, unknown> = { manager: new Manager() };
    cycle.cycle = cycle;
    expect(bypassing.encode([cycle])).toBeUndefined();
  });

  it('may ask for a bypass from inside, when an argument is encoded for another call', () => {
    class Tells {
      toJSON(): string | undefined {
        return bypassing.encode([{ a: 1 }]);
      }
    }
    expect(bypassing.encode([new Tells(), { b: 1 }])).toBe("@Tells(5'{a:1}),{b:1}");
  });
});

@Entity()
class Author {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column('text')
  name!: string;

  @OneToMany(() => Book, (book) => book.author)
  books!: Promise<Book[]>;
}

@Entity()
class Book {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column('text')
  title!: string;

  @ManyToOne(() => Author, (author) => author.books, { lazy: true })
  author!: Promise<Author>;
}

describe('find options and entities of TypeORM', () => {
  it('are told apart by operator, operand and nesting', () => {
    expect(
      confused([
        ...[1, Equal(1), Not(1), Not(Equal(1)), Equal(2), MoreThan(1), LessThan(1), In([1]), In([1, 2]), In([2, 1])],
        ...[Not(In([1, 2])), Not(Not(In([1, 2]))), In(['1']), In([]), Equal('1'), Equal(null), JsonContains({ a: 1 })],
        ...[Raw('now()'), Raw('today()'), Equal('now()'), Equal(new Date(0)), Equal(new Date(1))],
        ...[new FindOperator('in', [1], true, false), new FindOperator('in', [1], false, true)],
        ...[new FindOperator('raw', 1, true, false, undefined, { a: 1 }), new FindOperator('raw', 1, true, false)],
      ]),
    ).toEqual([]);
  });

  it('are the same when they are built again', () => {
    const find = (): object => ({
      where: [{ id: In([1, 2]), title: Not(Equal('x')) }, { author: { name: Raw('upper(name)') } }],
      relations: { author: true },
      order: { id: 'ASC' },
    });
    expect(text(find())).toBe(text(find()));
  });

  it('of a class that extends FindOperator count with what it adds', () => {
    class Within extends FindOperator<number> {
      constructor(readonly metres: number) {
        super('raw', 1);
      }
    }
    expect(confused([new Within(1), new Within(2), new FindOperator('raw', 1)])).toEqual([]);
  });

  it('with Raw and a function are refused, since its SQL is unknown', () => {
    expect(errorOf({ where: { title: Not(Raw((alias) => `${alias} > 1`)) } }).subject).toMatch(
      /^argument 1 at \.where\.title\._value\._getSql: a function$/,
    );
  });

  it('with Raw and a function are told apart by the SQL that it makes, where that is asked for', () => {
    const asking = new KeyEncoder({ asksRawSql: true });
    const raw = (text: string, parameters: Record<string, unknown> = {}) =>
      asking.encode([{ title: Not(Raw((alias) => `${alias} > ${text}`, parameters)) }]);
    const texts = [raw('1'), raw('2'), raw(':a', { a: 1 }), raw(':a', { a: 2 }), raw(':a', { a: '1' })];
    expect(new Set(texts).size).toBe(texts.length);
    expect(raw('1')).toBe(raw('1'));
    expect(asking.encode([Raw('alias > 1')])).not.toBe(asking.encode([Raw((alias) => `${alias} > 1`)]));
    expect(() => asking.encode([Raw(() => 1 as never)])).toThrow(ZooCacheError);
  });

  it('that only look like values are refused by name', () => {
    expect(errorOf({ where: new Brackets(() => {}) }).subject).toBe("argument 1 at .where: TypeORM's Brackets");
  });

  it('that a database returned count with the lazy relations that were loaded, but not with how', async () => {
    const source = new DataSource({ type: 'sqljs', entities: [Author, Book], synchronize: true });
    await source.initialize();
    try {
      const author = await source.manager.save(Object.assign(new Author(), { name: 'Ann' }));
      await source.manager.insert(Book, { title: 'Zoo', author: author as never });
      const read = (): Promise<Book> => source.manager.findOneByOrFail(Book, { id: 1 });
      const [book, again] = [await read(), await read()];
      expect(text(book)).toBe("@Book{id:1,title:3'Zoo}");
      const loading = again.author;
      expect(text(again)).toBe(text(book));
      await loading;
      expect(text(again)).toBe("@Book{__author__:@Author{id:1,name:3'Ann},id:1,title:3'Zoo}");
    } finally {
      await source.destroy();
    }
  });

  it('as a manager or a runner bypass the cache when the encoder knows them', async () => {
    const source = new DataSource({ type: 'sqljs', entities: [Author, Book] });
    await source.initialize();
    const runner: QueryRunner = source.createQueryRunner();
    try {
      const known = new KeyEncoder({
        bypass: (value) => value instanceof EntityManager || 'startTransaction' in value,
      });
      expect(known.encode([1, source.manager])).toBeUndefined();
      expect(known.encode([1, { manager: runner.manager }])).toBeUndefined();
      expect(known.encode([1, runner])).toBeUndefined();
      expect(errorOf(1, source.manager).subject).toBe("argument 2: TypeORM's SqljsEntityManager");
    } finally {
      await runner.release();
      await source.destroy();
    }
  });
});
