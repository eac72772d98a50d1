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
    expect(tags.rememberedTags).toBe(1);
    oldest = Infinity;
    tags.forgetUnheld();
    expect(tags.rememberedTags).toBe(0);
    expect(tags.size).toBe(0);
  });

  it('loads that overlap without a pause remember a bounded number of tags, at the price of the floor', () => {
    oldest = 0;
    for (let id = 0; id < 10_000; id++) tags.invalidate({ touches: [row(id)], sweeps: [] }, id + 1);
    expect(tags.rememberedTags).toBeLessThanOrEqual(200);
    expect(tags.isQuietSince(tags.hold([row(0)], 0), 0)).toBe(false);
    expect(tags.isQuietSince(tags.hold([row(77_777)], 0), 0)).toBe(false);
    expect(tags.isQuietSince(tags.hold([row(9_999)], 9_999), 9_999)).toBe(false);
    expect(tags.isQuietSince(tags.hold([row(88_888)], 9_999), 9_999)).toBe(true);
  });

  it('the same tags, written again and again, are remembered once', () => {
    oldest = 0;
    tags.invalidate({ touches: [row(7)], sweeps: [rows] }, 1);
    for (let position = 2; position <= 1_000; position++) tags.invalidate({ touches: [row(1)], sweeps: [] }, position);
    expect(tags.isQuietSince(tags.hold([row(1)], 999), 999)).toBe(false);
    expect(tags.isQuietSince(tags.hold([row(2)], 1), 1)).toBe(true);
    expect(tags.isQuietSince(tags.hold([row(2)], 0), 0)).toBe(false);
  });

  it('records that no running load can ask for are forgotten while younger loads go on', () => {
    for (let position = 1; position <= 1_000; position++) {
      oldest = position - 1;
      tags.invalidate({ touches: [row(1)], sweeps: [] }, position);
      tags.forgetUnheld();
    }
    expect(tags.rememberedTags).toBeLessThan(70);
    expect(tags.isQuietSince(tags.hold([row(1)], 999), 999)).toBe(false);
    expect(tags.isQuietSince(tags.hold([row(2)], 999), 999)).toBe(true);
  });

  it('a record that names more tags than may be remembered is forgotten at once, and not in part', () => {
    oldest = 0;
    tags.invalidate({ touches: Array.from({ length: 101 }, (_, id) => row(id)), sweeps: [] }, 1);
    expect(tags.rememberedTags).toBe(0);
    expect(tags.isQuietSince(tags.hold([row(7)], 0), 0)).toBe(false);
    expect(tags.isQuietSince(tags.hold([row(100)], 0), 0)).toBe(false);
  });

  it('an open mark makes no nodes, and its release lets go of those that others hold', () => {
    const held = tags.hold([row(1)]);
    tags.mark('1', { touches: [row(1), row(2), table], sweeps: [rows] });
    tags.letGo(held);
    expect(tags.size).toBe(4);
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

  it('are those of a mark that was there before anybody held them', () => {
    tags.mark('1', { touches: [row(1)], sweeps: [] });
    const held = tags.hold([row(1)]);
    const other = tags.hold([row(2)]);
    expect(tags.isQuietSince(held, 7)).toBe(false);
    expect(tags.isQuietSince(other, 7)).toBe(true);
    tags.release('1', { touches: [], sweeps: [] }, 8);
    expect(tags.isQuietSince(held, 7)).toBe(true);
  });

  it('happened at the release, be it made of the same invalidation or of another one', () => {
    const invalidation = { touches: [row(1)], sweeps: [] };
    const held = tags.hold([row(1)]);
    tags.mark('1', invalidation);
    const later = tags.hold([row(1)]);
    tags.release('1', invalidation, 8);
    expect(tags.isQuietSince(held, 7)).toBe(false);
    expect(tags.isQuietSince(later, 7)).toBe(false);
    expect(tags.isQuietSince(held, 8)).toBe(true);
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

describe('the table tells whether anybody hears', () => {
  const touching = (...touches: Tag[]) => ({ touches, sweeps: [] });

  it('of what is touched: not who holds a row of it alone', () => {
    const held = tags.hold([row(1)]);
    expect(tags.invalidate(touching(table, row(2)), 1)).toBe(false);
    expect(tags.invalidate(touching(row(1)), 2)).toBe(true);
    tags.letGo(held);
    expect(tags.invalidate(touching(row(1)), 3)).toBe(false);
  });

  it('of what is swept: whoever holds something below', () => {
    expect(tags.invalidate({ touches: [], sweeps: [rows] }, 1)).toBe(false);
    tags.hold([row(1)]);
    expect(tags.invalidate({ touches: [], sweeps: [rows] }, 2)).toBe(true);
  });

  it('of a transaction: at its mark and at its release, and the mark itself is nobody', () => {
    tags.hold([row(1)]);
    expect(tags.mark('a', touching(table, row(2)))).toBe(false);
    expect(tags.release('a', touching(table, row(2)), 1)).toBe(false);
    expect(tags.mark('b', touching(table, row(1)))).toBe(true);
    expect(tags.release('b', touching(table, row(1)), 2)).toBe(true);
  });
});
