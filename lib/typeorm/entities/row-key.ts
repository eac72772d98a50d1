import type { DataSource, EntityMetadata } from 'typeorm';
import type { CacheKey } from '../../keys/cache-key.js';
import { KeyMemo } from '../../keys/key-memo.js';
import { stringText } from '../../keys/text.js';
import { canonicalKeyValue, type KeyColumn } from '../../tags/table-info.js';
import { dialectOf } from '../library/dialect.js';
import { isPlain } from './find-methods.js';
import { limitsOf, valueKindOf } from '../databases/value-kind.js';

/** What a row is asked by when it is asked by its primary key alone. */
export type RowId = number | string | bigint;

/** The spellings that every database takes: braces and hyphens elsewhere are a uuid to one, and none or an error to another. */
const PLAIN_UUID = /^[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}$/i;

/**
 * The names of an entity's rows in keys, so that a row is one entry however its id is written.
 *
 * Keys of rows say more than tags do: two ids with one name would be two rows with one answer. Text is taken as it is,
 * and integers and uuids in the one form that the database compares.
 */
export class RowKeys {
  private readonly memo = new KeyMemo();

  private constructor(
    readonly property: string,
    private readonly column: KeyColumn,
    private readonly keyOfText: (text: string) => CacheKey,
  ) {}

  /** Undefined for entities whose rows have no simple name: several key columns, transformed, embedded or related ones. */
  static of(
    dataSource: DataSource,
    metadata: EntityMetadata,
    keyOfText: (text: string) => CacheKey,
  ): RowKeys | undefined {
    const [column, ...others] = metadata.primaryColumns;
    if (column === undefined || others.length > 0) return undefined;
    if (column.transformer !== undefined || column.embeddedMetadata !== undefined) return undefined;
    if (column.relationMetadata !== undefined || column.propertyPath !== column.propertyName) return undefined;
    const dialect = dialectOf(dataSource);
    const kind = valueKindOf(dataSource, column, dialect);
    if (kind === 'boolean' || kind === 'other') return undefined;
    const { maxValue } = limitsOf(dataSource, column, dialect);
    return new RowKeys(column.propertyName, { name: column.databaseName, kind, maxValue }, keyOfText);
  }

  /** The key of the row that these conditions name, or undefined if they say anything else. */
  ofWhere(where: unknown): CacheKey | undefined {
    if (!isPlain(where)) return undefined;
    let count = 0;
    for (const name in where) {
      if (name !== this.property) return undefined;
      count++;
    }
    return count === 1 ? this.of(where[this.property]) : undefined;
  }

  /** The key of the row with this id, or undefined for what is no plain id. */
  of(id: unknown): CacheKey | undefined {
    if (typeof id === 'number' || typeof id === 'string') return this.memo.of(id, this.make);
    return typeof id === 'bigint' ? this.make(id) : undefined;
  }

  private readonly make = (id: RowId): CacheKey | undefined => {
    const text = this.textOf(id);
    return text === undefined ? undefined : this.keyOfText(text);
  };

  private textOf(id: RowId): string | undefined {
    switch (this.column.kind) {
      case 'text':
      case 'ascii-text':
        return typeof id === 'string' ? stringText(id) : undefined;
      case 'uuid':
        return typeof id === 'string' && PLAIN_UUID.test(id) ? canonicalKeyValue(this.column, id) : undefined;
      default:
        return canonicalKeyValue(this.column, id);
    }
  }
}
