import { types } from 'node:util';
import type { Driver, EntityMetadata, ValueTransformer } from 'typeorm';

export type ColumnMetadata = EntityMetadata['columns'][number];

/** Columns whose values a driver hands over as text, because JavaScript numbers could not hold them all. */
const EXACT_NUMBERS = new Set(['decimal', 'dec', 'numeric', 'fixed', 'number', 'bigint', 'int8']);

const JSON_TYPES = new Set<unknown>(['json', 'jsonb']);

/** Types that the driver itself turns into something else on the way in and back on the way out. */
const CONVERTED = new Set<unknown>([
  Boolean,
  Date,
  'boolean',
  'date',
  'time',
  'datetime',
  'timestamp',
  'timestamptz',
  'timestamp with time zone',
  'timestamp without time zone',
  'simple-array',
  'simple-json',
  'set',
]);

/** The two ways through the transformer of a column. */
export interface Transfer {
  /** What the database would hand over for the value; shares nothing with it. */
  readonly write: (value: unknown) => unknown;
  /** A new value of that. */
  readonly read: (written: unknown) => unknown;
}

/**
 * Takes the values of a column that has a transformer apart and makes new ones, which no other part of the program knows
 * how to: what `to` writes goes back through `from` as if it had been read from the database.
 *
 * For that it must look as the database would hand it over, or `from` would build another value: a decimal comes back
 * as text, a date without its time, JSON without what JSON cannot hold; and nothing `to` returned may be shared.
 */
export function transferByTransformer(column: ColumnMetadata, driver: Driver): Transfer {
  const transformers = [column.transformer!].flat();
  const bare = Object.create(column, { transformer: { value: undefined } }) as ColumnMetadata;
  return {
    write: (value) => asLoaded(writtenBy(transformers, value), bare, driver),
    read: (written) => readBy(transformers, written),
  };
}

/** Makes copies of the values of a column that has a transformer. */
export function cloneByTransformer(column: ColumnMetadata, driver: Driver): (value: unknown) => unknown {
  const { write, read } = transferByTransformer(column, driver);
  return (value) => read(write(value));
}

function writtenBy(transformers: readonly ValueTransformer[], value: unknown): unknown {
  return transformers.reduce<unknown>((written, transformer) => transformer.to(written), value);
}

function readBy(transformers: readonly ValueTransformer[], value: unknown): unknown {
  return transformers.reduceRight<unknown>((read, transformer) => transformer.from(read), value);
}

function asLoaded(written: unknown, column: ColumnMetadata, driver: Driver): unknown {
  if (written === null || written === undefined) return null;
  if (JSON_TYPES.has(column.type)) return JSON.parse(JSON.stringify(written)) as unknown;
  if (CONVERTED.has(column.type) && !column.isArray) {
    return driver.prepareHydratedValue(driver.preparePersistentValue(written, column), column) as unknown;
  }
  if (typeof written === 'number' || typeof written === 'bigint') return asNumberLoaded(written, column, driver);
  return detached(written);
}

function asNumberLoaded(written: number | bigint, column: ColumnMetadata, driver: Driver): unknown {
  const isInProcess = /sqlite|sqljs|expo|cordova|react-native|nativescript|capacitor/.test(driver.options.type);
  if (isInProcess) return Number(written);
  if (!EXACT_NUMBERS.has(driver.normalizeType(column))) return written;
  return typeof written === 'number' && column.scale != null ? written.toFixed(column.scale) : String(written);
}

/** A copy of what `to` returned; it may be the very state of the value. Of objects with classes a database knows nothing. */
function detached(written: unknown): unknown {
  if (typeof written !== 'object' || written === null) return written;
  if (types.isDate(written)) return new Date(written.getTime());
  if (types.isUint8Array(written)) return Buffer.isBuffer(written) ? Buffer.from(written) : written.slice();
  if (Array.isArray(written)) return written.map(detached);
  return Object.fromEntries(Object.entries(written).map(([name, held]) => [name, detached(held)]));
}
