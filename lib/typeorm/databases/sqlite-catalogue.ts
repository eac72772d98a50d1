import type { Catalogue, CatalogueColumn, CatalogueRelation, RunStatement } from './catalogue.js';
import { collectKeys, columnsByTable, ELSEWHERE, fold, isTrue, nameOf, textOf, type Row } from './catalogue-rows.js';
import { constantDefault, NULL } from './constant-default.js';

// A name may mean a temporary table, of which nothing is known. RETURNING is known since 3.35.
const SQLITE_RELATIONS = `
SELECT 'main' AS "schema", m.name, m.type, m.sql AS definition, sqlite_version() AS version,
       m.type = 'table' AND m.sql NOT LIKE 'create virtual%'
         AND NOT EXISTS (SELECT 1 FROM sqlite_temp_master t WHERE lower(t.name) = lower(m.name)) AS "isPlain"
FROM sqlite_master m WHERE m.type IN ('table', 'view')`;

const SQLITE_TRIGGERS = `
SELECT tbl_name AS "table", sql AS definition FROM (SELECT * FROM sqlite_master UNION ALL SELECT * FROM sqlite_temp_master)
WHERE type = 'trigger'`;

const SQLITE_KEYS = `
SELECT m.name AS "from", k."table" AS "to", k.on_delete AS "onDelete", k.on_update AS "onUpdate", k.id AS "key",
       k."from" AS "column", k."to" AS "referenced", m.sql NOT LIKE '%deferrable%' AND (SELECT foreign_keys FROM pragma_foreign_keys) AS "enforced"
FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) k
WHERE m.type = 'table'
ORDER BY k.seq`;

// A virtual table cannot be asked where its module is missing. The number of a row is what an INTEGER PRIMARY KEY holds, and no
// INT, none of several columns, and none where rows have no number.
const SQLITE_COLUMNS = `
SELECT 'main' AS "schema", m.name AS "table", c.name, c.type, c."notnull" AS "notNull", c.dflt_value AS "default", c.pk, c.hidden,
       c.pk = 1 AND upper(c.type) = 'INTEGER' AND m.sql NOT LIKE '%without%rowid%'
         AND NOT EXISTS (SELECT 1 FROM pragma_table_info(m.name) o WHERE o.pk > 1) AS "isRowNumber"
FROM sqlite_master m JOIN pragma_table_xinfo(m.name) c
WHERE m.type = 'table' AND m.sql NOT LIKE 'create virtual%'`;

const GAP = String.raw`(?:\s|/\*.*?\*/|--[^\n]*\n)+`;

/** Also where a text or a comment says so. */
const SQLITE_REPLACES = new RegExp(String.raw`\bon${GAP}conflict${GAP}replace\b`, 'is');

