import { beforeEach, describe, expect, it } from '@jest/globals';
import { ALL_BITS, bitsOf } from '../../lib/engine/node.js';
import { TagTable } from '../../lib/engine/tag-table.js';
import { CHANGES, heldNode, holderNode, setWhereNode, valueNode } from '../../lib/tags/table-nodes.js';
import { tableTag } from '../../lib/tags/table-tags.js';
import { at, below, tagOf, type Tag } from '../../lib/tags/tag.js';
import { WriteInvalidation } from '../../lib/tags/write-invalidation.js';
import { Dice } from '../support/dice.js';

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
    expect([tags.size, tags.rememberedTags]).toEqual([0, 0]);
  });

  it('a write while a load is running is remembered until that load has ended', () => {
    oldest = 0;
    tags.invalidate({ touches: [row(1)], sweeps: [] }, 1);
    const filled = tags.hold([row(1)]);
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
    expect(tags.isQuietSince(tags.hold([row(0)]), 0)).toBe(false);
    expect(tags.isQuietSince(tags.hold([row(77_777)]), 0)).toBe(false);
    expect(tags.isQuietSince(tags.hold([row(9_999)]), 9_999)).toBe(false);
    expect(tags.isQuietSince(tags.hold([row(88_888)]), 9_999)).toBe(true);
  });

  it('the same tags, written again and again, are remembered once', () => {
    oldest = 0;
    tags.invalidate({ touches: [row(7)], sweeps: [rows] }, 1);
    for (let position = 2; position <= 1_000; position++) tags.invalidate({ touches: [row(1)], sweeps: [] }, position);
    expect(tags.isQuietSince(tags.hold([row(1)]), 999)).toBe(false);
    expect(tags.isQuietSince(tags.hold([row(2)]), 1)).toBe(true);
    expect(tags.isQuietSince(tags.hold([row(2)]), 0)).toBe(false);
  });

  it('records that no running load can ask for are forgotten while younger loads go on', () => {
    for (let position = 1; position <= 1_000; position++) {
      oldest = position - 1;
      tags.invalidate({ touches: [row(1)], sweeps: [] }, position);
      tags.forgetUnheld();
    }
    expect(tags.rememberedTags).toBeLessThan(70);
    expect(tags.isQuietSince(tags.hold([row(1)]), 999)).toBe(false);
    expect(tags.isQuietSince(tags.hold([row(2)]), 999)).toBe(true);
  });

  it('a record that names more tags than may be remembered is forgotten at once, and not in part', () => {
    oldest = 0;
    tags.invalidate({ touches: Array.from({ length: 101 }, (_, id) => row(id)), sweeps: [] }, 1);
    expect(tags.rememberedTags).toBe(0);
    expect(tags.isQuietSince(tags.hold([row(7)]), 0)).toBe(false);
    expect(tags.isQuietSince(tags.hold([row(100)]), 0)).toBe(false);
  });

  it('any number of tags, of which each hears of what happens to it and above it', () => {
    const tables = Array.from({ length: 400 }, (_, id) => tagOf('db', `table ${id}`));
    const held = tables.map((name) => tags.hold([below(name, '1'), name]));
    for (const [at, name] of tables.entries()) {
      const node = held[at];
      expect(tags.invalidate({ touches: [name], sweeps: [] }, 3 * at + 1)).toBe(bitsOf([node[1]]));
      expect([at, tags.isQuietSince(node, 3 * at), tags.isQuietSince(node, 3 * at + 1)]).toEqual([at, false, true]);
      tags.invalidate({ touches: [below(name, '1')], sweeps: [] }, 3 * at + 2);
      expect([at, tags.isQuietSince([node[0]], 3 * at + 1)]).toEqual([at, false]);
      tags.invalidate({ touches: [], sweeps: [name] }, 3 * at + 3);
      expect([at, tags.isQuietSince([node[0]], 3 * at + 2)]).toEqual([at, false]);
    }
    for (const nodes of held) tags.letGo(nodes);
    expect(tags.size).toBe(0);
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
    expect(tags.isQuietSince(tags.hold([row(1)]), 4)).toBe(false);
    expect(tags.isQuietSince(tags.hold([row(2)]), 5)).toBe(true);
  });

  it('is not told so either when somebody else has begun to listen since', () => {
    tags.invalidate({ touches: [row(1)], sweeps: [] }, 5);
    const held = tags.hold([row(1)]);
    expect(tags.isQuietSince(held, 5)).toBe(true);
    expect(tags.isQuietSince(tags.hold([row(1)]), 4)).toBe(false);
  });

  it('is not told so of what was forgotten as the loads ended for which it was remembered', () => {
    oldest = 4;
    tags.invalidate({ touches: [row(1)], sweeps: [] }, 5);
    oldest = Infinity;
    tags.forgetUnheld();
    tags.hold([row(1)]);
    expect(tags.isQuietSince(tags.hold([row(1)]), 4)).toBe(false);
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

  it('are those below what a mark sweeps that was there before anybody held anything near', () => {
    tags.mark('1', { touches: [], sweeps: [rows] });
    const held = tags.hold([row(1)]);
    const other = tags.hold([table]);
    expect(tags.isQuietSince(held, 7)).toBe(false);
    expect(tags.isQuietSince(other, 7)).toBe(true);
    tags.release('1', { touches: [], sweeps: [rows] }, 8);
    expect(tags.isQuietSince(held, 7)).toBe(false);
    expect(tags.isQuietSince(held, 8)).toBe(true);
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

  it('below a swept node stay pending while other marks go and others sweep something', () => {
    const others = tagOf('db', 'author', ':');
    const held = tags.hold([row(1)]);
    tags.hold([others]);
    tags.mark('1', { touches: [], sweeps: [rows] });
    tags.mark('2', { touches: [], sweeps: [others] });
    tags.mark('3', { touches: [others], sweeps: [] });
    tags.release('2', { touches: [], sweeps: [others] }, 3);
    expect(tags.isQuietSince(held, 3)).toBe(false);
    tags.release('3', { touches: [others], sweeps: [] }, 4);
    expect(tags.isQuietSince(held, 4)).toBe(false);
    tags.invalidate({ touches: [], sweeps: [others] }, 5);
    expect(tags.isQuietSince(held, 5)).toBe(false);
    tags.release('1', { touches: [], sweeps: [rows] }, 6);
    expect(tags.isQuietSince(held, 5)).toBe(false);
    expect(tags.isQuietSince(held, 6)).toBe(true);
  });

  it('below a swept node stay pending when somebody comes to hold what was swept before that', () => {
    const held = tags.hold([row(1)]);
    oldest = 0;
    tags.invalidate({ touches: [], sweeps: [tagOf('db', 'author')] }, 1);
    tags.mark('1', { touches: [], sweeps: [rows] });
    tags.hold([tagOf('db', 'author', ':', '1')]);
    expect(tags.isQuietSince(held, 1)).toBe(false);
  });

  it('are also those of who holds a swept node itself, for as long as the mark is open', () => {
    const sweep = { touches: [], sweeps: [rows] };
    const held = tags.hold([rows]);
    tags.mark('1', sweep);
    expect(tags.isQuietSince(held, 7)).toBe(false);
    tags.release('1', { touches: [], sweeps: [] }, 8);
    expect(tags.isQuietSince(held, 7)).toBe(true);
    tags.mark('2', sweep);
    tags.release('2', sweep, 9);
    expect(tags.isQuietSince(held, 8)).toBe(false);
    expect(tags.isQuietSince(held, 9)).toBe(true);
    tags.invalidate(sweep, 10);
    expect(tags.isQuietSince(held, 9)).toBe(false);
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

describe('the table tells who may hear', () => {
  const touching = (...touches: Tag[]) => ({ touches, sweeps: [] });
  const nobody = bitsOf([]);

  it('of what is touched: not who holds a row of it alone', () => {
    const held = tags.hold([row(1)]);
    expect(tags.invalidate(touching(table, row(2)), 1)).toBe(nobody);
    expect(tags.invalidate(touching(table, row(1)), 2)).toBe(bitsOf(held));
    tags.letGo(held);
    expect(tags.invalidate(touching(row(1)), 3)).toBe(nobody);
  });

  it('of what is touched: who holds it, also when a row of it has been let go', () => {
    const held = tags.hold([table]);
    tags.letGo(tags.hold([row(1)]));
    expect(tags.invalidate(touching(table), 1)).toBe(bitsOf(held));
  });

  it('of what is swept: all, because somebody may hold something below', () => {
    expect(tags.invalidate({ touches: [], sweeps: [rows] }, 1)).toBe(nobody);
    tags.hold([row(1)]);
    expect(tags.invalidate({ touches: [], sweeps: [rows] }, 2)).toBe(ALL_BITS);
  });

  it('of a transaction: at its mark and at its release, and the mark itself is nobody', () => {
    const held = tags.hold([row(1)]);
    expect(tags.mark('a', touching(table, row(2)))).toBe(nobody);
    expect(tags.release('a', touching(table, row(2)), 1)).toBe(nobody);
    expect(tags.mark('b', touching(table, row(1)))).toBe(bitsOf(held));
    expect(tags.release('b', touching(table, row(1)), 2)).toBe(bitsOf(held));
  });
});

describe('what a write tells apart to those who held something near it', () => {
  const columns = ['id', 'tenant', 'state'].map((name) => ({ name, kind: 'integer' }) as const);
  const tickets = { id: { database: 'db', name: 'ticket' }, key: [columns[0]], columns };
  const state = (value: number): Tag =>
    at(tableTag(tickets.id), valueNode(setWhereNode(holderNode(heldNode('tenant'), '7'), 'state'), String(value)));
  const newTicket = (id: number, value: number): WriteInvalidation => {
    const row: Record<string, number> = { id, tenant: 7, state: value };
    return new WriteInvalidation({ kind: 'insert', table: tickets, rows: [(column) => row[column]] }, undefined);
  };

  it('leaves what they held alone, unless it is that', () => {
    const [open, paid] = [tags.hold([state(1)]), tags.hold([state(2)])];
    tags.invalidate(newTicket(1, 1), 1);
    expect([tags.isQuietSince(open, 0), tags.isQuietSince(paid, 0)]).toEqual([false, true]);
  });

  it('is not lost on a load that was running, and comes to depend on it afterwards', () => {
    tags.hold([state(1)]);
    oldest = 0;
    tags.invalidate(newTicket(1, 2), 1);
    expect(tags.isQuietSince(tags.hold([state(2)]), 0)).toBe(false);
    expect(tags.isQuietSince(tags.hold([state(2)]), 1)).toBe(true);
  });

  it('is not lost on who comes to depend on it while the mark is open', () => {
    tags.hold([state(1)]);
    const write = newTicket(1, 2);
    tags.mark('t', write);
    const late = tags.hold([state(2)]);
    expect(tags.isQuietSince(late, 0)).toBe(false);
    tags.release('t', write, 1);
    expect(tags.isQuietSince(late, 0)).toBe(false);
    expect(tags.isQuietSince(late, 1)).toBe(true);
  });

  it('is told apart for those who hold something near it still, and no longer', () => {
    const changes = at(tableTag(tickets.id), CHANGES);
    tags.letGo(tags.hold([state(1)]));
    expect([...tags.groupsBelow(changes)]).toEqual([]);
    tags.hold([state(1)]);
    expect([...tags.groupsBelow(changes)].length).toBeGreaterThan(0);
  });

  it('is never lost, whoever came to hold what and when', () => {
    const lost: string[] = [];
    for (let seed = 1; seed <= 300; seed++) {
      const dice = new Dice(seed);
      let position = 0;
      let serial = 0;
      const loads: number[] = [];
      const held: { nodes: ReturnType<TagTable['hold']>; value: number; token: number }[] = [];
      const marks: { id: string; write: WriteInvalidation; value: number }[] = [];
      const written: { value: number; position: number }[] = [];
      oldest = Infinity;
      tags = new TagTable(() => oldest, 100);
      const take = <T>(list: T[]): T | undefined => list.splice(dice.below(Math.max(1, list.length)), 1)[0];
      const steps = [
        () => void loads.push(position),
        () => {
          const token = take(loads);
          if (token === undefined) return;
          const value = dice.below(3);
          held.push({ nodes: tags.hold([state(value)]), value, token });
        },
        () => {
          const one = take(held);
          if (one !== undefined) tags.letGo(one.nodes);
        },
        () => {
          const value = dice.below(3);
          tags.invalidate(newTicket(++serial, value), ++position);
          written.push({ value, position });
        },
        () => {
          const value = dice.below(3);
          const mark = { id: `t${++serial}`, write: newTicket(serial, value), value };
          tags.mark(mark.id, mark.write);
          marks.push(mark);
        },
        () => {
          const mark = take(marks);
          if (mark === undefined) return;
          tags.release(mark.id, mark.write, ++position);
          written.push({ value: mark.value, position });
        },
      ];
      for (let step = 0; step < 60; step++) {
        dice.of(steps)();
        oldest = Math.min(Infinity, ...loads);
        tags.forgetUnheld();
        for (const { nodes, value, token } of held) {
          const isOver = written.some((one) => one.value === value && one.position > token);
          const isPending = marks.some((one) => one.value === value);
          if ((isOver || isPending) && tags.isQuietSince(nodes, token)) lost.push(`seed ${seed}, step ${step}`);
        }
      }
    }
    expect(lost).toEqual([]);
  });
});
