import type { BusInvalidation, LogRecord } from '../../bus/invalidation-bus.js';
import { endOfSegment, type Tag } from '../../tags/tag.js';
import { partsOfTag, tableTag } from '../../tags/table-tags.js';

/** What this process knows of a database's tables and columns, as a fingerprint by the database's tag. */
export interface SchemaFingerprints {
  /** Undefined for a database that nothing is known of. */
  of(database: string): string | undefined;
}

/** What the writer of a record knows of the databases it names; undefined when it names none. */
export function schemasNamedIn(
  { touches, sweeps }: BusInvalidation,
  schemas: SchemaFingerprints,
): Readonly<Record<string, string>> | undefined {
  let named: Record<string, string> | undefined;
  let last: string | undefined;
  for (const tags of [touches, sweeps]) {
    for (const tag of tags as readonly Tag[]) {
      const end = endOfSegment(tag, 0);
      // Most records are about one database, whose tags stand side by side.
      if (end === last?.length && tag.startsWith(last)) continue;
      last = tag.slice(0, end);
      const known = schemas.of(last);
      if (known !== undefined) (named ??= {})[last] = known;
    }
  }
  return named;
}

/**
 * The record as this process must hear it: who knows other columns of a table names other values, and may leave out one
 * that this process listens for (an old version of the application beside a new one). Its writes sweep their tables.
 */
export function heardAcross(record: LogRecord, schemas: SchemaFingerprints): LogRecord {
  if (record.schemas === undefined) return record;
  const foreign = new Set<string>();
  for (const [database, fingerprint] of Object.entries(record.schemas)) {
    const own = schemas.of(database);
    if (own !== undefined && own !== fingerprint) foreign.add(database);
  }
  if (foreign.size === 0) return record;
  const { touches, sweeps } = record.invalidation;
  const tables = new Set<Tag>(sweeps as readonly Tag[]);
  for (const tag of [...touches, ...sweeps] as Tag[]) {
    const table = partsOfTag(tag)?.table;
    if (table !== undefined && foreign.has(table.database)) tables.add(tableTag(table));
  }
  return { ...record, invalidation: { touches, sweeps: [...tables] } };
}
