import type { KeyvLike } from './keyv-like.js';
import { keyOfText } from './stored-text.js';

/** How many keys are deleted at once. */
const BATCH = 100;

/**
 * Deletes what this package stored under keys that start with the prefix. Never the store's own `clear()`, which takes
 * what others keep there too.
 *
 * A store that cannot list what it holds keeps it until its lifetime is over. Nobody is answered with it: clearing is
 * first of all an invalidation that every entry depends on, in every process, and deleting only gives back the room.
 */
export async function clearKeyv(keyv: KeyvLike, prefix: string): Promise<void> {
  if (typeof keyv.iterator !== 'function') return;
  let batch: string[] = [];
  for await (const item of keyv.iterator(undefined)) {
    // The key comes from the value, because Keyv takes a namespace off that it may never have put on.
    const key = keyOfText((item as readonly unknown[])[1]);
    if (key?.startsWith(prefix)) batch.push(key);
    if (batch.length === BATCH) {
      await Promise.all(batch.map((each) => keyv.delete(each)));
      batch = [];
    }
  }
  await Promise.all(batch.map((each) => keyv.delete(each)));
}
