import { foldName } from '../../sql/names.js';
import type { Dialect } from '../../sql/statement.js';
import type { Catalogue, CatalogueColumn, CatalogueForeignKey, CatalogueRelation, RunStatement } from './catalogue.js';
import { constantDefault, NULL } from './constant-default.js';

type Row = Readonly<Record<string, unknown>>;

/**
 * Reads the catalogue of a database; undefined where there is no way to.
 *
 * Rejects with what the database says when it does not allow it.
 *
 * @param others databases of the same server, where statements may name tables of several.
 */
export async function readCatalogue(
  dialect: Dialect,
  run: RunStatement,
  others: readonly string[],
): Promise<Catalogue | undefined> {
  switch (dialect) {
    case 'postgres':
      return inOneOrder(await readPostgres(run));
    case 'mysql':
      return inOneOrder(await readMysql(run, others));
    case 'sqlite':
      return inOneOrder(await readSqlite(run));
    case 'generic':
      return undefined;
  }
}

/** Databases tell theirs in any order, and processes that are told the same have to find that they know the same. */
function inOneOrder(catalogue: Catalogue): Catalogue {
  const { relations, foreignKeys, kinships, triggers } = catalogue;
  return {
    ...catalogue,
    relations: sorted(relations),
    foreignKeys: sorted(foreignKeys),
    kinships: sorted(kinships),
    triggers: triggers && sorted(triggers),
  };
}

function sorted<T>(parts: readonly T[]): readonly T[] {
  return parts
    .map((part) => ({ part, text: JSON.stringify(part) }))
    .sort((one, other) => (one.text < other.text ? -1 : 1))
    .map(({ part }) => part);
}

/** Why answers with rows are not kept that other programs or tables hold. */
const ELSEWHERE = 'rows kept elsewhere';

// What not every version has is asked for through to_jsonb, which leaves out what is not there. Defaults of foreign tables
// are another server's, those of domains may be the domain's.
// The constraint is asked for the key, because its index may hold further columns (INCLUDE).
const POSTGRES_COLUMNS = `
SELECT json_agg(json_build_object(
         'name', a.attname, 'notNull', a.attnotnull,
         'key', EXISTS (SELECT FROM pg_constraint p WHERE p.conrelid = a.attrelid AND p.contype = 'p' AND a.attnum = ANY (p.conkey)),
         'type', CASE y.typtype WHEN 'e' THEN 'enum' WHEN 'b' THEN y.typname ELSE '' END,
         'odd', to_jsonb(o) ->> 'collisdeterministic' = 'false',
         'computed', to_jsonb(a) ->> 'attgenerated' <> '',
         'default', CASE WHEN c.relkind = 'f' OR to_jsonb(a) ->> 'attidentity' <> '' THEN 'unknown'
                         WHEN d.adbin IS NOT NULL THEN pg_get_expr(d.adbin, d.adrelid)
                         WHEN y.typtype = 'd' OR a.attnotnull THEN 'unknown' ELSE 'NULL' END) ORDER BY a.attnum)
FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation o ON o.oid = a.attcollation
WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped`;

/** Whether policies choose which rows of a table a role sees, by whatever they like to ask. */
const hidesRows = (table: string, isRole: string): string => `(${table}.relrowsecurity AND EXISTS (
  SELECT FROM pg_roles u WHERE ${isRole} AND NOT u.rolsuper AND NOT u.rolbypassrls
    AND (${table}.relforcerowsecurity OR NOT pg_has_role(u.oid, ${table}.relowner, 'USAGE'))))`;

// A view asks as its owner, or as whoever reads it.
const POSTGRES_VIEW_HIDES_ROWS = `EXISTS (
  SELECT FROM pg_rewrite w JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
  JOIN pg_class b ON d.refclassid = 'pg_class'::regclass AND b.oid = d.refobjid
  WHERE w.ev_class = c.oid AND b.relrowsecurity
    AND (array_to_string(c.reloptions, ',') LIKE '%security_invoker%' OR ${hidesRows('b', 'u.oid = c.relowner')}))`;

// Before version 14 it said so only by refusing to write where nobody had asked it to refuse.
const POSTGRES_IS_REPLICA = `coalesce(current_setting('in_hot_standby', true), CASE
  WHEN current_setting('default_transaction_read_only') = 'off' THEN current_setting('transaction_read_only') END) = 'on'`;

/** How long DDL that is not over yet may keep the reader of a catalogue waiting, in milliseconds. */
const PATIENCE_MS = 100;

/**
 * Whether a catalogue could not be read because a table in it is locked: views and defaults are not told before the DDL is
 * over. Whoever waits for it with a transaction of his own open may be waited for by it.
 */
