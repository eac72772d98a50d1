import type { Dialect } from './statement.js';

/**
 * Functions whose answer depends on nothing but their arguments and settings that do not change while an application runs (time
 * zone, collation). Only what is listed is trusted: a function written by a user, or one that is new, is unknown.
 */
const pure = new Set(
  [
    // aggregates and window functions
    'count sum avg min max total every bool_and bool_or bit_and bit_or bit_xor string_agg array_agg json_agg jsonb_agg',
    'json_object_agg jsonb_object_agg json_agg_strict jsonb_agg_strict json_arrayagg json_objectagg json_group_array',
    'json_group_object jsonb_group_array jsonb_group_object group_concat xmlagg range_agg range_intersect_agg listagg',
    'approx_count_distinct checksum_agg count_big grouping grouping_id any_value stddev stddev_pop',
    'stddev_samp std stdev stdevp variance var_pop var_samp var varp corr covar_pop covar_samp regr_avgx regr_avgy',
    'regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy mode median percentile_cont percentile_disc',
    'row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value ratio_to_report rollup cube',
    // conditions
    'coalesce nullif greatest least ifnull isnull nvl nvl2 if iif decode choose cast try_cast convert try_convert interval',
    'likely unlikely likelihood unicode typeof num_nonnulls num_nulls values default',
    // numbers
    'abs ceil ceiling floor round trunc truncate sign mod div power pow sqrt cbrt exp ln log log2 log10 pi degrees radians',
    'sin cos tan cot asin acos atan atan2 atn2 sinh cosh tanh asinh acosh atanh sind cosd tand asind acosd atand atan2d',
    'cotd gcd lcm factorial width_bucket scale min_scale trim_scale conv bin oct hex unhex crc32 square erf erfc gamma',
    'lgamma',
    // text
    'length len char_length character_length octet_length bit_length datalength lower upper initcap lcase ucase concat',
    'concat_ws substr substring substring_index mid left right trim ltrim rtrim btrim lpad rpad repeat replicate replace',
    'reverse translate position locate instr strpos charindex patindex ascii ord chr char nchar format quote quotename',
    'quote_ident quote_literal quote_nullable split_part string_to_array string_to_table array_to_string starts_with',
    'regexp_replace regexp_match regexp_matches regexp_split_to_array regexp_split_to_table regexp_count regexp_instr',
    'regexp_like regexp_substr overlay normalize to_hex to_oct to_ascii encode md5 sha sha1 sha2 sha224',
    'sha256 sha384 sha512 to_base64 from_base64 elt field find_in_set make_set export_set strcmp soundex difference',
    'metaphone dmetaphone dmetaphone_alt levenshtein levenshtein_less_equal similarity word_similarity',
    'strict_word_similarity show_trgm insert space stuff string_escape weight_string glob like printf',
    'parse_ident unistr lower_inc upper_inc lower_inf upper_inf isempty inet_aton inet_ntoa',
    'inet6_aton inet6_ntoa is_ipv4 is_ipv6 is_uuid uuid_to_bin bin_to_uuid compress uncompress uncompressed_length',
    'get_bit get_byte set_bit set_byte bit_count zeroblob',
    // dates of given values
    'date_trunc date_part date_bin extract make_date make_time make_timestamp make_timestamptz make_interval justify_days',
    'justify_hours justify_interval to_char to_date to_number to_timestamp isfinite date_add date_sub adddate subdate',
    'addtime subtime datediff datediff_big timediff timestampdiff timestampadd dateadd datename datepart eomonth',
    'datefromparts datetimefromparts date_format time_format str_to_date year quarter month monthname week weekofyear',
    'weekday yearweek day dayname dayofmonth dayofweek dayofyear hour minute second microsecond last_day makedate maketime',
    'period_add period_diff sec_to_time time_to_sec to_days from_days to_seconds convert_tz from_unixtime get_format',
    'add_months months_between next_day',
    // JSON and XML
    'json jsonb json_array json_object json_extract jsonb_extract json_extract_path json_extract_path_text',
    'jsonb_extract_path jsonb_extract_path_text json_value json_query json_exists json_scalar json_serialize json_unquote',
    'json_quote json_contains json_contains_path json_overlaps json_keys json_length json_depth json_type json_valid',
    'json_search json_set json_insert json_replace json_remove json_merge json_merge_patch json_merge_preserve json_patch',
    'json_pretty json_array_append json_array_insert json_array_length json_typeof json_build_object json_build_array',
    'json_strip_nulls json_error_position json_compact json_detailed json_loose json_equals json_normalize jsonb_array',
    'jsonb_object jsonb_set jsonb_set_lax jsonb_insert jsonb_replace jsonb_remove jsonb_patch jsonb_array_length',
    'jsonb_typeof jsonb_build_object jsonb_build_array jsonb_strip_nulls jsonb_pretty jsonb_path_exists jsonb_path_match',
    'jsonb_path_query jsonb_path_query_array jsonb_path_query_first jsonb_contains to_json to_jsonb row_to_json',
    'array_to_json isjson json_storage_size xmlelement xmlforest xmlconcat xmlparse xmlserialize xmlattributes xmlroot',
    'xmlcomment xpath xpath_exists xmlexists extractvalue updatexml hstore akeys avals skeys svals',
    // arrays, ranges, rows
    'array_length array_ndims array_dims array_lower array_upper array_append array_prepend array_cat array_remove',
    'array_replace array_position array_positions array_fill array_reverse array_sort cardinality trim_array unnest',
    'int4range int8range numrange tsrange tstzrange daterange int4multirange int8multirange nummultirange tsmultirange',
    'tstzmultirange datemultirange range_merge multirange row',
    // full text with a given configuration, network addresses, geometry
    'ts_rank ts_rank_cd ts_headline to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery setweight',
    'strip numnode querytree tsvector_to_array array_to_tsvector match host hostmask masklen netmask network broadcast',
    'family set_masklen inet_merge inet_same_family abbrev area box center circle diameter diagonal height isclosed isopen',
    'line lseg npoints path pclose point polygon popen radius slope width linestring multipoint multilinestring',
    'multipolygon geometrycollection st_area st_asbinary st_asewkb st_asewkt st_asgeojson st_astext st_asmvtgeom st_aswkb',
    'st_aswkt st_azimuth st_boundary st_buffer st_centroid st_closestpoint st_collect st_contains st_containsproperly',
    'st_convexhull st_coveredby st_covers st_crosses st_dfullywithin st_difference st_dimension st_disjoint st_distance',
    'st_distance_sphere st_distancesphere st_distancespheroid st_dwithin st_endpoint st_envelope st_equals st_expand',
    'st_exteriorring st_force2d st_geogfromtext st_geographyfromtext st_geohash st_geometryfromtext st_geometryn',
    'st_geometrytype st_geomfromewkb st_geomfromewkt st_geomfromgeojson st_geomfromtext st_geomfromwkb st_intersection',
    'st_intersects st_isempty st_issimple st_isvalid st_length st_linefromtext st_makeenvelope st_makeline st_makepoint',
    'st_makepolygon st_makevalid st_numgeometries st_numpoints st_overlaps st_perimeter st_point st_pointfromtext',
    'st_pointn st_pointonsurface st_polyfromtext st_polygon st_polygonfromtext st_setsrid st_simplify st_snaptogrid',
    'st_srid st_startpoint st_symdifference st_touches st_transform st_union st_within st_x st_xmax st_xmin st_y st_ymax',
    'st_ymin st_z geography geometry mbrcontains mbrwithin mbrintersects geohash',
    // conversions written like calls, and sizes of types
    'int integer bigint smallint tinyint mediumint int2 int4 int8 serial float float4 float8 real double decimal numeric dec',
    'number bool boolean bit varbit character varchar varchar2 nvarchar nvarchar2 bpchar text clob nclob blob binary',
    'varbinary bytea raw signed unsigned json_table name uuid inet cidr macaddr datetime2 datetimeoffset smalldatetime',
    'timestamptz timetz year_month string precision varying zone enum set vector halfvec sparsevec l2_distance',
    'cosine_distance inner_product l1_distance l2_norm vector_dims vector_norm l2_normalize subvector',
  ]
    .join(' ')
    .split(' '),
);

