import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { CacheStorage } from '../storage/storage.js';
import { withOpened, type ConformanceCheck } from './conformance-check.js';
import { CAPABILITY_CHECKS, type StorageCapability } from './storage-capability-checks.js';
import { CLEARING_CHECKS, STORAGE_CHECKS } from './storage-checks.js';
import type { StorageCheck } from './storage-scene.js';

/** What is promised beyond the methods that every storage has. */
export interface StorageConformanceOptions {
  /** The optional methods that it has; a check says so if it has others. @default none */
  readonly capabilities?: readonly StorageCapability[];
  /**
   * What `clear` forgets. With `'prefixes'` it refuses the empty prefix, because others may use the place too; with
   * `'nothing'` the store cannot list its keys and leaves them. In every case it must touch no other keys.
   *
   * @default 'everything'
   */
  readonly clears?: 'everything' | 'prefixes' | 'nothing';
  /** How many milliseconds to wait for what must happen by itself, such as the end of a lifetime. @default 5000 */
  readonly patienceMs?: number;
}

/** Without these an application can do less, so that nobody should have one unnoticed; the others only save time. */
const NOTED: readonly StorageCapability[] = ['getMany', 'add', 'increment'];

/**
 * The promises of `CacheStorage` as tests for any framework:
 *
 * ```ts
 * describe('MyStorage', () => {
 *   for (const { title, run } of storageConformance(() => new MyStorage(url), { capabilities: ['getMany'] })) it(title, run);
 * });
 * ```
 *
 * Give it a place of its own: unless told otherwise it clears all that the storage may hold. Times are real ones, and short.
 *
 * @param open opens another connection to one and the same place; each check opens two, and closes them
 */
export function storageConformance(
  open: () => CacheStorage | Promise<CacheStorage>,
  { capabilities = [], clears = 'everything', patienceMs = 5_000 }: StorageConformanceOptions = {},
): readonly ConformanceCheck[] {
  const checks: readonly StorageCheck[] = [
    [
      capabilities.length === 0 ? 'has no optional method' : `has of the optional methods ${capabilities.join(', ')}`,
      async ({ storage }) => {
        const listed = new Set([...capabilities, ...NOTED.filter((name) => storage[name] !== undefined)]);
        const present = capabilities.filter((name) => storage[name] !== undefined);
        assert.deepEqual(present, [...listed]);
      },
    ],
    ...STORAGE_CHECKS,
    ...CLEARING_CHECKS[clears],
    ...capabilities.flatMap((name) => CAPABILITY_CHECKS[name]),
  ];
  return checks.map(([title, check]) => ({
    title,
    run: () =>
      withOpened(open, async (openOne) => {
        const [storage, other] = [await openOne(), await openOne()];
        await check({ storage, other, prefix: `conformance-${randomUUID()}:`, patienceMs });
      }),
  }));
}
