import type { Catalogue, CatalogueColumn, RunStatement } from './catalogue.js';
import { collectKeys, columnsByTable, ELSEWHERE, fold, isTrue, nameOf, textOf, type Row } from './catalogue-rows.js';
import { constantDefault, NULL } from './constant-default.js';

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

export async function readMysqlCatalogue(run: RunStatement, others: readonly string[]): Promise<Catalogue> {
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
