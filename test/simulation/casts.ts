import { twins, type Process, type World } from './world.js';

/** Every interleaving of two writers and two readers, for the pairs whose meeting is the point. */
export const CASTS: readonly [string, (world: World) => readonly Process[]][] = [
  [
    'two statements on one row and two readers of it',
    (world) => [...twins(() => world.autocommit(0)), ...twins(() => world.rowReader(0))],
  ],
  [
    'a commit of two rows, a rollback, a reader of a row and one of the table',
    (world) => [
      world.transaction([0, 1], 'commit'),
      world.transaction([1], 'rollback'),
      world.rowReader(1),
      world.listReader(),
    ],
  ],
  [
    'a statement that names no row, a withdrawn mark and two readers',
    (world) => [world.criteriaUpdate(0), world.transaction([0], 'mark withdrawn'), ...twins(() => world.rowReader(0))],
  ],
  [
    'a statement, a reader of the row, and two that make their answers of his',
    (world) => [world.rowReader(0), ...twins(() => world.outerReader(0)), world.autocommit(0)],
  ],
  [
    'two statements that name no row and two readers of it, while another row is cached',
    (world) => {
      world.cache(1);
      return [...twins(() => world.criteriaUpdate(0)), ...twins(() => world.rowReader(0))];
    },
  ],
];
