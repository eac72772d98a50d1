import { ZooCacheError } from '../../errors/zoocache.error.js';

/** What the log of one prefix is called in Redis. */
export interface LogNames {
  /** The stream of records; the position of a record is its id, as in `42-0`. */
  readonly log: string;
  /** The hash that says which life of the log this is, where it stands, and which marks are open. */
  readonly meta: string;
  /** The channel on which appending wakes others. */
  readonly wake: string;
  /** The name of every connection that has known the log, by which CLIENT LIST tells that somebody still may trust it. */
  readonly connection: string;
}

/**
 * The names for a prefix. Keys share the slot of a cluster, because a script may only use keys of one.
 *
 * @throws ZooCacheError `INVALID_OPTION` for an empty prefix: braces around nothing are no hash tag
 */
export function logNames(prefix = 'zoocache'): LogNames {
  if (prefix === '') {
    throw new ZooCacheError('INVALID_OPTION', {
      what: 'The prefix of a bus in Redis names its keys, and may not be empty',
      name: "prefix ''",
      next: "Leave it out, which means 'zoocache', or name the application",
    });
  }
  const name = escaped(prefix);
  return { log: `{${name}}:log`, meta: `{${name}}:meta`, wake: `{${name}}:wake`, connection: `zoocache-log:${name}` };
}

/**
 * In printable ASCII without spaces, since names of connections must be; and without braces, since a hash tag ends at the
 * first one.
 */
function escaped(prefix: string): string {
  let name = '';
  for (const byte of Buffer.from(prefix)) {
    const char = String.fromCharCode(byte);
    name += /[!-~]/.test(char) && !'{}%'.includes(char) ? char : `%${byte.toString(16).padStart(2, '0')}`;
  }
  return name;
}
