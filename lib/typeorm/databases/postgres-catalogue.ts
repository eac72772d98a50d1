import { foldName } from '../../sql/names.js';
import type { Catalogue, CatalogueColumn, RunStatement } from './catalogue.js';
import { ELSEWHERE, fold, textOf, type Row } from './catalogue-rows.js';
import { constantDefault } from './constant-default.js';

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

export async function readPostgresCatalogue(run: RunStatement): Promise<Catalogue> {
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
