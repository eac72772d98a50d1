import { describe, expect, it } from '@jest/globals';
import type { TableInfo } from '../../lib/tags/table-info.js';
import { rowTag, tableTag, type TableId } from '../../lib/tags/table-tags.js';
import { sizeOf, tell, type InvalidationSink, type Tag } from '../../lib/tags/tag.js';
import { JoinedInvalidation } from '../../lib/tags/joined-invalidation.js';
import type { WriteFacts } from '../../lib/tags/write-facts.js';
import { WriteInvalidation } from '../../lib/tags/write-invalidation.js';

const columns = [
  { name: 'id', kind: 'integer' },
  { name: 'title', kind: 'text' },
  { name: 'shelf', kind: 'integer' },
  { name: 'price', kind: 'other' },
] as const;

const tables: readonly TableInfo[] = [{ database: 'db', name: 'book' } satisfies TableId]
  .flatMap((id) => [id, { ...id, schema: 'public' }])
  .map((id) => ({ id, key: [columns[0]], columns }));

const row = (values: Record<string, unknown>) => (column: string) => values[column];
const rows = [row({ id: 1, title: 'B', shelf: null, price: 2 }), row({ id: 2, title: 'C' })];
const set = new Map<string, unknown>([
  ['title', 'B'],
  ['shelf', undefined],
]);

const writes: readonly WriteFacts[] = tables.flatMap((table): WriteFacts[] => [
  { kind: 'update', table, ids: ['1'], set },
  { kind: 'update', table, ids: ['1'], set, newRows: [rows[0]] },
  { kind: 'update', table, set, newRows: rows },
  { kind: 'update', table, newRows: rows },
  { kind: 'update', table, ids: ['1'], set: new Map([['id', 2]]) },
  { kind: 'update', table: { ...table, columns: undefined }, ids: ['1'], set },
  { kind: 'delete', table, ids: ['1'] },
  { kind: 'delete', table, ids: ['1'], oldRows: [rows[0]] },
  { kind: 'delete', table, oldRows: rows },
  { kind: 'delete', table },
  { kind: 'insert', table, rows: [rows[0]] },
  { kind: 'insert', table, rows },
  { kind: 'insert', table, rows: 'some' },
  { kind: 'upsert', table, rows, set },
  { kind: 'upsert', table, rows: 'some', set, newRows: rows },
]);

/** Those who hold what stands below a value are told of that alone, and anybody of all that stands there. */
const areToldApart = ({ kind }: WriteFacts, how: string): boolean =>
  how === 'sweep' && (kind === 'insert' || kind === 'upsert');

/** Holds one tag, and so knows those above. */
class HolderOf implements InvalidationSink {
  readonly heard: string[] = [];

  constructor(private readonly held: Tag) {}

  knows(tag: Tag): boolean {
    return this.held === tag || this.held.startsWith(`${tag}\u001f`);
  }

  tellsApart(tag: Tag): boolean {
    return this.knows(tag);
  }

  touch(tag: Tag): this {
    if (tag === this.held) this.heard.push('touch');
    return this;
  }

  sweep(tag: Tag): this {
    if (tag === this.held) this.heard.push('sweep');
    return this;
  }
}

describe('what a write invalidates', () => {
  it.each(writes.map((facts) => ({ facts })))('is told whole to whoever holds any tag of it', ({ facts }) => {
    const others = { touches: [tableTag({ database: 'db', name: 'shelf' })], sweeps: [] };
    const { touches, sweeps } = new WriteInvalidation(facts, others);
    expect(touches.length).toBeGreaterThan(2);
    for (const [how, tags] of [
      ['touch', touches],
      ['sweep', sweeps],
    ] as const) {
      for (const tag of tags) {
        const holder = new HolderOf(tag);
        tell(new WriteInvalidation(facts, others), holder);
        if (areToldApart(facts, how)) expect(holder.heard).not.toEqual([]);
        else expect(holder.heard).toContain(how);
      }
    }
  });

  it('says the same when the caller has gone on to use his values for something else', () => {
    const day = new Date(2026, 1, 3);
    const parameters = [7, 'A title', 'x'.repeat(100_000), day];
    const [table] = tables;
    const facts: WriteFacts = {
      kind: 'insert',
      table: { ...table, columns: [...columns, { name: 'text', kind: 'text' }] },
      rows: [(column) => parameters[['id', 'title', 'text', 'price'].indexOf(column)]],
    };
    const before = new WriteInvalidation(facts, undefined);
    const { touches, sweeps } = new WriteInvalidation(facts, undefined);
    day.setTime(NaN);
    parameters.fill('other');
    expect([before.touches, before.sweeps]).toEqual([touches, sweeps]);
    expect(touches).toContain(rowTag(table.id, '7'));
    // What is not known sweeps, and a text without a node does not.
    expect(sweeps.some((tag) => tag.includes('=shelf'))).toBe(true);
    expect(sweeps.some((tag) => tag.includes('=text') || tag.includes('=price'))).toBe(false);
  });

  it('names rows by long keys too', () => {
    const key = [{ name: 'slug', kind: 'text' }] as const;
    const table: TableInfo = { id: tables[0].id, key, columns: key };
    const slug = 'a-slug-'.repeat(40);
    for (const facts of [
      { kind: 'insert', table, rows: [row({ slug })] },
      { kind: 'update', table, ids: ['old'], set: new Map([['slug', slug]]) },
    ] satisfies WriteFacts[]) {
      expect(new WriteInvalidation(facts, undefined).touches).toContain(rowTag(table.id, slug));
    }
  });

  it('of several writes is what each of them invalidates', () => {
    const parts = writes.slice(0, 3).map((facts) => new WriteInvalidation(facts, undefined));
    const all = new JoinedInvalidation(parts);
    expect(sizeOf(all)).toBe(parts.reduce((sum, part) => sum + sizeOf(part), 0));
    for (const tag of parts.flatMap(({ touches }) => touches)) {
      expect(all.touches.filter((each) => each === tag)).toEqual([tag]);
      const holder = new HolderOf(tag);
      tell(all, holder);
      expect(holder.heard).toContain('touch');
    }
  });

  it('makes no more tags than concern the one who is told', () => {
    const [, facts] = writes;
    let said = 0;
    const holder = new HolderOf(rowTag(tables[0].id, '1'));
    const counted: InvalidationSink = {
      knows: (tag) => holder.knows(tag),
      tellsApart: (tag) => holder.tellsApart(tag),
      touch(tag) {
        said++;
        holder.touch(tag);
        return this;
      },
      sweep() {
        return this;
      },
    };
    tell(new WriteInvalidation(facts, undefined), counted);
    expect(holder.heard).toEqual(['touch']);
    expect(said).toBeLessThan(4);
  });

  it('is about as large as it says before it is made', () => {
    for (const facts of writes) {
      const size = sizeOf(new WriteInvalidation(facts, undefined));
      const { touches, sweeps } = new WriteInvalidation(facts, undefined);
      const exact = touches.length + sweeps.length;
      expect(size).toBeGreaterThanOrEqual(exact / 3);
      expect(size).toBeLessThanOrEqual(exact * 3);
    }
  });
});
