import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { BusInvalidation, LogRecord, RecordKind } from '../../lib/bus/invalidation-bus.js';
import { HeardValues } from '../../lib/engine/log/heard-values.js';
import { WritePath } from '../../lib/engine/write-path.js';
import { MapStorage, ReferenceBus, ReferenceLog } from '../../lib/testing/index.js';
import { blindColumnNode, CHANGES, DELETED_BLINDLY, heldNode, valueNode } from '../../lib/tags/table-nodes.js';
import { rowTag, tableTag } from '../../lib/tags/table-tags.js';
import { at, type Invalidation, type Tag } from '../../lib/tags/tag.js';
import { stoppedAfterEach, type Peer, type PeerOptions } from './processes.js';

const PRODUCT = { database: 'db', name: 'product' };
const TABLE = tableTag(PRODUCT);
const TENANTS = at(TABLE, heldNode('tenant'));
const TENANT_7 = at(TABLE, valueNode(heldNode('tenant'), '7'));
const BLIND = at(TABLE, blindColumnNode('stock'));

/** What a process writes that has not asked for the rows it changed. */
const blindly: Invalidation = { touches: [TABLE, BLIND], sweeps: [] };

describe('Processes that share a bus', () => {
  let log: ReferenceLog;
  beforeEach(() => {
    log = new ReferenceLog();
  });
  const startOne = stoppedAfterEach();

  /** A process, and what its writes know of the readers everywhere. */
  async function start(options: Partial<PeerOptions> = {}): Promise<Peer & { readonly knowledge: WritePath }> {
    const peer = await startOne({ bus: new ReferenceBus(log), ...options });
    const knowledge = new WritePath();
    knowledge.attach(peer.log, peer.engine);
    return { ...peer, knowledge };
  }

  async function write(peer: Peer, invalidation: Invalidation): Promise<void> {
    const mark = peer.writes.mark(invalidation);
    await peer.writes.announced();
    mark.release(invalidation);
    await peer.log.settled();
  }

  it('learn from each other who hears of which values, when a write names none', async () => {
    const [writer, reader, idle] = [await start(), await start(), await start()];
    await reader.read('of tenant 7', 'old', [TENANT_7]);
    expect(reader.knowledge.isHeard(TENANTS)).toBe(true);
    expect(writer.knowledge.isHeard(TENANTS)).toBe(false);
    await write(writer, blindly);
    for (const peer of [reader, idle, reader, writer]) await peer.log.settled();
    expect(writer.knowledge.isHeard(TENANTS)).toBe(true);
    expect(writer.knowledge.isHeard(at(TABLE, heldNode('name')))).toBe(false);
    expect(log.after(0).map(({ kind }) => kind)).toEqual(['mark', 'release', 'invalidate']);
  });

  it('learn it within a second when they only write', async () => {
    const [writer, reader] = [await start(), await start()];
    await reader.read('of tenant 7', 'old', [TENANT_7]);
    const release = async (): Promise<void> => {
      const mark = writer.writes.mark(blindly);
      await writer.writes.announced();
      mark.release(blindly);
    };
    await release();
    for (let waited = 0; !writer.knowledge.isHeard(TENANTS) && waited < 100; waited++) {
      await reader.log.settled();
      await release();
      await pause(50);
    }
    expect(writer.knowledge.isHeard(TENANTS)).toBe(true);
  });

  it('lose no answer by that, and count no invalidation', async () => {
    const [writer, reader] = [await start(), await start()];
    await reader.read('of tenant 7', 'kept', [TENANT_7]);
    await write(writer, blindly);
    await reader.log.settled();
    const { invalidations } = reader.statistics;
    await reader.log.settled();
    expect(log.position).toBe(3);
    expect(await reader.read('of tenant 7', 'loaded again', [TENANT_7])).toBe('kept');
    expect(reader.statistics.invalidations).toBe(invalidations);
  });

  it('say nothing of values of which nobody hears any more, but where a storage may hold who does', async () => {
    for (const storage of [undefined, new MapStorage(new Map())]) {
      const reader = await start({ storage, maxEntries: 1 });
      await reader.read('of tenant 7', 'old', [TENANT_7]);
      await reader.read('another', 'value', [rowTag(PRODUCT, '1')]);
      expect(reader.knowledge.isHeard(TENANTS)).toBe(storage !== undefined);
    }
  });
});

