import { beforeEach, describe, expect, it } from '@jest/globals';
import { TagTable } from '../../lib/engine/tag-table.js';
import { below, tagOf, type Tag } from '../../lib/tags/tag.js';

const table = tagOf('db', 'product');
const rows = below(table, ':');
const row = (id: number): Tag => below(rows, String(id));

let tags: TagTable;
let oldest: number;

beforeEach(() => {
  oldest = Infinity;
  tags = new TagTable(() => oldest, 100);
});

describe('the table knows no more tags than somebody needs', () => {
  it('a node leaves with the last entry that holds it, and the nodes above with it', () => {
    const one = tags.hold([row(1), table]);
    const other = tags.hold([row(1)]);
    expect(tags.size).toBe(4);
    tags.letGo(one);
    expect(tags.size).toBe(4);
    tags.letGo(other);
    expect(tags.size).toBe(0);
  });

  it('a write to tags that nobody holds leaves nothing behind while no load is running', () => {
    for (let id = 0; id < 1_000; id++) tags.invalidate({ touches: [row(id), table], sweeps: [rows] }, id + 1);
    expect(tags.size).toBe(0);
  });

  it('a write while a load is running is remembered until that load has ended', () => {
    oldest = 0;
    tags.invalidate({ touches: [row(1)], sweeps: [] }, 1);
    const filled = tags.hold([row(1)], 0);
    expect(tags.isQuietSince(filled, 0)).toBe(false);
    tags.letGo(filled);
    oldest = Infinity;
    tags.forgetUnheld();
    expect(tags.size).toBe(0);
  });

  it('loads that overlap without a pause keep a bounded number of tags, at the price of the floor', () => {
    oldest = 0;
    for (let id = 0; id < 10_000; id++) tags.invalidate({ touches: [row(id)], sweeps: [] }, id + 1);
    expect(tags.size).toBeLessThan(150);
    expect(tags.isQuietSince(tags.hold([row(0)], 0), 0)).toBe(false);
    expect(tags.isQuietSince(tags.hold([row(77_777)], 0), 0)).toBe(false);
    expect(tags.isQuietSince(tags.hold([row(88_888)], 10_000), 10_000)).toBe(true);
  });

  it('an open mark holds its tags, and its release lets go of them', () => {
    tags.mark('1', { touches: [row(1), table], sweeps: [rows] });
    expect(tags.size).toBeGreaterThan(0);
    tags.release('1', { touches: [row(1)], sweeps: [] }, 2);
    expect(tags.size).toBe(0);
    expect(tags.openMarks).toBe(0);
  });
});

describe('somebody who took a position on his own', () => {
  it('is not told that a tag was quiet when nobody was listening', () => {
    tags.invalidate({ touches: [row(1)], sweeps: [] }, 5);
    expect(tags.isQuietSince(tags.hold([row(1)], 4), 4)).toBe(false);
    expect(tags.isQuietSince(tags.hold([row(2)], 5), 5)).toBe(true);
  });
});

describe('pending tags', () => {
  it('are pending for all that stands below a swept node, also for what is held later', () => {
    const before = tags.hold([row(1)]);
    tags.mark('1', { touches: [table], sweeps: [rows] });
    const after = tags.hold([row(2)]);
    expect(tags.isQuietSince(before, 7)).toBe(false);
    expect(tags.isQuietSince(after, 7)).toBe(false);
    tags.release('1', { touches: [], sweeps: [] }, 8);
    expect(tags.isQuietSince(before, 7)).toBe(true);
    expect(tags.isQuietSince(after, 7)).toBe(true);
  });

  it('stay pending until the last of several marks is gone, whichever goes first', () => {
    const held = tags.hold([row(1)]);
    tags.mark('1', { touches: [row(1)], sweeps: [] });
    tags.mark('2', { touches: [row(1)], sweeps: [] });
    tags.release('2', { touches: [row(1)], sweeps: [] }, 3);
    expect(tags.isQuietSince(held, 3)).toBe(false);
    tags.release('1', { touches: [], sweeps: [] }, 4);
    expect(tags.isQuietSince(held, 3)).toBe(true);
    expect(tags.isQuietSince(held, 2)).toBe(false);
  });

  it('reach the whole database when a statement may change anything', () => {
    const held = tags.hold([row(1), tagOf('db2', 'product')]);
    const elsewhere = tags.hold([tagOf('db2', 'product')]);
    tags.mark('1', { touches: [], sweeps: [tagOf('db')] });
    expect(tags.isQuietSince(held, 9)).toBe(false);
    expect(tags.isQuietSince(elsewhere, 9)).toBe(true);
    tags.release('1', { touches: [], sweeps: [tagOf('db')] }, 10);
    expect(tags.isQuietSince(held, 9)).toBe(false);
    expect(tags.isQuietSince(held, 10)).toBe(true);
  });
});
