import { ZooCacheError } from '../../errors/zoocache.error.js';
import { written, type Path } from '../copy/uncopyable.js';

/** The error of a value that cannot become bytes: names where it is, what it is, and the way out. */
export function unencodable(path: Path, what: string, next: string, cause?: unknown): ZooCacheError {
  return new ZooCacheError('UNENCODABLE_VALUE', {
    what: `A result cannot be stored as bytes, because it holds ${what}`,
    name: written(path),
    next,
    cause,
  });
}
