import type * as lmdb from 'lmdb';
import { ZooCacheError } from '../../errors/zoocache.error.js';

/**
 * The package `lmdb`, as far as this one uses it. Where a process has it twice, as Jest has it once for each spec file,
 * the later one opens with the code of the former and has no state of its own: versions are read by `getEntry()`, since
 * its `getLastVersion()` fails.
 */
export type Lmdb = Pick<typeof lmdb, 'open' | 'IF_EXISTS'>;

/**
 * Loads the optional package `lmdb`, which nothing else in this package does.
 *
 * @throws ZooCacheError `MISSING_PACKAGE` when it is not installed, or has no binary for this platform.
 */
export async function loadLmdb(): Promise<Lmdb> {
  try {
    return await import('lmdb');
  } catch (cause) {
    throw new ZooCacheError('MISSING_PACKAGE', {
      what: 'The package lmdb is needed for an LMDB storage or bus and could not be loaded',
      name: 'lmdb',
      next: "Run 'npm install lmdb'; if it is installed, the cause says why it cannot be loaded",
      cause,
    });
  }
}
