import type { Dialect } from './statement.js';

/** Ends an expression wherever it stands outside of parentheses. */
export const STOPS = 1;
/** Ends an expression in some dialects, or only before certain words. */
export const MAY_STOP = 2;
/** Begins something that reads or writes tables, and must not be met inside an expression. */
export const SUSPECT = 4;
/** A parenthesis behind it opens no argument list. */
export const NO_CALL = 8;
/** Cannot be the alias of the table in front of it, unless behind AS. */
export const NO_ALIAS = 16;
/** Its presence in a statement that is not understood means that anything may have been written. */
export const WRITES = 32;
/** The AS in front of a name. */
export const LABELS = 64;
/** A system column of PostgreSQL that changes without the row's values changing. */
export const SYSTEM_COLUMN = 128;

/** A parenthesis behind it belongs to what stands in front of it; anywhere else it may be the name of a function. */
export const FOLLOWS = 256;

/** A word with a meaning, shared by all tokens that spell it. */
export interface Keyword {
  readonly word: string;
  readonly roles: number;
  /** Dialects in which the bare word is a value that changes from call to call or from session to session. */
  readonly changesIn?: readonly Dialect[];
}

const roles: readonly (readonly [number, string])[] = [
  [
    STOPS | NO_CALL | NO_ALIAS,
    'from where group having order limit union intersect except returning on using join straight_join into select table',
  ],
  [
    MAY_STOP | NO_ALIAS,
    'left right full inner cross natural outer window offset fetch for minus lock set with option output connect start do',
  ],
  [NO_CALL, 'offset fetch for with'],
  // Reserved wherever they are words at all, so that nobody has a function of that name.
  [SUSPECT, 'from into select table join insert update delete merge truncate copy exec execute call'],
  [NO_ALIAS, 'as tablesample use force ignore partition not indexed values default when procedure pivot unpivot'],
  [
    WRITES,
    'insert update delete merge replace truncate into call do exec execute copy load create alter drop rename begin ' +
      'declare set if while grant revoke refresh import lock handler prepare start commit rollback',
  ],
  [LABELS | NO_CALL, 'as'],
  [SYSTEM_COLUMN, 'xmin xmax cmin cmax ctid tableoid'],
  [
    NO_CALL,
    'in and or not xor any some all exists values row array case when then else end between like ilike rlike regexp by ' +
      'distinct is lateral div placing symmetric asymmetric variadic interval binary both leading trailing',
  ],
  [FOLLOWS, 'over filter against zone to of sets'],
  [
    0,
    'glob similar escape overlaps at collate partition materialized key member rollup cube unique rows range groups only ' +
      'recursive nothing conflict default nulls first last next ties matched primary current value within grouping time ' +
      'null true false duplicate delayed low_priority high_priority distinctrow sql_calc_found_rows sql_small_result ' +
      'sql_big_result sql_buffer_result sql_cache sql_no_cache top overriding cascade restrict isnull notnull',
  ],
  [
    0,
    'explain describe desc analyze analyse show pragma vacuum comment listen unlisten notify reset checkpoint discard use ' +
      'savepoint release abort rollback commit begin start end transaction work tran chain prepared xa attach detach ' +
      'truncate concurrently temporary temp unlogged if exists view index sequence trigger function procedure event ' +
      'cursor fetch move close open deallocate unlock flush optimize repair check install uninstall change stop kill cache ' +
      'set session global local autocommit revoke reindex cluster security move rename column add modify no action',
  ],
];

/** A value of the session or of the moment, written without parentheses. */
const changing: readonly (readonly [readonly Dialect[], string])[] = [
  [['postgres', 'mysql', 'sqlite', 'generic'], 'current_timestamp current_date current_time'],
  [['postgres', 'mysql', 'generic'], 'localtime localtimestamp current_user current_role'],
  [['postgres', 'generic'], 'session_user user system_user current_catalog current_schema'],
  [['mysql'], 'utc_date utc_time utc_timestamp'],
  [['generic'], 'sysdate systimestamp uid sessiontimezone dbtimezone'],
];

function buildKeywords(): ReadonlyMap<string, Keyword> {
  const words = new Map<string, { word: string; roles: number; changesIn?: readonly Dialect[] }>();
  const keyword = (word: string): { word: string; roles: number; changesIn?: readonly Dialect[] } => {
    let known = words.get(word);
    if (known === undefined) words.set(word, (known = { word, roles: 0 }));
    return known;
  };
  for (const [role, list] of roles) for (const word of list.split(' ')) keyword(word).roles |= role;
  for (const [dialects, list] of changing) for (const word of list.split(' ')) keyword(word).changesIn = dialects;
  // Both usual spellings are found without folding the text first.
  for (const known of [...words.values()]) words.set(known.word.toUpperCase(), known);
  return words;
}

const keywords = buildKeywords();
const LONGEST = Math.max(...[...keywords.keys()].map((word) => word.length));

/** The keyword an ASCII word spells, in any case. */
export function keywordOf(text: string): Keyword | undefined {
  if (text.length > LONGEST) return undefined;
  const known = keywords.get(text);
  if (known !== undefined) return known;
  const folded = text.toLowerCase();
  return folded === text ? undefined : keywords.get(folded);
}
