import { beforeEach, describe, expect, it } from '@jest/globals';
import { MAX_RECORDS } from '../../lib/engine/recent-records.js';
import type { Mark } from '../../lib/engine/write-path.js';
import type { CacheKey } from '../../lib/keys/cache-key.js';
import { tagOf, type Invalidation } from '../../lib/tags/tag.js';
import { createEngine, type Fixture } from './engine-fixture.js';

const TABLE = tagOf('db', 'book');
const ROW = tagOf('db', 'book', ':', '7');
const OTHER = tagOf('db', 'book', ':', '8');
const KEY = 'book 7' as CacheKey;

const touching = (...touches: Invalidation['touches']): Invalidation => ({ touches, sweeps: [] });

describe('What a transaction wrote', () => {
  let fixture: Fixture;
  let mark: Mark;

  beforeEach(() => {
    fixture = createEngine();
    mark = fixture.writes.mark(touching(TABLE, ROW));
  });

  const put = (value = 'written'): void =>
    fixture.engine.putWritten(mark.transactionId, KEY, value, { ttlMs: Infinity, tags: [ROW] });
  const held = (): unknown => {
    const entry = fixture.engine.lookup(KEY);
    return entry && fixture.engine.copyOf(entry);
  };

  it('is stored when its release is in the log, and lives until somebody writes it again', () => {
    mark.release(touching(TABLE, ROW));
    put();
    expect(held()).toBe('written');

    fixture.writes.mark(touching(TABLE, OTHER)).release(touching(TABLE, OTHER));
    expect(held()).toBe('written');
    fixture.writes.mark(touching(TABLE, ROW)).release(touching(TABLE, ROW));
    expect(held()).toBeUndefined();
  });

  it('waits for its release where that comes later', () => {
    put();
    expect(held()).toBeUndefined();
    mark.release(touching(TABLE, ROW));
    expect(held()).toBe('written');
  });

  it('is stored although others wrote other rows between its mark and its release', () => {
    fixture.writes.mark(touching(TABLE, OTHER)).release(touching(TABLE, OTHER));
    mark.release(touching(TABLE, ROW));
    put();
    expect(held()).toBe('written');
  });

  it.each([
    ['touched the row', touching(ROW)],
    ['swept all rows', { touches: [], sweeps: [tagOf('db', 'book', ':')] }],
    ['swept the database', { touches: [], sweeps: [tagOf('db')] }],
  ])('is not stored if somebody else %s between its mark and its release', (_, invalidation) => {
    fixture.writes.mark(invalidation).release(invalidation);
    mark.release(touching(TABLE, ROW));
    put();
    expect(held()).toBeUndefined();
  });

  it('is not stored if somebody else did so behind its release, nor if he did while it waited', () => {
    put();
    void fixture.writes.invalidate(touching(ROW));
    mark.release(touching(TABLE, ROW));
    expect(held()).toBeUndefined();

    mark = fixture.writes.mark(touching(ROW));
    mark.release(touching(ROW));
    void fixture.writes.invalidate(touching(ROW));
    put();
    expect(held()).toBeUndefined();
  });

  it('is not stored while the mark of somebody else is open, whichever was made first', () => {
    const later = fixture.writes.mark(touching(ROW));
    mark.release(touching(TABLE, ROW));
    put();
    expect(held()).toBeUndefined();
    later.withdraw();

    const earlier = fixture.writes.mark(touching(ROW));
    mark = fixture.writes.mark(touching(ROW));
    mark.release(touching(ROW));
    put();
    expect(held()).toBeUndefined();
    earlier.withdraw();
  });

  it('is stored if somebody else marked it and rolled back', () => {
    fixture.writes.mark(touching(ROW)).withdraw();
    mark.release(touching(TABLE, ROW));
    put();
    expect(held()).toBe('written');
  });

  it('is not stored when its mark is so old that nobody knows what came behind it', () => {
    for (let n = 0; n < MAX_RECORDS; n++) void fixture.writes.invalidate(touching(OTHER));
    mark.release(touching(TABLE, ROW));
    put();
    expect(held()).toBeUndefined();
  });

  it('is not stored by an engine that was closed while it waited', () => {
    put();
    fixture.engine.close();
    mark.release(touching(TABLE, ROW));
    expect(fixture.engine.entries).toBe(0);
  });
});
