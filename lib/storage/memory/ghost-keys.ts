const WAYS = 4;
const FIRST_SETS = 256;
const HASHED_END = 256;

/**
 * Keys that left the storage without a second use, remembered as 32-bit hashes.
 *
 * A table of four-way sets in one typed array: four bytes a key, nothing for the garbage collector to follow, and the
 * oldest of a set makes room. Two keys with one hash only cost a newcomer its time of trial, so no key is kept.
 */
export class GhostKeys {
  private hashes = new Uint32Array(FIRST_SETS * WAYS);
  private remembered = false;

  /** Remembers the key, among about as many as the storage holds. */
  remember(key: string, entriesHeld: number): void {
    this.remembered = true;
    if (entriesHeld > this.hashes.length) this.grow();
    this.put(hashOf(key));
  }

  /** Whether the key left not long ago; forgets it. */
  recall(key: string): boolean {
    if (!this.remembered) return false;
    const hash = hashOf(key);
    const first = this.firstOf(hash);
    for (let at = first; at < first + WAYS; at++) {
      if (this.hashes[at] !== hash) continue;
      for (; at < first + WAYS - 1; at++) this.hashes[at] = this.hashes[at + 1];
      this.hashes[at] = 0;
      return true;
    }
    return false;
  }

  forget(): void {
    this.hashes = new Uint32Array(FIRST_SETS * WAYS);
    this.remembered = false;
  }

  private grow(): void {
    const former = this.hashes;
    this.hashes = new Uint32Array(former.length * 2);
    for (let at = former.length - 1; at >= 0; at--) {
      if (former[at] !== 0) this.put(former[at]);
    }
  }

  private put(hash: number): void {
    const first = this.firstOf(hash);
    for (let at = first + WAYS - 1; at > first; at--) this.hashes[at] = this.hashes[at - 1];
    this.hashes[first] = hash;
  }

  private firstOf(hash: number): number {
    return (hash & (this.hashes.length / WAYS - 1)) * WAYS;
  }
}

/** FNV-1a, finished so that its low bits are as good as its high ones; of a long key both ends and the length. Never 0. */
function hashOf(key: string): number {
  const length = key.length;
  let hash = 0x811c9dc5 ^ length;
  const front = Math.min(length, HASHED_END);
  for (let at = 0; at < front; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  for (let at = Math.max(front, length - HASHED_END); at < length; at++) {
    hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0 || 1;
}
