import type { Dialect } from './statement.js';

// `generic` stands for several databases, whose functions are not told apart: it has all names.
const everywhere: readonly Dialect[] = ['postgres', 'mysql', 'sqlite'];
const besidesPostgres: readonly Dialect[] = ['mysql', 'sqlite'];
const besidesMysql: readonly Dialect[] = ['postgres', 'sqlite'];
const besidesSqlite: readonly Dialect[] = ['postgres', 'mysql'];
const inPostgres: readonly Dialect[] = ['postgres'];
const inMysql: readonly Dialect[] = ['mysql'];
const inSqlite: readonly Dialect[] = ['sqlite'];
const elsewhere: readonly Dialect[] = [];

/** Names by the dialects in which they are the database's own. */
type Names = readonly (readonly [readonly Dialect[], string])[];

/** The names of each dialect, put together when they are asked for: an application speaks one, and starts sooner. */
function byDialect(lists: Names): (dialect: Dialect) => ReadonlySet<string> {
  const known = new Map<Dialect, ReadonlySet<string>>();
  return (dialect) => {
    let names = known.get(dialect);
    if (names === undefined) {
      const own = lists.filter(([dialects]) => dialect === 'generic' || dialects.includes(dialect));
      known.set(dialect, (names = new Set(own.flatMap(([, texts]) => texts.split(' ')))));
    }
    return names;
  };
}

/**
 * Functions whose answer depends on nothing but their arguments and settings that do not change while an application runs (time
 * zone, collation). Only what is listed is trusted: a function written by a user, or one that is new, is unknown, and in each
 * dialect users write functions that another database has of its own. Extensions that are in wide use count as the database's.
 */
