import type { Dialect } from '../sql/statement.js';
import type { Catalogue, CatalogueForeignKey, CatalogueRelation, RunStatement } from './catalogue.js';

/**
 * Reads the catalogue of a database; undefined where there is no way to.
 *
 * Rejects with what the database says when it does not allow it.
 */
export function readCatalogue(dialect: Dialect, run: RunStatement): Promise<Catalogue> | undefined {
  switch (dialect) {
    case 'postgres':
      return readPostgres(run);
    case 'mysql':
      return readMysql(run);
    case 'sqlite':
      return readSqlite(run);
    case 'generic':
      return undefined;
  }
}

// Relations of the system and of sessions are left out: they are not data of the application.
const POSTGRES_RELATIONS = `
SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind,
       CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END AS definition,
       c.relkind IN ('r', 'p') AND NOT c.relhasrules AND NOT c.relrowsecurity
         AND has_table_privilege(c.oid, 'SELECT') AS returns,
       (c.relkind <> 'v' AND c.relhasrules)
         OR EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal) AS triggers,
       n.nspname = current_schema() AS is_default
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'crdb_internal')`;

const POSTGRES_KEYS = `
SELECT 'key' AS what, f.relname AS "from", t.relname AS "to", k.confdeltype AS on_delete, k.confupdtype AS on_update,
       (SELECT json_agg(a.attname) FROM pg_attribute a
        WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)) AS columns,
       (SELECT json_agg(a.attname) FROM pg_attribute a
        WHERE a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey)) AS referenced
FROM pg_constraint k JOIN pg_class f ON f.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid
WHERE k.contype = 'f'
UNION ALL
SELECT 'kinship', f.relname, t.relname, NULL, NULL, NULL, NULL
FROM pg_inherits i JOIN pg_class f ON f.oid = i.inhrelid JOIN pg_class t ON t.oid = i.inhparent
WHERE f.relkind IN ('r', 'p', 'f')`;

const POSTGRES_ACTIONS: Readonly<Record<string, string>> = { c: 'CASCADE', n: 'SET NULL', d: 'SET DEFAULT' };

async function readPostgres(run: RunStatement): Promise<Catalogue> {
  const relations = await run(POSTGRES_RELATIONS);
  const keys = await run(POSTGRES_KEYS);
  const defaultSchema = relations.find((row) => row['is_default'] === true)?.['schema'];
  return {
    relations: relations.map((row) => ({
      schema: fold(row['schema']),
      name: fold(row['name']),
      kind: row['kind'] === 'v' ? 'view' : row['kind'] === 'm' ? 'materialized view' : 'table',
      definition: textOf(row['definition']),
      answersReturning: row['returns'] === true,
      hasTriggers: row['triggers'] === true,
    })),
    foreignKeys: keys
      .filter((row) => row['what'] === 'key')
      .map((row) => ({
        from: fold(row['from']),
        columns: foldAll(row['columns']),
        to: fold(row['to']),
        referencedColumns: foldAll(row['referenced']),
        onDelete: POSTGRES_ACTIONS[String(row['on_delete'])] ?? 'NO ACTION',
        onUpdate: POSTGRES_ACTIONS[String(row['on_update'])] ?? 'NO ACTION',
      })),
    kinships: keys.filter((row) => row['what'] === 'kinship').map((row) => [fold(row['from']), fold(row['to'])]),
    defaultSchema: defaultSchema === undefined ? undefined : fold(defaultSchema),
  };
}

const MYSQL_RELATIONS = `
SELECT t.TABLE_SCHEMA AS \`schema\`, t.TABLE_NAME AS \`name\`, v.VIEW_DEFINITION AS \`definition\`,
       t.TABLE_TYPE LIKE '%VIEW%' AS \`isView\`,
       EXISTS (SELECT 1 FROM information_schema.TRIGGERS g
               WHERE g.EVENT_OBJECT_SCHEMA = t.TABLE_SCHEMA AND g.EVENT_OBJECT_TABLE = t.TABLE_NAME) AS \`triggers\`
FROM information_schema.TABLES t
LEFT JOIN information_schema.VIEWS v ON v.TABLE_SCHEMA = t.TABLE_SCHEMA AND v.TABLE_NAME = t.TABLE_NAME
WHERE t.TABLE_SCHEMA = DATABASE()`;

const MYSQL_KEYS = `
SELECT c.TABLE_NAME AS \`from\`, c.REFERENCED_TABLE_NAME AS \`to\`, c.DELETE_RULE AS \`onDelete\`,
       c.UPDATE_RULE AS \`onUpdate\`, c.CONSTRAINT_NAME AS \`key\`, u.COLUMN_NAME AS \`column\`,
       u.REFERENCED_COLUMN_NAME AS \`referenced\`
FROM information_schema.REFERENTIAL_CONSTRAINTS c
JOIN information_schema.KEY_COLUMN_USAGE u
  ON u.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA AND u.CONSTRAINT_NAME = c.CONSTRAINT_NAME AND u.TABLE_NAME = c.TABLE_NAME
WHERE c.UNIQUE_CONSTRAINT_SCHEMA = DATABASE()`;

async function readMysql(run: RunStatement): Promise<Catalogue> {
  const relations = await run(MYSQL_RELATIONS);
  const keys = await run(MYSQL_KEYS);
  return {
    relations: relations.map((row) => ({
      schema: fold(row['schema']),
      name: fold(row['name']),
      kind: Number(row['isView']) === 1 ? 'view' : 'table',
      definition: textOf(row['definition']),
      hasTriggers: Number(row['triggers']) === 1,
    })),
    foreignKeys: collectKeys(keys, (row) => `${String(row['from'])}\n${String(row['key'])}`),
    kinships: [],
  };
}

const SQLITE_RELATIONS = `
SELECT 'main' AS "schema", m.name, m.type, m.sql AS definition,
       EXISTS (SELECT 1 FROM sqlite_master g WHERE g.type = 'trigger' AND lower(g.tbl_name) = lower(m.name)) AS triggers
FROM sqlite_master m WHERE m.type IN ('table', 'view')`;

const SQLITE_KEYS = `
SELECT m.name AS "from", k."table" AS "to", k.on_delete AS "onDelete", k.on_update AS "onUpdate", k.id AS "key",
       k."from" AS "column", k."to" AS "referenced"
FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) k
WHERE m.type = 'table'`;

async function readSqlite(run: RunStatement): Promise<Catalogue> {
  const relations = await run(SQLITE_RELATIONS);
  const keys = await run(SQLITE_KEYS);
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
          hasTriggers: Number(row['triggers']) === 1,
        };
      }),
    foreignKeys: collectKeys(keys, (row) => `${String(row['from'])}\n${String(row['key'])}`),
    kinships: [],
    defaultSchema: 'main',
  };
}

/** Several rows make one key when it has several columns. */
function collectKeys(
  rows: readonly Readonly<Record<string, unknown>>[],
  identityOf: (row: Readonly<Record<string, unknown>>) => string,
): readonly CatalogueForeignKey[] {
  const byIdentity = new Map<string, CatalogueForeignKey & { columns: string[]; referencedColumns: string[] }>();
  for (const row of rows) {
    const identity = identityOf(row);
    let key = byIdentity.get(identity);
    if (key === undefined) {
      key = {
        from: fold(row['from']),
        columns: [],
        to: fold(row['to']),
        referencedColumns: [],
        onDelete: String(row['onDelete']),
        onUpdate: String(row['onUpdate']),
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

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function fold(value: unknown): string {
  return String(value).toLowerCase();
}

function foldAll(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(fold) : [];
}