export function isLockedOut(error: unknown): boolean {
  return (error as { readonly driverError?: { readonly code?: unknown } } | undefined)?.driverError?.code === '55P03';
}

// Relations of the system and of sessions are left out: they are not data of the application.
const POSTGRES_RELATIONS = `
SELECT n.nspname AS schema, c.relname AS name, c.oid::text AS oid, c.relkind AS kind,
       CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END AS definition,
       c.relkind IN ('r', 'p') AND NOT c.relhasrules AND NOT c.relrowsecurity
         AND has_table_privilege(c.oid, 'SELECT') AS returns,
       (c.relkind <> 'v' AND c.relhasrules)
         OR EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal) AS triggers,
       CASE WHEN c.relkind = 'f' THEN '${ELSEWHERE}'
            WHEN ${hidesRows('c', 'u.rolname = current_user')} OR (c.relkind = 'v' AND ${POSTGRES_VIEW_HIDES_ROWS})
            THEN 'row security' END AS obstacle,
       CASE WHEN c.relkind <> 'v' THEN (${POSTGRES_COLUMNS}) END AS columns,
       n.nspname = current_schema() AS is_default, ${POSTGRES_IS_REPLICA} AS is_replica
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE (SELECT set_config('lock_timeout', '${PATIENCE_MS}', true)) IS NOT NULL AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'crdb_internal')`;

// A key to a partitioned table has a child for each of its parts, to which rows need not refer. Where row security hides
// rows a key is kept, but what it refers to is not found.
const POSTGRES_KEYS = `
SELECT 'key' AS what, f.relname AS "from", t.relname AS "to", k.confdeltype AS on_delete, k.confupdtype AS on_update,
       (SELECT json_agg(a.attname ORDER BY u.place) FROM unnest(k.conkey) WITH ORDINALITY u (number, place)
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number) AS columns,
       (SELECT json_agg(a.attname ORDER BY u.place) FROM unnest(k.confkey) WITH ORDINALITY u (number, place)
        JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number) AS referenced,
       k.convalidated AND NOT k.condeferrable AND NOT t.relrowsecurity AND f.relpersistence <> 't' AND coalesce(to_jsonb(k) ->> 'conenforced', 'true') = 'true'
         AND coalesce(to_jsonb(k) ->> 'conparentid', '0') = '0' AS enforced
FROM pg_constraint k JOIN pg_class f ON f.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid
WHERE k.contype = 'f'
UNION ALL
SELECT 'kinship', f.relname, t.relname, NULL, NULL, NULL, NULL, NULL
FROM pg_inherits i JOIN pg_class f ON f.oid = i.inhrelid JOIN pg_class t ON t.oid = i.inhparent
WHERE f.relkind IN ('r', 'p', 'f')`;

const POSTGRES_ACTIONS: Readonly<Record<string, string>> = { c: 'CASCADE', n: 'SET NULL', d: 'SET DEFAULT' };

async function readPostgres(run: RunStatement): Promise<Catalogue> {
  const relations = await run(POSTGRES_RELATIONS);
  const keys = await run(POSTGRES_KEYS);
  const defaultSchema = relations.find((row) => row['is_default'] === true)?.['schema'];
  return {
    relations: relations.map((row) => ({
      schema: kept(row['schema']),
      name: kept(row['name']),
      kind: row['kind'] === 'v' ? 'view' : row['kind'] === 'm' ? 'materialized view' : 'table',
      definition: textOf(row['definition']),
      oid: textOf(row['oid']),
      answersReturning: row['returns'] === true,
      hasTriggers: row['triggers'] === true,
      obstacle: textOf(row['obstacle']),
      columns: listOf(row['columns'])?.map(postgresColumn),
    })),
    foreignKeys: keys
      .filter((row) => row['what'] === 'key')
      .map((row) => ({
        from: kept(row['from']),
        columns: keptAll(row['columns']),
        to: kept(row['to']),
        referencedColumns: keptAll(row['referenced']),
        onDelete: POSTGRES_ACTIONS[String(row['on_delete'])] ?? 'NO ACTION',
        onUpdate: POSTGRES_ACTIONS[String(row['on_update'])] ?? 'NO ACTION',
        isEnforced: row['enforced'] === true,
      })),
    kinships: keys.filter((row) => row['what'] === 'kinship').map((row) => [kept(row['from']), kept(row['to'])]),
    defaultSchema: defaultSchema === undefined ? undefined : kept(defaultSchema),
    isReplica: relations.some((row) => row['is_replica'] === true),
  };
}

