import { ZooCacheError } from '../../errors/zoocache.error.js';

/** Says that bytes which were a value cannot be one any more. */
export function undecodable(bytes: Uint8Array): ZooCacheError {
  return new ZooCacheError('UNDECODABLE_VALUE', {
    what: 'The bytes of a stored value say nothing to this application any more',
    name: `${bytes.length} bytes`,
    next: 'It is loaded again; this is normal while a DataSource is away or an entity is defined anew',
  });
}
