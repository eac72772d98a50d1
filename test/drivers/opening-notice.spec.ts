import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { noticeOf } from '../../lib/drivers/lmdb/data-file.js';
import { OpeningNotice } from '../../lib/drivers/lmdb/opening-notice.js';
import { freshDirectory } from '../support/lmdb.js';

describe('Giving up on one who opens a file', () => {
  it.each([
    ['takes away his notice', 'his', undefined],
    ['leaves the notice of the next, who has come meanwhile', 'of the next', 'of the next'],
  ])('%s', (_what, standing, left) => {
    const dataFile = join(freshDirectory(), 'data.mdb');
    writeFileSync(dataFile, '');
    writeFileSync(noticeOf(dataFile), standing);
    new OpeningNotice(dataFile).giveUp('his');
    expect(existsSync(dataFile)).toBe(false);
    expect(existsSync(noticeOf(dataFile)) ? readFileSync(noticeOf(dataFile), 'latin1') : undefined).toBe(left);
  });
});

describe('Who has opened a file', () => {
  it('takes away his own notice', () => {
    const notice = new OpeningNotice(join(freshDirectory(), 'data.mdb'));
    expect([notice.during(() => notice.isUp()), notice.isUp()]).toEqual([true, false]);
  });

  it('leaves the notice of the next, who had given him up', () => {
    const dataFile = join(freshDirectory(), 'data.mdb');
    const notice = new OpeningNotice(dataFile);
    notice.during(() => writeFileSync(noticeOf(dataFile), 'of the next'));
    expect(notice.text()).toBe('of the next');
  });
});
