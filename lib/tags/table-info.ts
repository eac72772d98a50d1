import { canonicalId, canonicalValue, type ValueKind } from './canonical-id.js';
import type { TableId } from './table-tags.js';

/** One column of a primary key. */
export interface KeyColumn {
  /** Folded to lower case. */
  readonly name: string;
  readonly kind: ValueKind;
  /** How many characters fit, where a longer text might be cut off on its way in; undefined: as many as come. */
  readonly maxLength?: number;
  /** The largest whole number that surely fits, where others might be cut down to it; undefined: none is. */
  readonly maxValue?: number;
}

/** What must be known of a table to name its rows. */
export interface TableInfo {
  readonly id: TableId;
  /** The primary key, in the order in which ids are spelled; empty when it is not known. */
  readonly key: readonly KeyColumn[];
}

/** The canonical value of one key column, or undefined when the value does not surely name what the database stores. */
export function canonicalKeyValue(column: KeyColumn, value: unknown): string | undefined {
  if (column.maxLength !== undefined && typeof value === 'string' && value.length > column.maxLength) return undefined;
  const text = canonicalValue(column.kind, value);
  if (column.maxValue !== undefined && !(Number(text) >= 0 && Number(text) <= column.maxValue)) return undefined;
  return text;
}

/** The id of a row from the values of its key by folded column name, or undefined when they do not name one. */
export function idOfRow(table: TableInfo, valueOf: (column: string) => unknown): string | undefined {
  if (table.key.length === 0) return undefined;
  return canonicalId(table.key.map((column) => canonicalKeyValue(column, valueOf(column.name))));
}

/**
 * The ids of all rows whose key columns hold one of the given values each: the cross product.
 *
 * @param choices the canonical values per key column, in the order of the key.
 * @returns undefined when a value is unknown or there are more than `limit` ids.
 */
export function idsOfChoices(
  choices: readonly (readonly (string | undefined)[])[],
  limit: number,
): readonly string[] | undefined {
  if (choices.length === 1) {
    const [values] = choices;
    if (values.includes(undefined) || values.length > limit) return undefined;
    return values.length > 1 ? [...new Set(values as readonly string[])] : (values as readonly string[]);
  }
  let combinations: (readonly string[])[] = [[]];
  for (const values of choices) {
    if (values.includes(undefined) || combinations.length * values.length > limit) return undefined;
    combinations = combinations.flatMap((head) => values.map((value) => [...head, value as string]));
  }
  const ids = new Set<string>();
  for (const parts of combinations) ids.add(canonicalId(parts) as string);
  return [...ids];
}
