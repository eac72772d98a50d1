import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from '../world/journal.js';

/** What one process wrote down. */
export interface ProcessHistory {
  readonly name: string;
  readonly entries: readonly Entry[];
}

/** Reads all journals; the last line of a killed process may be half a line. */
export function readHistories(directory: string): readonly ProcessHistory[] {
  return readdirSync(directory).map((name) => {
    const lines = readFileSync(join(directory, name), 'utf8').split('\n');
    return { name, entries: lines.slice(0, -1).map((line) => JSON.parse(line) as Entry) };
  });
}
