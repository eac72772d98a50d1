import fc from 'fast-check';
import type { TestDatabase } from '../support/test-database.js';
import {
  isOfOne,
  type Condition,
  type FindRead,
  type Id,
  type NestedRead,
  type Operator,
  type Read,
  type ShapedRead,
} from './reads.js';
import type { EntityName } from './schema.js';
import { shapesOf } from './shaped-reads.js';
import { writesOf, type Write } from './writes.js';

/** What is done inside a transaction: a write, a look from inside and from outside, or a savepoint. */
export type Act =
  | Write
  | { readonly act: 'look' }
  | { readonly act: 'savepoint'; readonly body: readonly Act[]; readonly isKept: boolean };

export interface Transaction {
  readonly step: 'transaction';
  readonly by: 'callback' | 'runner' | 'statements' | 'repeatable' | 'serializable';
  readonly body: readonly Act[];
  readonly isKept: boolean;
  readonly source?: number;
}

/** Two transactions that take turns; the second ends first if `crosses`. */
export interface Interleaved {
  readonly step: 'interleaved';
  readonly turns: readonly { readonly who: 0 | 1; readonly act: Write | { readonly act: 'look' } }[];
  readonly areKept: readonly [boolean, boolean];
  readonly crosses: boolean;
}

/** Several at once, with readers among them. */
export interface Crowd {
  readonly step: 'crowd';
  readonly of: readonly (Single | Transaction)[];
}

export interface Single {
  readonly step: 'write';
  readonly does: Write;
  readonly source?: number;
}

/** An answer of the cache is changed and saved. */
export interface Saved {
  readonly step: 'save an answer';
  readonly id: Id;
  readonly n: number;
}

export type Step = Single | Transaction | Interleaved | Crowd | Saved;

/** Some reads that are asked again and again, and what happens between. */
export interface History {
  readonly reads: readonly Read[];
  readonly steps: readonly Step[];
}

/** Columns and relations of an entity that may be asked for. */
interface Askable {
  readonly keys?: readonly string[];
  readonly numbers: readonly string[];
  readonly texts: readonly string[];
  readonly relations: readonly string[];
  /** Relations that may be compared with nothing. */
  readonly toOne?: readonly string[];
  readonly lazy?: readonly string[];
}

const askable: Readonly<Record<EntityName, Askable>> = {
  Profile: { numbers: ['visits', 'owner.age'], texts: ['bio', 'owner.name'], relations: ['owner', 'owner.posts'] },
  Author: {
    numbers: ['age', 'profileId', 'address.zip', 'posts.views', 'profile.visits'],
    texts: ['name', 'email', 'address.city', 'profile.bio'],
    relations: ['profile', 'posts', 'posts.tags'],
    toOne: ['profile'],
  },
  Category: { keys: [], numbers: [], texts: ['code', 'label'], relations: [] },
  Post: {
    keys: ['id', 'author.id', 'tags.id', 'editor.id'],
    numbers: ['views', 'editorId', 'author.age', 'commentCount'],
    texts: ['title', 'categoryCode', 'author.name', 'tags.slug', 'category.code', 'category.label'],
    relations: ['author', 'tags', 'author.profile', 'comments', 'editor'],
    toOne: ['author', 'category', 'editor'],
    lazy: ['editor', 'comments'],
  },
  Tag: {
    keys: ['id', 'posts.id'],
    numbers: ['posts.views'],
    texts: ['slug', 'posts.title'],
    relations: ['posts', 'posts.author'],
  },
  Comment: {
    keys: ['post.id', 'author.id'],
    numbers: ['score', 'post.views'],
    texts: ['text', 'author.name', 'post.author.name'],
    relations: ['post', 'author', 'post.author'],
    toOne: ['post', 'author'],
  },
  Price: { keys: [], numbers: ['sku'], texts: ['currency'], relations: [] },
  Offer: {
    numbers: ['priceSku', 'price.sku'],
    texts: ['title', 'price.currency'],
    relations: ['price'],
    toOne: ['price'],
  },
  Branch: {
    keys: ['id', 'parent.id'],
    numbers: [],
    texts: ['name', 'parent.name'],
    relations: ['parent', 'children'],
    toOne: ['parent'],
  },
  Folder: {
    keys: ['id', 'parent.id'],
    numbers: [],
    texts: ['name', 'parent.name'],
    relations: ['parent', 'children'],
    toOne: ['parent'],
  },
  Shelf: {
    keys: ['id', 'parent.id'],
    numbers: [],
    texts: ['name', 'parent.name'],
    relations: ['parent', 'children'],
    toOne: ['parent'],
  },
  Animal: { numbers: [], texts: ['name'], relations: [] },
  Dog: { numbers: ['barks'], texts: ['name'], relations: [] },
  Cat: { numbers: ['lives'], texts: ['name'], relations: [] },
  PostSummary: { numbers: ['views'], texts: ['title', 'authorName'], relations: [] },
  BusyPost: { numbers: [], texts: ['authorName'], relations: [] },
};

