import { beforeEach, describe, expect, it } from '@jest/globals';
import { KnownMarks } from '../../lib/engine/log/known-marks.js';
import { ReferenceBus, ReferenceLog } from '../../lib/testing/index.js';
import { nodeTimers, type Timers } from '../../lib/support/timers.js';
import { rowTag, tableTag } from '../../lib/tags/table-tags.js';
import { NOTHING, type Invalidation, type Tag } from '../../lib/tags/tag.js';
import { Gate } from './engine-fixture.js';
import { stoppedAfterEach, type Peer, type PeerOptions } from './processes.js';

const PRODUCT = { database: 'db', name: 'product' };
const row = (id: number): Tag => rowTag(PRODUCT, String(id));
const sweep: Invalidation = { touches: [tableTag(PRODUCT)], sweeps: [tableTag(PRODUCT)] };
const touch: Invalidation = { touches: [row(1), tableTag(PRODUCT)], sweeps: [] };
/** What a release says whose mark has said it all. */
const SHORT = { touches: ['='], sweeps: [] };

let log: ReferenceLog;
beforeEach(() => {
  log = new ReferenceLog();
});

const startOne = stoppedAfterEach();

function start(options: Partial<PeerOptions> = {}): Promise<Peer> {
  return startOne({ bus: new ReferenceBus(log), ...options });
}

function releases(): readonly unknown[] {
  return log
    .after(0)
    .filter(({ kind }) => kind === 'release')
    .map(({ invalidation }) => invalidation);
}

/** Keeps what is to happen soon for whoever lets it happen. */
function keeping(due: (() => void)[]): Timers['after'] {
  return (ms, action) => {
    if (ms >= 100) return nodeTimers.after(ms, action);
    due.push(action);
    return () => undefined;
  };
}

describe('A release', () => {
  it('does not say again what its mark has said, and means it all the same', async () => {
    const [one, other] = [await start(), await start()];
    await one.read('product 1', 'old', [row(1)]);
    const mark = other.writes.mark(touch);
    await other.writes.announced();
    mark.release(touch);
    await other.log.settled();
    expect(releases()).toEqual([SHORT]);
    expect(await one.read('product 1', 'new', [row(1)])).toBe('new');
    expect(await one.read('product 1', 'newer', [row(1)])).toBe('new');
  });

  it('is understood by a process that starts between the two', async () => {
    const writer = await start();
    const mark = writer.writes.mark(touch);
    await writer.writes.announced();
    const reader = await start();
    await reader.read('product 2', 'kept', [row(2)]);
    mark.release(touch);
    await writer.log.settled();
    expect(await reader.read('product 1', 'loaded', [row(1)])).toBe('loaded');
    expect(await reader.read('product 2', 'loaded again', [row(2)])).toBe('kept');
    expect(releases()).toEqual([SHORT]);
  });

  it('follows its commit soon, where nobody appends or asks anything else', async () => {
    const due: (() => void)[] = [];
    const one = await start({ timers: { ...nodeTimers, after: keeping(due) } });
    const mark = one.writes.mark(touch);
    await one.writes.announced();
    mark.release(touch);
    expect(releases()).toEqual([]);
    for (const action of due) action();
    expect(releases()).toEqual([SHORT]);
  });

  it('follows soon after others that are more than one command carries', async () => {
    const due: (() => void)[] = [];
    const one = await start({ timers: { ...nodeTimers, after: keeping(due) } });
    const marks = Array.from({ length: 1_200 }, () => one.writes.mark(touch));
    await one.writes.announced();
    for (const mark of marks) mark.release(touch);
    due.length = 0;
    one.writes.mark(sweep);
    await one.writes.announced();
    expect(releases()).toHaveLength(1_000);
    for (const action of due) action();
    expect(releases()).toHaveLength(1_200);
  });

  it('says what it means where that is less than its mark said', async () => {
    const one = await start();
    const mark = one.writes.mark(sweep);
    await one.writes.announced();
    mark.release(touch);
    await one.log.settled();
    expect(releases()).toEqual([{ touches: touch.touches, sweeps: [] }]);
  });

  it('says it to a life of the log that does not hold its mark', async () => {
    const one = await start();
    const mark = one.writes.mark(touch);
    await one.writes.announced();
    mark.release(touch);
    log.lose(0);
    await one.log.settled();
    await one.log.settled();
    expect(releases()).toEqual([{ touches: touch.touches, sweeps: [] }]);
  });

  it('says nothing new when the mark was released before, as two applications of one process do', async () => {
    const [one, other, reader] = [await start(), await start(), await start()];
    one.writes.attach(other.log);
    await reader.read('product 1', 'old', [row(1)]);
    await reader.read('product 2', 'kept', [row(2)]);
    const mark = one.writes.mark(touch);
    await one.writes.announced();
    mark.release(touch);
    await Promise.all([one.log.settled(), other.log.settled()]);
    expect(releases()).toEqual([SHORT, SHORT]);
    expect(await reader.read('product 1', 'new', [row(1)])).toBe('new');
    expect(await reader.read('product 2', 'loaded again', [row(2)])).toBe('kept');
  });

  it('is the end of what is known of its mark', () => {
    const marks = new KnownMarks();
    const record = { position: 1, transactionId: 'one' };
    const release = { ...record, kind: 'release', invalidation: SHORT } as const;
    marks.inFull({ ...record, kind: 'mark', invalidation: touch });
    expect(marks.inFull(release)?.invalidation).toBe(touch);
    expect(marks.inFull(release)?.invalidation).toBe(NOTHING);
  });

  it('may have meant anything when its mark is not known', async () => {
    const one = await start();
    await one.read('product 2', 'old', [row(2)]);
    log.append({}, [{ kind: 'release', transactionId: 'before anybody looked', invalidation: SHORT }]);
    expect(await one.read('product 2', 'loaded again', [row(2)])).toBe('loaded again');
    expect(await one.read('product 2', 'and again', [row(2)])).toBe('loaded again');
  });
});

