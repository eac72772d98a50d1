import assert from 'node:assert/strict';
import { types } from 'node:util';
import type { CacheStorage } from '../storage/storage.js';

/** What a check of a storage works with. */
export interface StorageScene {
  readonly storage: CacheStorage;
  /** Another connection to the same place. */
  readonly other: CacheStorage;
  /** What all keys of this check start with, and no key of another check. */
  readonly prefix: string;
  readonly patienceMs: number;
}

/** A title, and what must not reject. */
export type StorageCheck = readonly [title: string, check: (scene: StorageScene) => Promise<void>];

/** Longer than any check takes. */
export const LONG_MS = 600_000;

/** Short enough to wait for. */
export const SHORT_MS = 100;

/** The bytes of a text. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Fails unless these are the bytes, one by one; what a failure shows of them is short. */
export function assertBytes(seen: unknown, expected: Uint8Array, what: string): void {
  assert.ok(types.isUint8Array(seen), `${what}: ${seen === undefined ? 'nothing' : typeof seen} in place of its bytes`);
  assert.equal(seen.length, expected.length, `${what}: the number of bytes`);
  const different = expected.findIndex((byte, index) => byte !== seen[index]);
  assert.ok(different === -1, `${what}: byte ${different} is another`);
}

/** Fails unless the keys hold just these texts; `undefined` is nothing. */
export async function assertHolds(
  storage: CacheStorage,
  expected: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  for (const [key, text] of Object.entries(expected)) {
    const seen = await storage.get(key);
    if (text === undefined) assert.ok(seen === undefined, `${shown(key)} holds something`);
    else assertBytes(seen, bytesOf(text), shown(key));
  }
}

/** A key as a message shows it. */
export function shown(key: string): string {
  return key.length > 100 ? `${JSON.stringify(key.slice(0, 100))}... of ${key.length} characters` : JSON.stringify(key);
}