/** Written like calls or types in PostgreSQL and SQL Server; in SQLite and MySQL they may mean the present moment. */
const typesOrMoments = new Set(['date', 'time', 'timestamp', 'datetime']);

/** SQLite: the moment, unless a time value that is not 'now' is given; strftime has its format first. */
const sqliteMoments = new Set(['date', 'time', 'datetime', 'julianday', 'unixepoch', 'strftime', 'timediff']);

/** Pure over two moments, the moment itself over one: `age(a)` counts from today. */
const momentWithoutSecond = new Set(['age']);

/** MySQL: a moment only when called without arguments. */
const momentWithoutFirst = new Set(['unix_timestamp', 'unixtimestamp']);

/** Functions of PostgreSQL, SQLite and MySQL that stand in FROM, read no table, and depend on their arguments alone. */
const pureSources = new Set(
  [
    'generate_series generate_subscripts unnest json_each jsonb_each json_each_text jsonb_each_text json_tree jsonb_tree',
    'json_array_elements jsonb_array_elements json_array_elements_text jsonb_array_elements_text json_object_keys',
    'jsonb_object_keys json_populate_record jsonb_populate_record json_populate_recordset jsonb_populate_recordset',
    'json_to_record jsonb_to_record json_to_recordset jsonb_to_recordset jsonb_path_query json_table xmltable openjson',
    'string_split string_to_table regexp_matches regexp_split_to_table each',
  ]
    .join(' ')
    .split(' '),
);

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
  if (dialect === 'sqlite') {
    if (sqliteMoments.has(name)) {
      const { count, mayBeNow } = call();
      const moments = name === 'strftime' ? count - 1 : count;
      return moments < 1 || mayBeNow ? `${name}()` : undefined;
    }
  } else if (typesOrMoments.has(name)) return undefined;
  if (dialect === 'generic' && completedByOracle.has(name)) return `${name}()`;
  if (pure.has(name)) return undefined;
  if (pureSources.has(name)) return undefined;
  if (momentWithoutSecond.has(name)) return call().count > 1 ? undefined : `${name}()`;
  if (momentWithoutFirst.has(name)) return call().count > 0 ? undefined : `${name}()`;
  return known.has(name) ? `${name}()` : `unknown function ${name}()`;
}

/** Whether a function in FROM reads no table. */
export const isPureSource = (name: string): boolean => pureSources.has(name);

/** Whether FROM may separate the arguments of this function. */
export const takesFrom = (name: string): boolean => argumentsWithFrom.has(name);
