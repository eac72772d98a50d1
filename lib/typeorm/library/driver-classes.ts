import type { DataSource } from 'typeorm';
import type { ClassShape } from '../../codec/copy/class-shape.js';

/** The type of an interval, as PostgreSQL numbers it. */
const INTERVAL = 1186;

const NAME = 'driver pg interval';

interface PostgresDriver {
  readonly postgres?: { readonly types?: { getTypeParser?(type: number): (text: string) => unknown } };
}

/** What is known of classes whose instances drivers hand over as values of columns: intervals of PostgreSQL. */
export function describeDriverClass(constructor: Function, dataSource: DataSource): ClassShape | undefined {
  if (constructor !== intervalClassOf(dataSource)) return undefined;
  const prototype = constructor.prototype as object;
  return { construct: () => Object.create(prototype) as object, properties: [], name: NAME };
}

/** Finds such a class by the name in its description. */
export function findDriverClass(name: string, dataSource: DataSource): Function | undefined {
  return name === NAME ? intervalClassOf(dataSource) : undefined;
}

/** The driver does not export the class, but makes an instance of any text. */
function intervalClassOf({ driver }: DataSource): Function | undefined {
  const parse = (driver as unknown as PostgresDriver).postgres?.types?.getTypeParser?.(INTERVAL);
  const interval = parse?.('1 day');
  if (typeof interval !== 'object' || interval === null) return undefined;
  return interval.constructor === Object ? undefined : interval.constructor;
}