const pure = byDialect([
  // aggregates and window functions
  [
    everywhere,
    'count sum avg min max percentile_cont percentile_disc row_number rank dense_rank percent_rank cume_dist ' +
      'ntile lag lead first_value last_value nth_value',
  ],
  [
    besidesSqlite,
    'bit_and bit_or bit_xor json_arrayagg json_objectagg grouping any_value stddev stddev_pop stddev_samp ' +
      'variance var_pop var_samp rollup',
  ],
  [besidesMysql, 'string_agg'],
  [besidesPostgres, 'group_concat median'],
  [
    inPostgres,
    'every bool_and bool_or array_agg json_agg jsonb_agg json_object_agg jsonb_object_agg json_agg_strict ' +
      'jsonb_agg_strict xmlagg range_agg range_intersect_agg corr covar_pop covar_samp regr_avgx regr_avgy ' +
      'regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy mode cube',
  ],
  [inMysql, 'std'],
  [inSqlite, 'total json_group_array json_group_object jsonb_group_array jsonb_group_object'],
  [elsewhere, 'listagg approx_count_distinct checksum_agg count_big grouping_id stdev stdevp var varp ratio_to_report'],
  // conditions
  [everywhere, 'coalesce nullif cast values default'],
  [besidesSqlite, 'greatest least decode convert interval'],
  [besidesPostgres, 'ifnull if'],
  [inPostgres, 'num_nonnulls num_nulls'],
  [inMysql, 'isnull nvl nvl2'],
  [inSqlite, 'iif likely unlikely likelihood unicode typeof'],
  [elsewhere, 'choose try_cast try_convert'],
  // numbers
  [
    everywhere,
    'abs ceil ceiling floor round sign mod power pow sqrt exp ln log log10 pi degrees radians sin cos tan asin ' +
      'acos atan atan2',
  ],
  [besidesSqlite, 'div cot crc32'],
  [besidesMysql, 'trunc sinh cosh tanh asinh acosh atanh'],
  [besidesPostgres, 'log2 hex unhex'],
  [
    inPostgres,
    'cbrt sind cosd tand asind acosd atand atan2d cotd gcd lcm factorial width_bucket scale min_scale trim_scale ' +
      'erf erfc gamma lgamma',
  ],
  [inMysql, 'truncate conv bin oct'],
  [elsewhere, 'atn2 square'],
  // text
  [
    everywhere,
    'length octet_length lower upper concat concat_ws substr substring trim ltrim rtrim replace char format ' +
      'soundex',
  ],
  [
    besidesSqlite,
    'char_length character_length bit_length left right lpad rpad repeat reverse position ascii chr nchar ' +
      'regexp_replace regexp_instr regexp_like regexp_substr encode md5 bit_count',
  ],
  [besidesMysql, 'like unistr'],
  [besidesPostgres, 'instr quote'],
  [
    inPostgres,
    'initcap btrim translate strpos quote_ident quote_literal quote_nullable split_part string_to_array ' +
      'string_to_table array_to_string starts_with regexp_match regexp_matches regexp_split_to_array ' +
      'regexp_split_to_table regexp_count overlay normalize to_hex to_oct to_ascii sha224 sha256 sha384 sha512 ' +
      'difference metaphone dmetaphone dmetaphone_alt levenshtein levenshtein_less_equal similarity word_similarity ' +
      'strict_word_similarity show_trgm parse_ident lower_inc upper_inc lower_inf upper_inf isempty get_bit ' +
      'get_byte set_bit set_byte',
  ],
  [
    inMysql,
    'lcase ucase substring_index mid locate ord sha sha1 sha2 to_base64 from_base64 elt field find_in_set ' +
      'make_set export_set strcmp insert space weight_string inet_aton inet_ntoa inet6_aton inet6_ntoa is_ipv4 ' +
      'is_ipv6 is_uuid uuid_to_bin bin_to_uuid compress uncompress uncompressed_length natural_sort_key',
  ],
  [inSqlite, 'glob printf zeroblob'],
  [elsewhere, 'len datalength replicate charindex patindex quotename stuff string_escape'],
  // dates of given values
  [besidesSqlite, 'extract to_char'],
  [besidesPostgres, 'timediff'],
  [
    inPostgres,
    'date_trunc date_part date_bin make_date make_time make_timestamp make_timestamptz make_interval justify_days ' +
      'justify_hours justify_interval to_date to_number to_timestamp isfinite',
  ],
  [
    inMysql,
    'date_add date_sub adddate subdate addtime subtime datediff timestampdiff timestampadd date_format ' +
      'time_format str_to_date year quarter month monthname week weekofyear weekday yearweek day dayname dayofmonth ' +
      'dayofweek dayofyear hour minute second microsecond last_day makedate maketime period_add period_diff ' +
      'sec_to_time time_to_sec to_days from_days to_seconds convert_tz from_unixtime get_format add_months',
  ],
  [elsewhere, 'datediff_big dateadd datename datepart eomonth datefromparts datetimefromparts months_between next_day'],
  // JSON and XML
  [everywhere, 'json json_array json_object'],
  [besidesSqlite, 'json_value json_query json_exists'],
  [besidesMysql, 'json_array_length jsonb_object jsonb_set jsonb_insert'],
  [
    besidesPostgres,
    'json_extract json_quote json_type json_valid json_set json_insert json_replace json_remove json_pretty ' +
      'json_array_insert',
  ],
  [
    inPostgres,
    'json_extract_path json_extract_path_text jsonb_extract_path jsonb_extract_path_text json_scalar ' +
      'json_serialize json_typeof json_build_object json_build_array json_strip_nulls jsonb_set_lax ' +
      'jsonb_array_length jsonb_typeof jsonb_build_object jsonb_build_array jsonb_strip_nulls jsonb_pretty ' +
      'jsonb_path_exists jsonb_path_match jsonb_path_query jsonb_path_query_array jsonb_path_query_first ' +
      'jsonb_contains to_json to_jsonb row_to_json array_to_json xmlelement xmlforest xmlconcat xmlparse ' +
      'xmlserialize xmlattributes xmlroot xmlcomment xpath xpath_exists xmlexists hstore akeys avals skeys svals',
  ],
  [
    inMysql,
    'json_unquote json_contains json_contains_path json_overlaps json_keys json_length json_depth json_search ' +
      'json_merge json_merge_patch json_merge_preserve json_array_append json_compact json_detailed json_loose ' +
      'json_equals json_normalize json_storage_size extractvalue updatexml',
  ],
  [inSqlite, 'jsonb jsonb_extract json_patch json_error_position jsonb_array jsonb_replace jsonb_remove jsonb_patch'],
  [elsewhere, 'isjson'],
  // arrays, ranges, rows
  [everywhere, 'row'],
  [
    inPostgres,
    'array_length array_ndims array_dims array_lower array_upper array_append array_prepend array_cat ' +
      'array_remove array_replace array_position array_positions array_fill array_reverse array_sort cardinality ' +
      'trim_array unnest int4range int8range numrange tsrange tstzrange daterange int4multirange int8multirange ' +
      'nummultirange tsmultirange tstzmultirange datemultirange range_merge multirange',
  ],
  // full text with a given configuration, network addresses, geometry
  [
    everywhere,
    'st_area st_asbinary st_asewkb st_asewkt st_asgeojson st_astext st_asmvtgeom st_aswkb st_aswkt st_azimuth ' +
      'st_boundary st_buffer st_centroid st_closestpoint st_collect st_contains st_containsproperly st_convexhull ' +
      'st_coveredby st_covers st_crosses st_dfullywithin st_difference st_dimension st_disjoint st_distance ' +
      'st_distance_sphere st_distancesphere st_distancespheroid st_dwithin st_endpoint st_envelope st_equals ' +
      'st_expand st_exteriorring st_force2d st_geogfromtext st_geographyfromtext st_geohash st_geometryfromtext ' +
      'st_geometryn st_geometrytype st_geomfromewkb st_geomfromewkt st_geomfromgeojson st_geomfromtext ' +
      'st_geomfromwkb st_intersection st_intersects st_isempty st_issimple st_isvalid st_length st_linefromtext ' +
      'st_makeenvelope st_makeline st_makepoint st_makepolygon st_makevalid st_numgeometries st_numpoints ' +
      'st_overlaps st_perimeter st_point st_pointfromtext st_pointn st_pointonsurface st_polyfromtext st_polygon ' +
      'st_polygonfromtext st_setsrid st_simplify st_snaptogrid st_srid st_startpoint st_symdifference st_touches ' +
      'st_transform st_union st_within st_x st_xmax st_xmin st_y st_ymax st_ymin st_z',
  ],
  [besidesSqlite, 'point polygon'],
  [besidesPostgres, 'match'],
  [
    inPostgres,
    'ts_rank ts_rank_cd ts_headline to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery ' +
      'setweight strip numnode querytree tsvector_to_array array_to_tsvector host hostmask masklen netmask network ' +
      'broadcast family set_masklen inet_merge inet_same_family abbrev area box center circle diameter diagonal ' +
      'height isclosed isopen line lseg npoints path pclose popen radius slope width geography geometry',
  ],
  [
    inMysql,
    'linestring multipoint multilinestring multipolygon geometrycollection mbrcontains mbrwithin mbrintersects',
  ],
  [inSqlite, 'bm25 highlight snippet offsets matchinfo'],
  [elsewhere, 'geohash'],
  // conversions written like calls, and sizes of types
  [
    everywhere,
    'int integer bigint smallint float decimal numeric dec bool bit character varchar text precision varying',
  ],
  [besidesSqlite, 'date time timestamp json_table set'],
  [besidesMysql, 'int2 int4 int8 float4 float8 varbit bpchar timestamptz timetz'],
  [besidesPostgres, 'tinyint mediumint real double boolean blob binary varbinary signed unsigned'],
  [
    inPostgres,
    'name cidr macaddr zone vector halfvec sparsevec l2_distance cosine_distance inner_product l1_distance ' +
      'l2_norm vector_dims vector_norm l2_normalize subvector',
  ],
  [inMysql, 'datetime year_month enum'],
  [
    inSqlite,
    'serial number varchar2 nvarchar nvarchar2 clob nclob bytea datetime2 datetimeoffset smalldatetime string',
  ],
  [elsewhere, 'raw uuid inet'],
]);

