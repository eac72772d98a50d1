const CAST = /::(?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?(?: varying| precision| with(?:out)? time zone)?(?:\[\])?$/;
const QUOTED = /^'((?:[^'\\]|'')*)'$/;
const NUMBER = /^[+-]?\d+(?:\.\d+)?$/;

/**
 * The constant that a default is, from the SQL it was declared with; undefined for anything else, such as a function or
 * a cast that may cut the value off.
 */
export function constantDefault(sql: string): { readonly value: unknown } | undefined {
  const text = sql.replace(CAST, '');
  const quoted = QUOTED.exec(text);
  if (quoted !== null) return { value: quoted[1].replaceAll("''", "'") };
  const bare = text.replace(/^\(([^()]*)\)$/, '$1').toLowerCase();
  switch (bare) {
    case 'null':
      return NULL;
    case 'true':
      return { value: true };
    case 'false':
      return { value: false };
  }
  if (!NUMBER.test(bare)) return undefined;
  const value = Number(bare);
  // A larger one would be rounded.
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? { value } : undefined;
}

/** The default NULL. */
export const NULL: { readonly value: unknown } = { value: null };
