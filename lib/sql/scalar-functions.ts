const scalars = new Set(
  [
    'coalesce nullif ifnull isnull nvl greatest least if iif cast try_cast convert abs ceil ceiling floor round trunc truncate',
    'mod power sqrt sign length len char_length character_length octet_length lower upper trim ltrim rtrim btrim lpad rpad',
    'substr substring left right concat concat_ws replace reverse position locate instr strpos ascii md5 hex unhex',
    'date_trunc date_part extract to_char to_date date_format strftime date time datetime julianday year month day hour',
    'minute second datediff dateadd datepart json_extract json_value json_unquote jsonb_extract_path jsonb_extract_path_text',
    'json_extract_path json_extract_path_text json_array_length jsonb_array_length json_length json_contains array_length',
    'cardinality array_position to_tsvector to_tsquery plainto_tsquery ts_rank similarity row',
    'astext aswkt st_astext st_asgeojson st_aswkb st_asbinary st_srid st_distance st_dwithin st_x st_y st_geomfromtext',
    'st_geomfromgeojson st_setsrid st_within st_contains st_intersects st_makepoint',
  ]
    .join(' ')
    .split(' '),
);

/**
 * Whether a call answers once per row in every dialect. What is not listed may be an aggregate, or make several rows of one: `max` of two
 * arguments is neither in SQLite, but no list of aggregates holds those that users write.
 */
export const isScalar = (name: string): boolean => scalars.has(name);