/** Virtual tables whose rows are their own, unless they are told to show those of another one. */
const SQLITE_OWN_ROWS =
  /^create\s+virtual\b.*?\susing\s+["`[]?(?:fts[345]|rtree(?:_i32)?|geopoly)\b(?!.*\bcontent\s*=)/is;

/** A search of texts, which ranks a row by the texts of all. */
const SQLITE_WEIGHS = /^create\s+virtual\b.*?\susing\s+["`[]?fts/is;

/** Tables in which virtual ones keep their rows, as the modules of SQLite call them behind the name of theirs. */
const SQLITE_SHADOWS = /^(.+)_(?:content|segments|segdir|docsize|stat|data|idx|config|node|rowid|parent)$/s;

const SQLITE_VIRTUAL = /^create\s+virtual\b/i;

function sqliteObstacle(name: string, definition: unknown, virtual: ReadonlySet<string>): string | undefined {
  const text = String(definition);
  const isElsewhere = SQLITE_VIRTUAL.test(text) && !SQLITE_OWN_ROWS.test(text);
  // Their rows are written by every write to the virtual table, which does not name them.
  const owner = SQLITE_SHADOWS.exec(name)?.[1];
  return isElsewhere || (owner !== undefined && virtual.has(owner)) ? ELSEWHERE : undefined;
}

function virtualAmong(relations: readonly Row[]): ReadonlySet<string> {
  const isVirtual = (row: Row): boolean => SQLITE_VIRTUAL.test(String(row['definition']));
  return new Set(relations.filter(isVirtual).map((row) => fold(row['name'])));
}

export async function readSqliteCatalogue(run: RunStatement): Promise<Catalogue> {
  const relations = await run(SQLITE_RELATIONS);
  const keys = await run(SQLITE_KEYS);
  // A temporary one may be on a table of an attached file, and its name is all that is told.
  const triggers = (await run(SQLITE_TRIGGERS)).map((row) => [fold(row['table']), String(row['definition'])] as const);
  const triggering = new Set(triggers.map(([table]) => table));
  const columns = columnsByTable(await run(SQLITE_COLUMNS), sqliteColumn);
  const virtual = virtualAmong(relations);
  return {
    relations: relations
      .filter((row) => !fold(row['name']).startsWith('sqlite_'))
      .map((row): CatalogueRelation => {
        const isView = row['type'] === 'view';
        const name = fold(row['name']);
        return {
          schema: 'main',
          name,
          kind: isView ? 'view' : 'table',
          definition: selectOf(row['definition']),
          answersReturning: Number(row['isPlain']) === 1 && knowsReturning(String(row['version'])),
          hasTriggers: triggering.has(name),
          replacesRows: SQLITE_REPLACES.test(String(row['definition'])),
          weighsRows: SQLITE_WEIGHS.test(String(row['definition'])),
          obstacle: sqliteObstacle(name, row['definition'], virtual),
          columns: columns.get(nameOf(row, 'name')),
        };
      }),
    foreignKeys: collectKeys(keys),
    kinships: [],
    triggers,
    defaultSchema: 'main',
    isReplica: false,
  };
}

/** The tables and views of an attached file, and nothing more of them. */
export async function readAttachedRelations(run: RunStatement, handle: string): Promise<readonly CatalogueRelation[]> {
  const schema = `"${handle.replaceAll('"', '""')}"`;
  const rows = await run(
    `SELECT name, type, sql AS definition FROM ${schema}.sqlite_master WHERE type IN ('table', 'view')`,
  );
  const virtual = virtualAmong(rows);
  return rows.map((row) => {
    const name = fold(row['name']);
    return {
      name,
      kind: row['type'] === 'view' ? 'view' : 'table',
      definition: selectOf(row['definition']),
      obstacle: sqliteObstacle(name, row['definition'], virtual),
    };
  });
}

function knowsReturning(version: string): boolean {
  const [major, minor] = version.split('.').map(Number);
  return major > 3 || (major === 3 && minor >= 35);
}

function sqliteColumn(row: Row): CatalogueColumn {
  const isComputed = Number(row['hidden']) > 1;
  const isKey = Number(row['pk']) > 0;
  const isNotNull = isKey || isTrue(row['notNull']);
  const told = textOf(row['default']);
  const implied = isNotNull ? undefined : NULL;
  return {
    name: fold(row['name']),
    spelled: String(row['name']),
    type: fold(row['type']).replace(/\(.*/s, '').trim(),
    hasOddCollation: false,
    isNotNull,
    isKey,
    // The only column of a primary key may be another name of the row's number, which SQLite chooses.
    default: isComputed || isKey ? undefined : told === undefined ? implied : constantDefault(told),
    isComputed,
    isCounted: isTrue(row['isRowNumber']),
  };
}

/** `CREATE VIEW name AS SELECT …` without what stands before the query, or undefined if that cannot be told. */
function selectOf(definition: unknown): string | undefined {
  const text = textOf(definition);
  const query = text?.match(/^[^;]*?\bas\b\s*((?:select|with|values)\b.*)$/is);
  return query?.[1];
}
