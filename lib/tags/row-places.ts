import { surelyFinds, type Role } from './join-roles.js';
import { MAX_READ_ROWS } from './reading.js';
import type { SelectShape } from './select-shape.js';
import {
  canonicalKeyValue,
  columnOf,
  idOfRow,
  MAX_VALUE_LENGTH,
  type KeyColumn,
  type TableInfo,
} from './table-info.js';

type Row = Readonly<Record<string, unknown>>;

/** Where the rows of an answer hold a column: its name there, or how it is folded where all columns are selected as they are. */
export interface Place {
  readonly name: string;
  readonly isFolded: boolean;
}

/**
 * Where the rows of an answer tell the value of a source's column: as itself, or as a column that a join equates with
 * it. NULL there says that an outer-joined source has no row; a value need not say that it has one.
 */
export function placeOf<V>(
  shape: SelectShape<V>,
  tables: readonly TableInfo[],
  roles: readonly Role[],
  i: number,
  column: string,
): Place | undefined {
  if (!shape.isRowwise) return undefined;
  const own = outputOf(shape, i, column);
  if (own !== undefined) return own;
  const kind = columnOf(tables[i], column)?.kind;
  const equated = (source: number, other: string): Place | undefined =>
    columnOf(tables[source], other)?.kind === kind ? outputOf(shape, source, other) : undefined;
  for (const pair of shape.sources[i].on) {
    const place = pair.column === column ? equated(pair.source, pair.otherColumn) : undefined;
    if (place !== undefined) return place;
  }
  for (let k = i + 1; k < shape.sources.length; k++) {
    // Whoever is not found says nothing of who looked.
    if (roles[k] !== 'inner' && !surelyFinds(shape, tables, i, k)) continue;
    for (const pair of shape.sources[k].on) {
      const place = pair.source === i && pair.otherColumn === column ? equated(k, pair.column) : undefined;
      if (place !== undefined) return place;
    }
  }
  return undefined;
}

function outputOf<V>({ sources }: SelectShape<V>, i: number, column: string): Place | undefined {
  const { outputs } = sources[i];
  // Of columns with the same name in several tables a driver keeps one.
  if (outputs === '*') return sources.length === 1 ? { name: column, isFolded: true } : undefined;
  const name = outputs.get(column);
  return name === undefined ? undefined : { name, isFolded: false };
}

/** The name of a place in these rows; one that none has if it cannot be told. */
function nameIn(row: Row, place: Place): string {
  if (!place.isFolded) return place.name;
  const names = Object.keys(row).filter((name) => name.toLowerCase() === place.name);
  return names.length === 1 ? names[0] : '';
}

/** The values that rows tell of a column, each once; undefined when one cannot be named or they are too many. */
export function textsIn(rows: readonly Row[], place: Place, column: KeyColumn): ReadonlySet<string> | undefined {
  const texts = new Set<string>();
  if (rows.length === 0) return texts;
  const name = nameIn(rows[0], place);
  let last: unknown;
  for (const row of rows) {
    const value = row[name];
    if (value === null || (value === last && value !== undefined)) continue;
    const text = canonicalKeyValue(column, value);
    if (text === undefined || text.length > MAX_VALUE_LENGTH) return undefined;
    texts.add(text);
    if (texts.size > MAX_READ_ROWS) return undefined;
    last = value;
  }
  return texts;
}

/** Where the rows of an answer tell the ids of a source's rows. */
export class RowIds {
  /**
   * @param places those of the key's columns.
   * @param isOptional whether a row may hold none, which NULL says.
   */
  constructor(
    private readonly table: TableInfo,
    private readonly places: readonly Place[],
    private readonly isOptional: boolean,
  ) {}

  /** The ids in the rows, each once; undefined when one cannot be named or they are too many. */
  in(rows: readonly Row[]): ReadonlySet<string> | undefined {
    const ids = new Set<string>();
    if (rows.length === 0) return ids;
    const names = this.places.map((place) => nameIn(rows[0], place));
    const { key } = this.table;
    for (const row of rows) {
      if (this.isOptional && names.some((name) => row[name] === null)) continue;
      const id =
        names.length === 1
          ? canonicalKeyValue(key[0], row[names[0]])
          : idOfRow(this.table, (column) => row[names[key.findIndex(({ name }) => name === column)]]);
      if (id === undefined) return undefined;
      ids.add(id);
      if (ids.size > MAX_READ_ROWS) return undefined;
    }
    return ids;
  }
}