/** SQLite: the moment, unless a time value that is not 'now' is given; strftime has its format first. */
const sqliteMoments = new Set(['date', 'time', 'datetime', 'julianday', 'unixepoch', 'strftime', 'timediff']);

/** Pure over two moments, the moment itself over one: `age(a)` counts from today. */
const momentWithoutSecond = byDialect([[inPostgres, 'age']]);

/** A moment only when called without arguments. */
const momentWithoutFirst = byDialect([
  [inMysql, 'unix_timestamp'],
  [elsewhere, 'unixtimestamp'],
]);

/** Functions that stand in FROM, read no table, and depend on their arguments alone. */
const pureSources = byDialect([
  [besidesSqlite, 'json_table'],
  [besidesMysql, 'generate_series json_each jsonb_each'],
  [
    inPostgres,
    'generate_subscripts unnest json_each_text jsonb_each_text json_array_elements jsonb_array_elements ' +
      'json_array_elements_text jsonb_array_elements_text json_object_keys jsonb_object_keys json_populate_record ' +
      'jsonb_populate_record json_populate_recordset jsonb_populate_recordset json_to_record jsonb_to_record ' +
      'json_to_recordset jsonb_to_recordset jsonb_path_query xmltable string_to_table regexp_matches ' +
      'regexp_split_to_table each',
  ],
  [inSqlite, 'json_tree jsonb_tree'],
  [elsewhere, 'openjson string_split'],
]);