describe('What is said of heard values', () => {
  let time = 0;
  let said: BusInvalidation[] = [];
  let held: Tag[] = [];
  let values: HeardValues;
  beforeEach(() => {
    [time, said, held] = [0, [], [TENANTS]];
    values = new HeardValues({
      clock: { now: () => time },
      groupsBelow: (changes) => (changes === at(TABLE, CHANGES) ? held : []),
      say: (invalidation) => said.push(invalidation),
    });
  });

  function record(
    kind: RecordKind,
    touches: readonly string[],
    { transactionId = 'writer.1', sweeps = [] as readonly string[] } = {},
  ): LogRecord {
    return { kind, transactionId, position: 1, invalidation: { touches, sweeps } };
  }

  it('answers a blind write, not its mark, which may say less than what became of it', () => {
    expect(values.hear(record('mark', [TABLE, BLIND]))).toBe(false);
    expect(said).toEqual([]);
    expect(values.hear(record('release', [TABLE, BLIND]))).toBe(false);
    expect(said).toHaveLength(1);
  });

  it('answers a blind delete too, and no write that named its values', () => {
    values.hear(record('release', [TABLE, TENANT_7]));
    expect(said).toEqual([]);
    values.hear(record('release', [TABLE, at(TABLE, DELETED_BLINDLY)]));
    expect(said).toHaveLength(1);
  });

  it('answers a write that told other values than are heard, and no values of which nobody hears', () => {
    values.hear(record('release', [TABLE], { sweeps: [at(TABLE, heldNode('name'))] }));
    expect(said).toEqual([]);
    values.hear(record('release', [TABLE], { sweeps: [TENANTS] }));
    expect(said).toHaveLength(1);
  });

  it('is nothing where no values are heard', () => {
    held = [];
    values.hear(record('release', [TABLE, BLIND]));
    expect(said).toEqual([]);
  });

  it('is said to a writer that comes new, however often it was said before', () => {
    for (time = 0; time < 1_000_000; time += 500) values.hear(record('release', [BLIND]));
    const before = said.length;
    values.hear(record('release', [BLIND], { transactionId: 'another.1' }));
    expect(said.length).toBe(before + 1);
  });

  it('is said once to all who write in the same second, before it comes back by the log', () => {
    values.hear(record('release', [BLIND]));
    time = 999;
    values.hear(record('release', [BLIND], { transactionId: 'another.1' }));
    expect(said).toHaveLength(1);
    time = 1_000;
    values.hear(record('release', [BLIND], { transactionId: 'another.2' }));
    expect(said).toHaveLength(2);
  });

  it('is repeated to one writer ever more seldom, because some are always blind', () => {
    const saidAt: number[] = [];
    for (time = 0; time < 3_600_000; time += 500) {
      const before = said.length;
      values.hear(record('release', [BLIND]));
      if (said.length > before) saidAt.push(time);
    }
    expect(saidAt.slice(0, 5)).toEqual([0, 1_000, 3_000, 7_000, 15_000]);
    expect(saidAt.length).toBeLessThan(20);
  });

  it('is left to others who have just said something of the table', () => {
    values.hear(record('release', [BLIND]));
    const another = new HeardValues({
      clock: { now: () => time },
      groupsBelow: () => held,
      say: (one) => said.push(one),
    });
    expect(another.hear(record('invalidate', said[0].touches))).toBe(true);
    expect(another.has(TENANTS)).toBe(true);
    another.hear(record('release', [BLIND]));
    expect(said).toHaveLength(1);
  });
});
