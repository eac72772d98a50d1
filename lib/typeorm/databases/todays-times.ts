import type { Dialect } from '../../sql/statement.js';
import { completesTimes, DAY, mayMakeTimes, TIME, type MomentColumns } from '../../sql/times-of-today.js';
import type { CatalogueRelation } from './catalogue.js';

const MOMENTS: Readonly<Record<string, number>> = { time: TIME, date: DAY, datetime: DAY, timestamp: DAY };

const NO_MOMENTS: MomentColumns = new Map();

/** Which columns of a relation hold times, and which hold days, where a database makes one of the other. */
export function momentColumns(catalogued: readonly CatalogueRelation[], dialect: Dialect): MomentColumns {
  if (dialect !== 'mysql') return NO_MOMENTS;
  return unionOf(
    catalogued.map(({ columns = [] }) => new Map(columns.map(({ name, type }) => [name, MOMENTS[type] ?? 0]))),
  );
}

/** Why the answer of a text depends on the day on which it is asked; undefined when it does not. */
export function dayObstacle(text: string, read: readonly MomentColumns[], dialect: Dialect): string | undefined {
  if (dialect !== 'mysql') return undefined;
  const columns = unionOf(read);
  const holdsTimes = [...columns.values()].some((moment) => (moment & TIME) !== 0);
  if (!holdsTimes && !mayMakeTimes(text)) return undefined;
  return completesTimes(text, columns) ? 'a TIME taken for one of today' : undefined;
}

function unionOf(all: readonly MomentColumns[]): MomentColumns {
  if (all.length === 1) return all[0];
  const union = new Map<string, number>();
  for (const columns of all) for (const [name, moment] of columns) union.set(name, moment | (union.get(name) ?? 0));
  return union;
}
