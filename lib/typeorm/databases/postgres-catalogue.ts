import { foldName } from '../../sql/names.js';
import type { Catalogue, CatalogueColumn, RunStatement } from './catalogue.js';
import { columnsByTable, ELSEWHERE, fold, nameOf, textOf, type Row } from './catalogue-rows.js';
import { constantDefault } from './constant-default.js';

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

/** Ends a query that takes longer than that to be told of a table. */
const IS_PATIENT = `(SELECT set_config('lock_timeout', '${PATIENCE_MS}', true)) IS NOT NULL`;

// Relations of the system and of sessions are left out: they are not data of the application.
const IS_OF_THE_APPLICATION = `n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'crdb_internal')`;

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
       n.nspname = current_schema() AS is_default, ${POSTGRES_IS_REPLICA} AS is_replica
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE ${IS_PATIENT} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ${IS_OF_THE_APPLICATION}`;

/** A query in which a name means a column that not every version has, or else what it is to mean there. */
const withOlder = (missing: string, query: string): string =>
  `SELECT told.* FROM (SELECT ${missing}) older CROSS JOIN LATERAL (${query}) told`;

// Nothing is asked for each column by itself: a database may hold thousands of tables for every one of its tenants. Defaults of
// foreign tables are another server's, those of domains may be the domain's; those of identities are not told, nor are they null.
// The constraint is asked for the key, because its index may hold further columns (INCLUDE).
const POSTGRES_COLUMNS = `${withOlder(
  `'' AS attgenerated, true AS collisdeterministic`,
  `
SELECT n.nspname AS schema, c.relname AS table, a.attname AS name, a.attnum AS place, a.attnotnull AS "notNull",
       a.attnum = ANY (k.conkey) AS "isKey", attgenerated::text <> '' AS computed, NOT collisdeterministic AS odd,
       CASE y.typtype WHEN 'e' THEN 'enum' WHEN 'b' THEN y.typname ELSE '' END AS type,
       CASE WHEN c.relkind = 'f' THEN 'unknown'
            WHEN d.adbin IS NOT NULL THEN pg_get_expr(d.adbin, d.adrelid)
            WHEN y.typtype = 'd' OR a.attnotnull THEN 'unknown' ELSE 'NULL' END AS default
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type y ON y.oid = a.atttypid
LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation o ON o.oid = a.attcollation
WHERE ${IS_PATIENT} AND c.relkind IN ('r', 'p', 'm', 'f') AND ${IS_OF_THE_APPLICATION}`,
)}
ORDER BY place`;

// A key to a partitioned table has a child for each of its parts, to which rows need not refer. Where row security hides
// rows a key is kept, but what it refers to is not found.
const POSTGRES_KEYS = `${withOlder(
  '0 AS conparentid, true AS conenforced',
  `
SELECT 'key' AS what, f.relname AS "from", t.relname AS "to", k.confdeltype AS on_delete, k.confupdtype AS on_update,
       (SELECT json_agg(a.attname ORDER BY u.place) FROM unnest(k.conkey) WITH ORDINALITY u (number, place)
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number) AS columns,
       (SELECT json_agg(a.attname ORDER BY u.place) FROM unnest(k.confkey) WITH ORDINALITY u (number, place)
        JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number) AS referenced,
       k.convalidated AND NOT k.condeferrable AND NOT t.relrowsecurity AND f.relpersistence <> 't'
         AND conenforced AND conparentid::bigint = 0 AS enforced
FROM pg_constraint k JOIN pg_class f ON f.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid
WHERE k.contype = 'f'`,
)}
UNION ALL
SELECT 'kinship', f.relname, t.relname, NULL, NULL, NULL, NULL, NULL
FROM pg_inherits i JOIN pg_class f ON f.oid = i.inhrelid JOIN pg_class t ON t.oid = i.inhparent
WHERE f.relkind IN ('r', 'p', 'f')`;

const POSTGRES_ACTIONS: Readonly<Record<string, string>> = { c: 'CASCADE', n: 'SET NULL', d: 'SET DEFAULT' };

export async function readPostgresCatalogue(run: RunStatement): Promise<Catalogue> {
  const relations = await run(POSTGRES_RELATIONS);
  const columns = columnsByTable(await run(POSTGRES_COLUMNS), postgresColumn);
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
      columns: columns.get(nameOf(row, 'name')),
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
    isKey: row['isKey'] === true,
    default: isComputed ? undefined : constantDefault(String(row['default'])),
    isComputed,
  };
}

/** CockroachDB keeps more of a name than PostgreSQL does. */
function kept(name: unknown): string {
  return foldName(String(name), 'postgres');
}

/** A list that was asked for as JSON; an application may have chosen another parser for that. */
function keptAll(names: unknown): readonly string[] {
  const list: unknown = typeof names === 'string' ? JSON.parse(names) : names;
  return Array.isArray(list) ? list.map(kept) : [];
}