describe('What a process appends', () => {
  class CountingBus extends ReferenceBus {
    records = 0;
    override async since(...args: Parameters<ReferenceBus['since']>) {
      const answer = await super.since(...args);
      if (typeof answer !== 'string') this.records += answer.length;
      return answer;
    }
  }

  it('is not read back where nobody else has appended meanwhile', async () => {
    const bus = new CountingBus(log);
    const one = await start({ bus });
    let value = 'old';
    const read = (): Promise<string> => one.read('product 1', () => value, [row(1)]);
    await read();
    const mark = one.writes.mark(touch);
    await one.writes.announced();
    value = 'new';
    mark.release(touch);
    await one.writes.invalidate({ touches: [row(2)], sweeps: [] });
    expect(await read()).toBe('new');
    expect(await read()).toBe('new');
    expect(one.statistics.of('test')).toMatchObject({ hits: 1, loads: 2 });
    expect([bus.records, log.position]).toEqual([0, 3]);
  });

  it('is applied behind what others have appended, in the order of the log', async () => {
    const bus = new CountingBus(log);
    const [one, other] = [await start({ bus }), await start()];
    await one.read('product 2', 'old', [row(2)]);
    await other.writes.invalidate({ touches: [row(2)], sweeps: [] });
    await one.writes.invalidate({ touches: [row(1)], sweeps: [] });
    expect(await one.read('product 2', 'new', [row(2)])).toBe('new');
    expect(bus.records).toBe(2);
  });

  it('says nothing of another life of the log that has begun meanwhile', async () => {
    const answered = new Gate();
    class SlowBus extends ReferenceBus {
      override async append(...args: Parameters<ReferenceBus['append']>) {
        const position = await super.append(...args);
        await answered.opened;
        return position;
      }
    }
    const [one, other] = [await start({ bus: new SlowBus(log) }), await start()];
    const invalidating = one.writes.invalidate({ touches: [row(2)], sweeps: [] });
    await Promise.resolve();
    log.lose(0);
    while (one.log.incarnation !== log.incarnation) await one.read('looks', 'for the log', []);
    await one.read('product 1', 'old', [row(1)]);
    answered.open();
    await invalidating;
    await other.writes.invalidate({ touches: [row(1)], sweeps: [] });
    expect(await one.read('product 1', 'new', [row(1)])).toBe('new');
  });
});
