import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { writerFlagOf } from '../../lib/drivers/lmdb/data-file.js';
import { waitForWriters } from '../../lib/drivers/lmdb/writer-flag.js';
import { freshDirectory } from '../support/lmdb.js';

it('does not let who opens a file wait for one who is stopped while he writes to another', () => {
  const dataFile = join(freshDirectory(), 'data.mdb');
  writeFileSync(writerFlagOf(dataFile, `${process.ppid}-stopped`), 'w-1:1');
  const waited = (identity: string): number => {
    const from = performance.now();
    waitForWriters(dataFile, identity);
    return performance.now() - from;
  };
  expect(waited('1:1')).toBeGreaterThan(2 * waited('1:2'));
});
