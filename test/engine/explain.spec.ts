import { describe, expect, it } from '@jest/globals';
import type { CacheKey } from '../../lib/keys/cache-key.js';
import { JoinedInvalidation } from '../../lib/tags/joined-invalidation.js';
import { heldNode, holderNode, setWhereNode, valueNode } from '../../lib/tags/table-nodes.js';
import { tableTag } from '../../lib/tags/table-tags.js';
import { at, NOTHING, tagOf } from '../../lib/tags/tag.js';
import { WriteInvalidation } from '../../lib/tags/write-invalidation.js';
import { createEngine, type Fixture } from './engine-fixture.js';

const A = tagOf('db', 'a');
const ROW = tagOf('db', 'a', ':', '1');
const OTHER = tagOf('db', 'a', ':', '2');
const KEY = 'u:key' as CacheKey;

async function absence({ engine }: Fixture) {
  const finding = await engine.explain(KEY);
  if ('present' in finding) throw new Error('It is present');
  return finding.absent;
}

/** The write that the answer fell by. */
async function culprit(fixture: Fixture) {
  const absent = await absence(fixture);
  if (absent.reason !== 'invalidated' || absent.by === undefined) throw new Error(absent.reason);
  return absent.by;
}

describe('An engine explains', () => {
  it('a read while a commit is on its way by the mark, until its release tells more', async () => {
    const fixture = createEngine();
    await fixture.read(KEY, 1, [ROW]);
    const mark = fixture.writes.mark({ touches: [A], sweeps: [tagOf('db', 'a', ':')] });
    expect(await culprit(fixture)).toMatchObject({ outcome: 'open', met: [ROW] });
    expect(fixture.engine.lookup(KEY)).toBeUndefined();
    mark.release({ touches: [A, ROW], sweeps: [] });
    expect(await culprit(fixture)).toMatchObject({
      outcome: 'committed',
      record: { kind: 'release', invalidation: { touches: [A, ROW] } },
    });
  });

  it('a read during a transaction that was then rolled back', async () => {
    const fixture = createEngine();
    await fixture.read(KEY, 1, [ROW]);
    const mark = fixture.writes.mark({ touches: [ROW], sweeps: [] });
    fixture.engine.lookup(KEY);
    mark.withdraw();
    expect(await culprit(fixture)).toMatchObject({ outcome: 'rolled back', record: { kind: 'mark' } });
  });

  it('nothing by a mark that was broader than its release, when a later write did it', async () => {
    const fixture = createEngine();
    await fixture.read(KEY, 1, [ROW]);
    fixture.writes.mark({ touches: [], sweeps: [A] }).release({ touches: [OTHER], sweeps: [] });
    fixture.writes.mark({ touches: [A, ROW], sweeps: [] }).release({ touches: [A, ROW], sweeps: [] });
    expect((await culprit(fixture)).record).toMatchObject({ position: 4, kind: 'release' });
  });

  it('the first of several writes, and none that the answer was read after', async () => {
    const fixture = createEngine();
    void fixture.writes.invalidate({ touches: [ROW], sweeps: [] });
    await fixture.read(KEY, 1, [ROW]);
    void fixture.writes.invalidate({ touches: [OTHER], sweeps: [] });
    void fixture.writes.invalidate({ touches: [], sweeps: [A] });
    void fixture.writes.invalidate({ touches: [ROW], sweeps: [] });
    expect(await culprit(fixture)).toMatchObject({
      met: [ROW],
      record: { position: 3, invalidation: { sweeps: [A] } },
    });
  });

  it('no new row that shares one value of two, by the words it has for others', async () => {
    const fixture = createEngine();
    const columns = ['id', 'tenant', 'state'].map((name) => ({ name, kind: 'integer' }) as const);
    const table = { id: { database: 'db', name: 'ticket' }, key: [columns[0]], columns };
    const pair = at(tableTag(table.id), valueNode(setWhereNode(holderNode(heldNode('tenant'), '7'), 'state'), '1'));
    const insert = (id: number, state: number) => {
      const row = { id, tenant: 7, state };
      const facts = { kind: 'insert', table, rows: [(column: string) => row[column as keyof typeof row]] } as const;
      const written = new JoinedInvalidation([
        new WriteInvalidation(facts, undefined),
        { touches: [OTHER], sweeps: [] },
      ]);
      fixture.writes.mark(written).release(written);
    };
    await fixture.read(KEY, 1, [pair]);
    insert(1, 2);
    expect(fixture.engine.lookup(KEY)).toBeDefined();
    insert(2, 1);
    expect(fixture.engine.lookup(KEY)).toBeUndefined();
    expect(await culprit(fixture)).toMatchObject({ met: [pair], record: { position: 4 } });
  });

  it('no answer as never valid before it is, nor moves what keeps it valid', async () => {
    const fixture = createEngine();
    await fixture.read(KEY, 1, [ROW]);
    void fixture.writes.invalidate({ touches: [OTHER], sweeps: [] });
    const finding = await fixture.engine.explain(KEY);
    expect(finding).toEqual({ present: { since: 0, tags: [ROW], expiresInMs: Infinity, lastAbsence: undefined } });
    fixture.engine.lookup(KEY);
    expect(await fixture.engine.explain(KEY)).toEqual(finding);
    expect(fixture.statistics.byName.get('test')).toMatchObject({ hits: 0, misses: 1 });
  });

  it('honestly that it forgot the write: by number of records, and by the tags in them', async () => {
    const fixture = createEngine();
    const fell = async () => {
      await fixture.read(KEY, 1, [ROW]);
      void fixture.writes.invalidate({ touches: [ROW], sweeps: [] });
      expect((await culprit(fixture)).met).toEqual([ROW]);
    };
    await fell();
    for (let i = 0; i < 2_000; i++) void fixture.writes.invalidate(NOTHING);
    expect(await absence(fixture)).toEqual({ reason: 'invalidated', by: undefined });
    await fell();
    const touches = Array.from({ length: 30_000 }, (_, i) => tagOf('db', 'b', ':', String(i)));
    void fixture.writes.invalidate({ touches, sweeps: [] });
    expect(await absence(fixture)).toEqual({ reason: 'invalidated', by: undefined });
    await fell();
  });

  it('after closing that it is closed', async () => {
    const fixture = createEngine();
    await fixture.read(KEY, 1, [ROW]);
    fixture.engine.close();
    expect(await absence(fixture)).toMatchObject({ reason: 'bypassed', because: 'closed' });
  });
});
