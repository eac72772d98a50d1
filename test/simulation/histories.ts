import fc from 'fast-check';
import type { Library } from './library.js';
import { play } from './play.js';
import { together, World, type Process, type TransactionEnd } from './world.js';

const ROWS = 3;

/** One process of a random history, as data, so that a failing history can be shrunk and printed. */
type Role =
  | {
      readonly kind:
        | 'row reader'
        | 'readers in step'
        | 'outer reader'
        | 'autocommit'
        | 'criteria update'
        | 'blind update'
        | 'told by hand'
        | 'evict';
      readonly row: number;
    }
  | { readonly kind: 'list reader' | 'clear' }
  | { readonly kind: 'mutual reader'; readonly row: 0 | 1 }
  | {
      readonly kind: 'transaction';
      readonly rows: readonly number[];
      readonly end: TransactionEnd;
      readonly isSecondUndone: boolean;
    };

/** A random history: who takes part, in which order the steps come, and how little the engine may keep. */
export interface History {
  readonly roles: readonly Role[];
  readonly choices: readonly number[];
  readonly maxEntries: number;
  readonly maxRememberedTags: number;
}

const row = fc.nat({ max: ROWS - 1 });

const role: fc.Arbitrary<Role> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('row reader' as const), row }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('readers in step' as const), row }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('list reader' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('outer reader' as const), row }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'autocommit' as const,
        'criteria update' as const,
        'blind update' as const,
        'told by hand' as const,
      ),
      row,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('transaction' as const),
      rows: fc.array(row, { minLength: 1, maxLength: 3 }),
      end: fc.constantFrom<TransactionEnd>('commit', 'commit', 'rollback', 'commit fails', 'mark withdrawn'),
      isSecondUndone: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('mutual reader' as const), row: fc.constantFrom(0 as const, 1 as const) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('evict' as const), row }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const) }) },
);

export const history: fc.Arbitrary<History> = fc.record({
  roles: fc.array(role, { minLength: 2, maxLength: 12 }),
  choices: fc.array(fc.nat({ max: 11 }), { maxLength: 60 }),
  maxEntries: fc.constantFrom(1, 2, 100),
  maxRememberedTags: fc.constantFrom(2, 4, 10_000),
});

/** Plays a history and returns what went wrong, and how often the cache answered. */
export async function playHistory(
  library: Library,
  { roles, choices, maxEntries, maxRememberedTags }: History,
): Promise<{ failures: readonly string[]; hits: number }> {
  const world = new World(library, { rows: ROWS, maxEntries, maxRememberedTags });
  const processes = roles.map((each) => processOf(world, each));
  let next = 0;
  const failures = await play(world, processes, (ready) => (choices[next++] ?? 0) % ready);
  return { failures, hits: world.hits };
}

function processOf(world: World, role: Role): Process {
  switch (role.kind) {
    case 'row reader':
      return world.rowReader(role.row);
    // What an answer that is not kept lets go of, the other answer takes before those go on who joined the first.
    case 'readers in step':
      return together(world.rowReader(role.row), world.rowReader((role.row + 1) % ROWS));
    case 'outer reader':
      return world.outerReader(role.row);
    case 'list reader':
      return world.listReader();
    case 'autocommit':
      return world.autocommit(role.row);
    case 'criteria update':
      return world.criteriaUpdate(role.row);
    case 'blind update':
      return world.criteriaUpdate(role.row, false);
    case 'told by hand':
      return world.toldByHand(role.row);
    case 'mutual reader':
      return world.mutualReader(role.row);
    case 'evict':
      return world.evict(role.row);
    case 'clear':
      return world.clear();
    case 'transaction':
      return world.transaction(role.rows, role.end, role.isSecondUndone);
  }
}
