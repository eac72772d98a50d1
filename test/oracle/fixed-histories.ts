import type { TestDatabase } from '../support/test-database.js';
import type { History, Step } from './history.js';
import type { FindRead, Id, Read, ShapedRead } from './reads.js';
import type { EntityName } from './schema.js';
import type { Write } from './writes.js';

/** A history that shows a wrong answer when one rule is missing. Those that chance found once are put here too. */
export interface FixedHistory {
  readonly title: string;
  /** Where it can be played. */
  readonly on?: (database: TestDatabase) => boolean;
  readonly history: History;
}

const NOTHING = { id: 1, other: 1, n: 0, text: 'a' };

function sql(shape: string, asked: Partial<ShapedRead> = {}): Read {
  return { ...NOTHING, ...asked, kind: 'sql', shape };
}

function rows(entity: EntityName, ...ids: readonly [] | readonly [Id] | readonly [Id, Id]): FindRead {
  const [first, second = first] = ids;
  return {
    kind: 'find',
    method: 'find',
    entity,
    where: first === undefined ? [] : [[{ path: 'id', operator: 'in', values: [first, second!] }]],
    relations: [],
    withoutEager: true,
  };
}

/** One row of each, as it is put back when it is saved. */
function single(id: Id, ...entities: readonly EntityName[]): FindRead[] {
  return entities.map((entity) => ({
    kind: 'find',
    method: 'findOneBy',
    entity,
    where: [[{ path: 'id', operator: 'equal', values: [id, null] }]],
    relations: [],
  }));
}

function does(write: string, wanted: Partial<Write> = {}): Write {
  return { ...NOTHING, ...wanted, write };
}

function steps(...writes: readonly Write[]): Step[] {
  return writes.map((write) => ({ step: 'write', does: write }));
}

const nextPost: Id = { next: 1, of: 'post' };

