import { afterEach } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// A storage and a bus load these at the same time, which the module loader of Jest does not stand the first time.
import '../../lib/bus/lmdb/lmdb-bus.js';
import '../../lib/storage/lmdb/lmdb-storage.js';

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A new directory, gone after the test. */
export function freshDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'zoocache-lmdb-'));
  cleanUps.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** What a test opened, closed after it and before its directory goes. */
export function closedAfterTest<T extends { close(): Promise<void> }>(opened: T): T {
  cleanUps.push(() => opened.close());
  return opened;
}

/** Called after the test. */
export function afterThisTest(cleanUp: () => unknown): void {
  cleanUps.push(cleanUp);
}