function postgresColumn(row: Row): CatalogueColumn {
  const isComputed = row['computed'] === true;
  return {
    name: kept(row['name']),
    spelled: String(row['name']),
    type: fold(row['type']),
    hasOddCollation: row['odd'] === true,
    isNotNull: row['notNull'] === true,
    isKey: row['key'] === true,
    default: isComputed ? undefined : constantDefault(String(row['default'])),
    isComputed,
  };
}

const mysqlRelations = (databases: string): string => `
SELECT t.TABLE_SCHEMA AS \`schema\`, t.TABLE_NAME AS \`name\`, v.VIEW_DEFINITION AS \`definition\`,
       t.TABLE_TYPE LIKE '%VIEW%' AS \`isView\`, t.TABLE_TYPE = 'SEQUENCE' AS \`isSequence\`, t.ENGINE AS \`engine\`,
       EXISTS (SELECT 1 FROM information_schema.TRIGGERS g
               WHERE g.EVENT_OBJECT_SCHEMA = t.TABLE_SCHEMA AND g.EVENT_OBJECT_TABLE = t.TABLE_NAME) AS \`triggers\`
FROM information_schema.TABLES t
LEFT JOIN information_schema.VIEWS v ON v.TABLE_SCHEMA = t.TABLE_SCHEMA AND v.TABLE_NAME = t.TABLE_NAME
WHERE t.TABLE_SCHEMA IN (${databases})`;

const mysqlKeys = (databases: string): string => `
SELECT c.CONSTRAINT_SCHEMA AS \`schema\`, c.TABLE_NAME AS \`from\`, c.REFERENCED_TABLE_NAME AS \`to\`, c.DELETE_RULE AS \`onDelete\`,
       c.UPDATE_RULE AS \`onUpdate\`, c.CONSTRAINT_NAME AS \`key\`, u.COLUMN_NAME AS \`column\`,
       u.REFERENCED_COLUMN_NAME AS \`referenced\`, c.CONSTRAINT_SCHEMA = c.UNIQUE_CONSTRAINT_SCHEMA AS \`enforced\`
FROM information_schema.REFERENTIAL_CONSTRAINTS c
JOIN information_schema.KEY_COLUMN_USAGE u
  ON u.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA AND u.CONSTRAINT_NAME = c.CONSTRAINT_NAME AND u.TABLE_NAME = c.TABLE_NAME
WHERE c.UNIQUE_CONSTRAINT_SCHEMA IN (${databases}) OR c.CONSTRAINT_SCHEMA IN (${databases})
ORDER BY u.ORDINAL_POSITION`;

const mysqlColumns = (databases: string): string => `
SELECT TABLE_SCHEMA AS \`schema\`, TABLE_NAME AS \`table\`, COLUMN_NAME AS \`name\`, DATA_TYPE AS \`type\`, CHARACTER_MAXIMUM_LENGTH AS \`length\`,
       COLLATION_NAME AS \`collation\`, IS_NULLABLE = 'NO' AS \`notNull\`, COLUMN_KEY = 'PRI' AS \`isKey\`, COLUMN_DEFAULT AS \`default\`, EXTRA AS \`extra\`,
       GENERATION_EXPRESSION AS \`expression\`, VERSION() LIKE '%MariaDB%' AS \`isMariaDb\`
FROM information_schema.COLUMNS WHERE TABLE_SCHEMA IN (${databases})
ORDER BY ORDINAL_POSITION`;

// A server that is written to by nobody but its primary is usually told to refuse everybody else. The level is that of this
// connection, under one name or the other, as is what it does without BEGIN.
const MYSQL_SETTINGS = `
SHOW VARIABLES WHERE Variable_name IN ('read_only', 'innodb_read_only', 'transaction_isolation', 'tx_isolation', 'autocommit')`;

/** Their tables show those of other tables, files or servers. */
const MYSQL_ENGINES_ELSEWHERE = /^(?:merge|mrg_myisam|federatedx?|connect|spider|sphinx|oqgraph)$/i;

// Other collations have letters in common: to the Lithuanian ones y is i (utf8mb4_lt_0900_ai_ci), to that of macce n is m.
const MYSQL_USUAL_COLLATION =
  /^(?:\w+_bin|latin1_swedish_ci|(?!macce)[a-z\d]+_(?:general|unicode|unicode_520|0900|uca1400)(?:_nopad)?(?:_a[is])?_c[is])$/;