/** Seeds have the numbers 1 to 5; the others are brought by writes, or by nobody. */
const id: fc.Arbitrary<Id> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 5 }) },
  { weight: 2, arbitrary: fc.constantFrom(901, 902) },
  {
    weight: 2,
    arbitrary: fc.record({
      next: fc.integer({ min: 1, max: 2 }),
      of: fc.constantFrom('post', 'author', 'tag', 'branch', 'animal'),
    }),
  },
);
const smallNumber = fc.integer({ min: 0, max: 4 });
const uuid = fc.integer({ min: 1, max: 5 }).map((n) => `00000000-0000-4000-8000-00000000000${n}`);
const word = fc.constantFrom('a', 'b', 'c', 'x', 'EUR', 'A');

function conditionOn({ keys = ['id'], numbers, texts, toOne = [] }: Askable): fc.Arbitrary<Condition> {
  const operators = <T extends Operator>(...all: T[]): fc.Arbitrary<T> => fc.constantFrom(...all);
  const on = (
    paths: readonly string[],
    weight: number,
    operator: fc.Arbitrary<Operator>,
    value: fc.Arbitrary<Condition['values'][0]>,
  ): { weight: number; arbitrary: fc.Arbitrary<Condition> }[] =>
    paths.length === 0
      ? []
      : [
          {
            weight,
            arbitrary: fc.record({ path: fc.constantFrom(...paths), operator, values: fc.tuple(value, value) }),
          },
        ];
  return fc.oneof(
    ...on(keys, 5, operators('equal', 'equal', 'in', 'in', 'not', 'notIn', 'between', 'lessThan'), id),
    ...on(
      numbers,
      3,
      operators(
        'equal',
        'in',
        'not',
        'notIn',
        'lessThan',
        'moreThanOrEqual',
        'between',
        'isNull',
        'notNull',
        'either',
        'both',
        'raw',
      ),
      smallNumber,
    ),
    ...on(
      texts,
      3,
      operators('equal', 'in', 'not', 'like', 'ilike', 'isNull', 'notNull', 'either', 'both', 'raw', 'lessThan'),
      word,
    ),
    ...on(toOne, 1, operators('isNull', 'notNull'), fc.constant(null)),
  );
}

