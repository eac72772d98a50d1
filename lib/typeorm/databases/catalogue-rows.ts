import type { CatalogueColumn, CatalogueForeignKey } from './catalogue.js';

/** What a database answers when it is asked for its catalogue. */
export type Row = Readonly<Record<string, unknown>>;

/** Why answers with rows are not kept that other programs or tables hold. */
export const ELSEWHERE = 'rows kept elsewhere';

export function columnsByTable(
  rows: readonly Row[],
  columnOf: (row: Row) => CatalogueColumn,
): ReadonlyMap<string, readonly CatalogueColumn[]> {
  const byTable = new Map<string, CatalogueColumn[]>();
  for (const row of rows) {
    const table = nameOf(row, 'table');
    const columns = byTable.get(table);
    if (columns === undefined) byTable.set(table, [columnOf(row)]);
    else columns.push(columnOf(row));
  }
  return byTable;
}

/** Several rows make one key when it has several columns. */
export function collectKeys(rows: readonly Row[]): readonly CatalogueForeignKey[] {
  const byIdentity = new Map<string, CatalogueForeignKey & { columns: string[]; referencedColumns: string[] }>();
  for (const row of rows) {
    const identity = `${nameOf(row, 'from')}\n${String(row['key'])}`;
    let key = byIdentity.get(identity);
    if (key === undefined) {
      key = {
        from: fold(row['from']),
        columns: [],
        to: fold(row['to']),
        referencedColumns: [],
        onDelete: String(row['onDelete']),
        onUpdate: String(row['onUpdate']),
        isEnforced: isTrue(row['enforced']),
      };
      byIdentity.set(identity, key);
    }
    key.columns.push(fold(row['column']));
    // SQLite names none when the primary key is meant.
    if (row['referenced'] !== null) key.referencedColumns.push(fold(row['referenced']));
  }
  return [...byIdentity.values()];
}

/** A table by its name and, where that is told, its schema. */
export function nameOf(row: Row, name: string): string {
  return `${String(row['schema'])}\n${String(row[name])}`;
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function fold(value: unknown): string {
  return String(value).toLowerCase();
}

export function isTrue(value: unknown): boolean {
  return Number(value) === 1;
}