export const fixedHistories: readonly FixedHistory[] = [
  {
    title: 'a reference shows that the database let go of it, because what it referred to was deleted',
    history: {
      reads: [sql('byId'), rows('Author', 1), rows('Post', 5), rows('Post')],
      steps: steps(does('deleteProfile'), does('deleteCategory', { text: 'EUR' })),
    },
  },
  {
    title: 'rows are gone that the database deleted because of rows that it deleted',
    history: {
      reads: [sql('junction'), sql('junctionPair'), sql('references')],
      steps: steps(does('delete'), does('sqlDelete', { id: 2 })),
    },
  },
  {
    title: 'references follow a key that changed',
    history: {
      reads: [rows('Post'), rows('Offer', 1, 2), sql('junction'), sql('lastReferences')],
      steps: steps(
        does('renameKey', { n: 4 }),
        does('renumberPair', { n: 3 }),
        does('renumberPair', { n: 2 }),
        does('renumber', { id: 2, other: 901 }),
        does('sqlUpdateOtherKey', { id: 1, other: 902 }),
      ),
    },
  },
  {
    title: 'of several rows that nothing orders any may be the answer, also when another one comes to lie before it',
    history: {
      reads: [{ kind: 'find', method: 'findOneBy', entity: 'Tag', where: [], relations: [] }],
      steps: steps(does('renumber', { id: 1, other: 902 }), does('sqlUpdateOtherKey', { id: 902, other: 1 })),
    },
  },
  {
    title: 'a row is there that was not, whatever gave it its key',
    history: {
      reads: [
        rows('Tag', 901),
        rows('Tag', 902),
        rows('Post', nextPost),
        rows('Post', { next: 2, of: 'post' }),
        sql('byIds', { id: nextPost, other: 902 }),
      ],
      steps: steps(
        does('insertTag', { id: 901 }),
        does('renumber', { id: 3, other: 902 }),
        does('insert'),
        does('qbInsert'),
        does('insertById', { id: 902 }),
      ),
    },
  },
  {
    title: 'each row of several counts, in what is read and in what is written',
    history: {
      reads: [rows('Post', 1, 2), sql('byIds', { id: 4, other: 3 }), rows('Animal', 3, 4), rows('Author', 3, 2)],
      steps: steps(
        does('updateMany', { id: 5, other: 2, n: 4 }),
        does('savePost', { id: 3, n: 4 }),
        does('qbUpdateIds', { id: 1, other: 4, text: 'x' }),
        does('qbUpdateWhere', { text: 'c' }),
        does('update', { id: 2, text: 'c' }),
        does('upsert', { id: 2, text: 'b' }),
      ),
    },
  },
  {
    title: 'a row that was replaced has taken along what referred to it',
    on: ({ family }) => family !== 'postgres',
    history: { reads: [sql('junction'), rows('Tag', 1)], steps: steps(does('sqlReplace', { id: 1, text: 'q' })) },
  },
  ...(['Branch', 'Folder', 'Shelf'] as const).map((tree): FixedHistory => {
    const write = (verb: string): string => (verb + tree).replace(/^[A-Z]/, (first) => first.toLowerCase());
    return {
      title: `a tree shows what was hung somewhere else in it, if it is one of ${tree}`,
      history: {
        reads: ['trees', 'below', 'treeAbove', 'countBelow', 'countAbove'].flatMap((asked) =>
          [2, 3].map((id): Read => ({ ...NOTHING, kind: 'tree', shape: `${tree}.${asked}`, id })),
        ),
        steps: steps(
          does(write(''), { id: 2 }),
          does(write('move'), { id: 3, other: 1 }),
          does(write('move'), { id: 4, other: 2 }),
          does(`delete${tree}`, { id: 2 }),
        ),
      },
    };
  }),
  {
    title: 'a view shows what was written to the tables below it',
    history: {
      reads: [rows('BusyPost'), rows('PostSummary', 2), sql('view', { id: 3 }), sql('viewOfViews')],
      steps: steps(does('saveAuthor', { id: 1, text: 'c' }), does('updateAll'), does('increment', { id: 4, n: 3 })),
    },
  },
  {
    title: 'a table shows what was written through a view',
    on: ({ family }) => family !== 'sqlite',
    history: { reads: [rows('Tag', 2), rows('Tag')], steps: steps(does('sqlUpdateView', { id: 2, text: 'q' })) },
  },
  {
    title: 'a row is what its transaction left of what it saved',
    history: {
      reads: [
        ...single(1, 'Author', 'Profile', 'Tag', 'Animal', 'Dog', 'Branch'),
        ...single(2, 'Tag'),
        sql('references'),
      ],
      steps: [
        ...steps(
          does('saveAuthor', { text: 'c', n: 4 }),
          does('saveDog', { text: 'c', n: 4 }),
          does('saveProfile', { n: 3 }),
        ),
        ...[true, false].map((isKept): Step => ({
          step: 'transaction',
          by: 'callback',
          isKept,
          body: [
            does('saveMany', { id: 1, other: 2, text: 'k' }),
            does('saveAuthor', { text: 'd', n: 1 }),
            does('update', { text: 'e', n: 2 }),
            { act: 'savepoint', isKept: true, body: [does('saveProfile', { n: 2 }), { act: 'look' }] },
            { act: 'savepoint', isKept: false, body: [does('saveMany', { id: 2, other: 3, text: 'l' })] },
          ],
        })),
      ],
    },
  },
  {
    title: 'of a transaction counts what was kept, and nobody sees it before',
    history: {
      reads: [rows('Post', 1), rows('Post', 2), rows('Author'), sql('aggregate')],
      steps: [true, false].map((isKept) => ({
        step: 'transaction',
        by: 'callback',
        isKept,
        body: [
          does('increment', { n: 2 }),
          { act: 'look' },
          { act: 'savepoint', isKept: true, body: [does('increment', { id: 2, n: 2 }), { act: 'look' }] },
          { act: 'savepoint', isKept: false, body: [does('update', { id: 2, text: 'c' }), { act: 'look' }] },
        ],
      })),
    },
  },
];