const findRead: fc.Arbitrary<FindRead> = fc
  .constantFrom(
    ...(Object.keys(askable) as EntityName[]),
    'Post' as const,
    'Author' as const,
    'Post' as const,
    'Comment' as const,
  )
  .chain((entity) => {
    const can = askable[entity];
    const own = [...can.numbers, ...can.texts].filter((path) => !path.includes('.') && path !== 'commentCount');
    const ordinary = own.filter((column) => !['sku', 'currency', 'code'].includes(column));
    const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
      fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
    const flag = fc.constantFrom<(true | undefined)[]>(undefined, undefined, undefined, undefined, true);
    const hasNumbers = can.numbers.some((path) => own.includes(path));
    return fc.record({
      kind: fc.constant('find' as const),
      entity: fc.constant(entity),
      method: fc.constantFrom<FindRead['method'][]>(
        'find',
        'find',
        'find',
        'findBy',
        'findOne',
        'findOneBy',
        'findOneBy',
        'findOneByOrFail',
        'findAndCount',
        'count',
        'countBy',
        'exists',
        'existsBy',
        ...(hasNumbers ? (['sum', 'minimum', 'maximum', 'average'] as const) : []),
      ),
      where: fc.array(fc.array(conditionOn(can), { minLength: 1, maxLength: 2 }), { maxLength: 2 }),
      relations:
        can.relations.length === 0
          ? fc.constant([])
          : fc.subarray([...can.relations], { maxLength: Math.min(3, can.relations.length) }),
      orderBy: maybe(fc.constantFrom(...(hasNumbers ? can.numbers.filter((path) => own.includes(path)) : ordinary))),
      isDescending: flag,
      skip: maybe(fc.integer({ min: 0, max: 2 })),
      take: maybe(fc.integer({ min: 1, max: 3 })),
      select: ordinary.length === 0 ? fc.constant(undefined) : maybe(fc.subarray(ordinary, { minLength: 1 })),
      withDeleted: flag,
      separately: flag,
      withoutEager: flag,
      awaited: can.lazy === undefined ? fc.constant(undefined) : maybe(fc.subarray([...can.lazy], { minLength: 1 })),
      isDirect: flag,
    });
  })
  .map(sensible);

/** What TypeORM or a database refuses for its form is not asked. */
function sensible(read: FindRead): FindRead {
  const isAggregate = ['sum', 'minimum', 'maximum', 'average'].includes(read.method);
  const number = askable[read.entity].numbers.find((path) => !path.includes('.') && path !== 'commentCount');
  return {
    ...read,
    // It wants conditions.
    method: read.method === 'findOne' && read.where.length === 0 ? 'find' : read.method,
    // No database pages without a limit, and MariaDB wants one for every offset.
    take: read.skip !== undefined && read.take === undefined ? 2 : read.take,
    select: isAggregate ? [number!] : read.select,
    where: read.where.map((all) => all.filter((one, at) => all.findIndex(({ path }) => clash(path, one.path)) === at)),
  };
}

/** `author` cannot be nothing and have a name at once. */
function clash(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
}

/** Rows by their keys and nothing else: an answer that no write to any other row may make go. */
const keyRead: fc.Arbitrary<FindRead> = fc
  .constantFrom<EntityName[]>(
    'Author',
    'Tag',
    'Profile',
    'Animal',
    'Branch',
    'Folder',
    'Shelf',
    'Offer',
    'Post',
    'Comment',
  )
  .chain((entity) =>
    fc.record({
      kind: fc.constant('find' as const),
      entity: fc.constant(entity),
      method: fc.constantFrom<FindRead['method'][]>('find', 'findOneBy', 'findBy', 'count', 'exists'),
      where: fc
        .record({
          path: fc.constant('id'),
          operator: fc.constantFrom<Operator[]>('equal', 'in', 'in'),
          values: entity === 'Comment' ? fc.tuple(uuid, uuid) : fc.tuple(id, id),
        })
        .map((condition) => [[condition]]),
      relations: fc.constant([]),
      withoutEager: fc.constant(true),
    }),
  );

const shapedRead: fc.Arbitrary<ShapedRead> = fc
  .constantFrom(
    ...(['builder', 'sql', 'tree'] as const).flatMap((kind) => shapesOf[kind].map((shape) => ({ kind, shape }))),
  )
  .chain(({ kind, shape }) =>
    fc.record({ kind: fc.constant(kind), shape: fc.constant(shape), id, other: id, n: smallNumber, text: word }),
  );

const nestedRead: fc.Arbitrary<NestedRead> = fc.record({
  kind: fc.constant('nested' as const),
  together: fc.boolean(),
  reads: fc.array(fc.oneof(findRead.map(inOrder), keyRead.map(inOrder), shapedRead), { minLength: 1, maxLength: 3 }),
});

/** The same, but never one row of several: of answers within another one nobody can tell which rows would do as well. */
function inOrder(read: FindRead): FindRead {
  return isOfOne(read) ? { ...read, method: read.where.length === 0 ? 'find' : 'findOne' } : read;
}

