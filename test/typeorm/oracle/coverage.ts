import type { EntityMetadata } from 'typeorm';
import type { LogRecord } from '../../../lib/bus/invalidation-bus.js';
import { rowTag, tableTag, type TableId } from '../../../lib/tags/table-tags.js';
import { CHOSEN, chosenNode } from '../../../lib/tags/table-nodes.js';
import { canonicalValue } from '../../../lib/tags/canonical-id.js';
import { above, at, below, type Tag } from '../../../lib/tags/tag.js';
import { dialectOf } from '../../../lib/typeorm/library/dialect.js';
import { valueKindOf } from '../../../lib/typeorm/databases/value-kind.js';
import { canonicalIdOfKey, type Dump, type Row } from './dump.js';

/** What a number of records told the readers. */
export class Told {
  readonly touches: Set<Tag> = new Set();
  readonly sweeps: Set<Tag> = new Set();

  constructor(records: Iterable<LogRecord>) {
    for (const { invalidation } of records) {
      for (const tag of invalidation.touches) this.touches.add(tag as Tag);
      for (const tag of invalidation.sweeps) this.sweeps.add(tag as Tag);
    }
  }

  get isNothing(): boolean {
    return this.touches.size + this.sweeps.size === 0;
  }

  /** Whether an answer that depends on this tag hears of it. */
  reaches(tag: Tag): boolean {
    return this.touches.has(tag) || this.reachesBySweep(tag);
  }

  /** Whether the tag or one above it is swept. */
  reachesBySweep(tag: Tag): boolean {
    for (let up: Tag | undefined = tag; up !== undefined; up = above(up)) if (this.sweeps.has(up)) return true;
    return false;
  }

  /** What of `finer` this does not cover: every touch and sweep of it must be below or equal to something told here. */
  lacks(finer: Told): Tag[] {
    return [
      ...[...finer.touches].filter((tag) => !this.reaches(tag)),
      ...[...finer.sweeps].filter((tag) => !this.reachesBySweep(tag)),
    ];
  }
}

/** How one table came off in one step. */
export interface TableVerdict {
  readonly table: string;
  readonly changed: number;
  /** Changed rows, or the table itself, that readers did not hear of. */
  readonly missed: readonly string[];
  /** The changed rows were named, each by its id, and neither a sweep nor what they held was needed. */
  readonly isExact: boolean;
  /** Rows that did not change and were reported all the same. */
  readonly needlessRows: number;
  readonly isNeedless: boolean;
}

/**
 * Whether everybody who has read the row hears of it by what it held. He listens to `A@`, or to a value that binds the row in one of
 * its columns, and nobody knows in which.
 */
function isToldByValues(metadata: EntityMetadata, row: Row | undefined, told: Told, table: TableId): boolean {
  if (row === undefined || !told.reaches(at(tableTag(table), CHOSEN))) return false;
  return metadata.columns.every((column) => {
    const group = at(tableTag(table), chosenNode(column.databaseName.toLowerCase()));
    const value = row[column.databaseName];
    if (value === null || told.reachesBySweep(group)) return told.reaches(group);
    const kind = valueKindOf(metadata.dataSource, column, dialectOf(metadata.dataSource));
    const text = canonicalValue(kind, value);
    return kind === 'other' || (text !== undefined && told.reaches(below(group, text)));
  });
}

/** Judges what was told of one table, by the name readers have for it, against what really changed in it. */
export function judgeTable(
  metadata: EntityMetadata,
  changed: ReadonlySet<string>,
  rows: readonly [before: Dump, after: Dump],
  told: Told,
  table: TableId,
): TableVerdict {
  const name = metadata.tableName;
  const isReported = told.reaches(tableTag(table));
  const missed = changed.size > 0 && !isReported ? [name] : [];
  let isSwept = false;
  let needlessRows = 0;
  for (const key of new Set(rows.flatMap((dump) => [...(dump.get(name)?.keys() ?? [])]))) {
    const id = canonicalIdOfKey(metadata, key);
    // A row that no tag can name is read under its table's.
    const tag = id === undefined ? tableTag(table) : rowTag(table, id);
    const isByValues = isToldByValues(metadata, rows[0].get(name)?.get(key), told, table);
    if (isByValues || told.reachesBySweep(tag)) isSwept = true;
    if (!isByValues && !told.reaches(tag)) {
      if (changed.has(key)) missed.push(`${name}${key}`);
    } else if (!changed.has(key)) needlessRows++;
  }
  return {
    table: name,
    changed: changed.size,
    missed,
    isExact: changed.size > 0 && !isSwept && missed.length === 0,
    needlessRows,
    isNeedless: isReported && changed.size === 0,
  };
}
