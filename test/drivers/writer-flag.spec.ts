import { readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from '@jest/globals';
import { writerFlagOf } from '../../lib/drivers/lmdb/data-file.js';
import { hasHadLog, waitForWriters, WriterFlag } from '../../lib/drivers/lmdb/writer-flag.js';
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

it('is gone once its process has left and the last write is over, or it would speak of a log for as long as that runs', () => {
  const dataFile = join(freshDirectory(), 'data.mdb');
  const flag = new WriterFlag(dataFile, '1:1', false);
  flag.know(false);
  for (let writes = 0; writes < 2; writes++) flag.raise();
  flag.leave();
  flag.lower();
  expect(hasHadLog(dataFile)).toBe(true);
  flag.lower();
  expect([hasHadLog(dataFile), readdirSync(dirname(dataFile))]).toEqual([false, []]);
});
