import { ZooCacheError } from '../../errors/zoocache.error.js';

/** Says that bytes which were a value cannot be one any more. */
export function undecodable(bytes: Uint8Array): ZooCacheError {
  return new ZooCacheError('UNDECODABLE_VALUE', {
    what: 'This application cannot read a stored value any more',
    name: `${bytes.length} bytes`,
    next: 'It is loaded again; this is normal while a DataSource is away or after an entity has changed',
  });
}