async function readMysql(run: RunStatement, others: readonly string[]): Promise<Catalogue> {
  const databases = ['DATABASE()', ...others.map((name) => `'${name.replaceAll("'", "''")}'`)].join(', ');
  const relations = await run(mysqlRelations(databases));
  const keys = await run(mysqlKeys(databases));
  const columns = columnsByTable(await run(mysqlColumns(databases)), mysqlColumn);
  const settings = await run(MYSQL_SETTINGS);
  return {
    relations: relations.map((row) => ({
      schema: fold(row['schema']),
      name: fold(row['name']),
      kind: Number(row['isView']) === 1 ? 'view' : 'table',
      definition: textOf(row['definition']),
      hasTriggers: Number(row['triggers']) === 1,
      engine: textOf(row['engine']),
      obstacle: mysqlObstacle(row),
      columns: columns.get(nameOf(row, 'name')),
    })),
    foreignKeys: collectKeys(keys),
    kinships: [],
    isReplica: settings.some(({ Variable_name: name, Value: value }) => {
      return String(name).endsWith('read_only') && !isOff(value);
    }),
    isAlwaysInTransaction: settings.some(
      ({ Variable_name: name, Value: value }) => name === 'autocommit' && isOff(value),
    ),
    showsUncommitted: settings.some(({ Value: value }) => value === 'READ-UNCOMMITTED'),
  };
}

function isOff(setting: unknown): boolean {
  return /^(?:off|0)$/i.test(String(setting));
}

/** MariaDB shows a sequence as a table, which whoever takes a number from it changes. */
function mysqlObstacle(row: Row): string | undefined {
  if (isTrue(row['isSequence'])) return 'sequence';
  return MYSQL_ENGINES_ELSEWHERE.test(String(row['engine'])) ? ELSEWHERE : undefined;
}

function mysqlColumn(row: Row): CatalogueColumn {
  const collation = textOf(row['collation']);
  const extra = fold(row['extra']);
  return {
    name: fold(row['name']),
    spelled: String(row['name']),
    type: fold(row['type']),
    maxLength: row['length'] === null ? undefined : Number(row['length']),
    hasOddCollation: collation !== undefined && !MYSQL_USUAL_COLLATION.test(collation),
    isNotNull: isTrue(row['notNull']),
    isKey: isTrue(row['isKey']),
    default: mysqlDefault(row, extra),
    isComputed: /on update|generated|virtual|persistent/.test(extra.replace('default_generated', '')),
    expression: extra.includes('virtual') ? mysqlExpression(row) : undefined,
    isCounted: extra.includes('auto_increment'),
  };
}

/** MariaDB tells an expression as SQL, and MySQL as the text of a constant. */
function mysqlExpression(row: Row): string | undefined {
  const told = textOf(row['expression']);
  return isTrue(row['isMariaDb']) ? told : told?.replaceAll(/\\(.)/gs, '$1');
}

/** MariaDB tells a default as SQL, and MySQL a constant as it is; where neither tells one there may be an implicit one. */
function mysqlDefault(row: Row, extra: string): { readonly value: unknown } | undefined {
  if (/generated|virtual|persistent|auto_increment/.test(extra)) return undefined;
  const told = row['default'];
  if (told === null) return isTrue(row['notNull']) ? undefined : NULL;
  if (typeof told !== 'string') return undefined;
  if (isTrue(row['isMariaDb'])) return constantDefault(told);
  return /^(?:current_timestamp|now\b|local)/i.test(told) ? undefined : { value: told };
}

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

async function readSqlite(run: RunStatement): Promise<Catalogue> {
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

function columnsByTable(
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
function collectKeys(rows: readonly Row[]): readonly CatalogueForeignKey[] {
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

/** `CREATE VIEW name AS SELECT …` without what stands before the query, or undefined if that cannot be told. */
function selectOf(definition: unknown): string | undefined {
  const text = textOf(definition);
  const query = text?.match(/^[^;]*?\bas\b\s*((?:select|with|values)\b.*)$/is);
  return query?.[1];
}

/** A table by its name and, where that is told, its schema. */
function nameOf(row: Row, name: string): string {
  return `${String(row['schema'])}\n${String(row[name])}`;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function fold(value: unknown): string {
  return String(value).toLowerCase();
}

/** CockroachDB keeps more of a name than PostgreSQL does. */
function kept(name: unknown): string {
  return foldName(String(name), 'postgres');
}

function keptAll(names: unknown): readonly string[] {
  return (listOf(names) ?? []).map(kept);
}

/** A list that was asked for as JSON; an application may have chosen another parser for that. */
function listOf<T = Row>(value: unknown): readonly T[] | undefined {
  const list: unknown = typeof value === 'string' ? JSON.parse(value) : value;
  return Array.isArray(list) ? (list as readonly T[]) : undefined;
}

function isTrue(value: unknown): boolean {
  return Number(value) === 1;
}