function readOf({ supportsSharing }: TestDatabase): fc.Arbitrary<Read> {
  const plain = fc.oneof(
    { weight: 8, arbitrary: findRead },
    { weight: 5, arbitrary: keyRead },
    { weight: 8, arbitrary: shapedRead },
    { weight: 1, arbitrary: nestedRead },
  );
  if (!supportsSharing) return plain;
  return fc.tuple(plain, fc.integer({ min: 0, max: 3 })).map(([read, n]) => (n === 0 ? { ...read, source: 1 } : read));
}

function stepOf(database: TestDatabase): fc.Arbitrary<Step> {
  // What comes, goes or gets another key reaches further than what is changed in its place.
  const kinds = writesOf(database.family);
  const write: fc.Arbitrary<Write> = fc.record({
    write: fc.constantFrom(...kinds, ...kinds.filter((kind) => /delete|key|number|insert|replace|upsert/i.test(kind))),
    id,
    other: id,
    n: smallNumber,
    text: word,
  });
  const look = fc.constant({ act: 'look' as const });
  const source = database.supportsSharing
    ? fc.constantFrom<(number | undefined)[]>(undefined, undefined, undefined, 1)
    : fc.constant(undefined);
  const { act } = fc.letrec<{ act: Act }>((tie) => ({
    act: fc.oneof(
      { depthSize: 'small', maxDepth: 2 },
      { weight: 8, arbitrary: write },
      { weight: 2, arbitrary: look },
      {
        weight: 2,
        arbitrary: fc.record({
          act: fc.constant('savepoint' as const),
          body: fc.array(tie('act'), { minLength: 1, maxLength: 2 }),
          isKept: fc.boolean(),
        }),
      },
    ),
  }));
  const isolated = database.supportsConcurrentConnections ? (['repeatable', 'serializable'] as const) : [];
  const single: fc.Arbitrary<Single> = fc.record({ step: fc.constant('write' as const), does: write, source });
  const transaction: fc.Arbitrary<Transaction> = fc.record({
    step: fc.constant('transaction' as const),
    by: fc.constantFrom<Transaction['by'][]>('callback', 'callback', 'runner', 'statements', ...isolated),
    body: fc.array(act, { minLength: 1, maxLength: 3 }),
    isKept: fc.boolean(),
    source,
  });
  const interleaved: fc.Arbitrary<Interleaved> = fc.record({
    step: fc.constant('interleaved' as const),
    turns: fc.array(
      fc.record({
        who: fc.constantFrom<(0 | 1)[]>(0, 1),
        act: fc.oneof({ weight: 3, arbitrary: write }, { weight: 1, arbitrary: look }),
      }),
      { minLength: 2, maxLength: 5 },
    ),
    areKept: fc.tuple(fc.boolean(), fc.boolean()),
    crosses: fc.boolean(),
  });
  const crowd: fc.Arbitrary<Crowd> = fc.record({
    step: fc.constant('crowd' as const),
    of: fc.array(fc.oneof({ weight: 3, arbitrary: single }, { weight: 1, arbitrary: transaction }), {
      minLength: 2,
      maxLength: 4,
    }),
  });
  const saved: fc.Arbitrary<Saved> = fc.record({
    step: fc.constant('save an answer' as const),
    id: fc.integer({ min: 1, max: 5 }),
    n: smallNumber,
  });
  return fc.oneof(
    { weight: 14, arbitrary: single },
    { weight: 5, arbitrary: transaction },
    { weight: database.supportsConcurrentConnections ? 3 : 0, arbitrary: interleaved },
    { weight: 2, arbitrary: crowd },
    { weight: 1, arbitrary: saved },
  );
}

/** How long histories are at most. */
export interface HistorySize {
  readonly reads: number;
  readonly steps: number;
}

/** Histories that make sense on a database. */
export function historyOn(database: TestDatabase, { reads, steps }: HistorySize): fc.Arbitrary<History> {
  return fc.record({
    reads: fc.array(readOf(database), { minLength: reads >> 1, maxLength: reads, size: 'max' }),
    steps: fc.array(stepOf(database), { minLength: 3, maxLength: steps, size: 'max' }),
  });
}
