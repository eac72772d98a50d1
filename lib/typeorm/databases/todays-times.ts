import { analyse } from '../../sql/analyse.js';
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

/** Why what a table computes when it is read is no function of its rows; undefined when it is. */
export function computedObstacle(catalogued: readonly CatalogueRelation[], dialect: Dialect): string | undefined {
  for (const { columns = [] } of catalogued) {
    for (const { name, expression } of columns) {
      if (expression === undefined) continue;
      const text = `SELECT ${expression}`;
      const found =
        analyse(text, dialect)[0]?.uncacheable ?? dayObstacle(text, [momentColumns(catalogued, dialect)], dialect);
      if (found !== undefined) return `${found} in column ${name}`;
    }
  }
  return undefined;
}

function unionOf(all: readonly MomentColumns[]): MomentColumns {
  if (all.length === 1) return all[0];
  const union = new Map<string, number>();
  for (const columns of all) for (const [name, moment] of columns) union.set(name, moment | (union.get(name) ?? 0));
  return union;
}
