import type { CacheKey } from './cache-key.js';

/** How many keys are remembered before the memo starts again. */
const CAPACITY = 1_024;

/** Longer texts are data that hardly comes again; a thousand of them would be more than all answers may occupy. */
const LONGEST_TEXT = 256;

/**
 * The keys of the calls made lately, by their only argument.
 *
 * A key that is put together anew has to be flattened and hashed before anything can be found under it, which takes
 * longer than all the rest of a hit. A remembered key is found by its argument and brings its hash along.
 */
export class KeyMemo {
  private readonly keys = new Map<string | number, CacheKey>();

  /** The key of `argument`, made by `make` unless it is remembered; where there is none, nothing is. */
  of<Key extends CacheKey | undefined>(argument: string | number, make: (argument: string | number) => Key): Key {
    const known = this.keys.get(argument);
    // To a map -0 and 0 are one; to a key they are two.
    if (known !== undefined && argument !== 0) return known as Key;
    const key = make(argument);
    if (key === undefined || (typeof argument === 'string' && argument.length > LONGEST_TEXT)) return key;
    if (this.keys.size === CAPACITY) this.keys.clear();
    this.keys.set(argument, key);
    return key;
  }
}