/** Oracle completes a partial date with the current month. */
const completedByOracle = new Set(['to_date', 'to_timestamp']);

/** Where FROM inside the parentheses separates arguments. */
const argumentsWithFrom = new Set([
  'extract',
  'substring',
  'substr',
  'mid',
  'trim',
  'ltrim',
  'rtrim',
  'btrim',
  'overlay',
  'position',
]);

/** Functions known to depend on the moment, on chance, or on the session, so that the reason need not call them unknown. */
const known = new Set(
  [
    'now clock_timestamp statement_timestamp transaction_timestamp timeofday sysdate curdate curtime utc_date utc_time',
    'utc_timestamp current_date current_time current_timestamp localtime localtimestamp getdate getutcdate sysdatetime',
    'sysutcdatetime sysdatetimeoffset random rand randomblob random_bytes gen_random_uuid gen_random_bytes uuid',
    'uuid_short uuid_generate_v1 uuid_generate_v4 uuidv4 uuidv7 newid newsequentialid setseed nextval currval lastval',
    'setval last_insert_id last_insert_rowid changes total_changes found_rows row_count scope_identity ident_current',
    'connection_id current_setting set_config txid_current txid_current_snapshot pg_current_xact_id pg_backend_pid',
    'pg_sleep sleep benchmark version database schema user session_user system_user current_user current_role',
    'current_schema current_schemas current_database get_lock release_lock is_free_lock is_used_lock release_all_locks',
    'pg_advisory_lock pg_advisory_lock_shared pg_advisory_unlock pg_advisory_unlock_all pg_advisory_unlock_shared',
    'pg_advisory_xact_lock pg_advisory_xact_lock_shared pg_try_advisory_lock pg_try_advisory_xact_lock pg_notify',
    'inet_client_addr inet_server_addr load_file',
  ]
    .join(' ')
    .split(' '),
);

/** What the arguments of a call look like from outside. */
export interface CallArguments {
  /** How many commas at the top level, plus one; 0 for `()`. */
  readonly count: number;
  /** A constant or name spelled 'now' is among them, or a parameter, which may be that. */
  readonly mayBeNow: boolean;
}

/** Why a call's answer is not a function of its arguments, or `undefined` when it is; `name` is folded. */
export function impurityOf(name: string, dialect: Dialect, call: () => CallArguments): string | undefined {
  if (dialect === 'sqlite' && sqliteMoments.has(name)) {
    const { count, mayBeNow } = call();
    const moments = name === 'strftime' ? count - 1 : count;
    return moments < 1 || mayBeNow ? `${name}()` : undefined;
  }
  if (dialect === 'generic' && completedByOracle.has(name)) return `${name}()`;
  if (pure(dialect).has(name) || pureSources(dialect).has(name)) return undefined;
  if (momentWithoutSecond(dialect).has(name)) return call().count > 1 ? undefined : `${name}()`;
  if (momentWithoutFirst(dialect).has(name)) return call().count > 0 ? undefined : `${name}()`;
  return known.has(name) ? `${name}()` : `unknown function ${name}()`;
}

/** Whether a function in FROM reads no table. */
export const isPureSource = (name: string, dialect: Dialect): boolean => pureSources(dialect).has(name);

/** Whether FROM may separate the arguments of this function. */
export const takesFrom = (name: string): boolean => argumentsWithFrom.has(name);
