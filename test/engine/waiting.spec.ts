import { beforeEach, describe, expect, it } from '@jest/globals';
import { ReferenceBus, ReferenceLog } from '../../lib/testing/index.js';
import { rowTag, tableTag } from '../../lib/tags/table-tags.js';
import type { Invalidation, Tag } from '../../lib/tags/tag.js';
import { Gate } from './engine-fixture.js';
import { stoppedAfterEach, type Peer } from './processes.js';

const PRODUCT = { database: 'db', name: 'product' };
const ROW: Tag = rowTag(PRODUCT, '1');
const TOUCHED: Invalidation = { touches: [ROW, tableTag(PRODUCT)], sweeps: [] };

const start = stoppedAfterEach();

/** Is woken by nobody, and does not answer while it is cut off. */
class LonelyBus extends ReferenceBus {
  isCutOff = false;
  /** What becomes of an answer. */
  answer = <T>(answer: T): T | Promise<T> => answer;

  override follow = undefined as never;

  override hello(): ReturnType<ReferenceBus['hello']> {
    return this.isCutOff ? Promise.reject(new Error('cut off')) : super.hello();
  }

  override async since(...args: Parameters<ReferenceBus['since']>): ReturnType<ReferenceBus['since']> {
    if (this.isCutOff) throw new Error('cut off');
    return this.answer(await super.since(...args));
  }
}

describe('Whoever waits for a position of another process', () => {
  let log: ReferenceLog;
  let bus: LonelyBus;
  let reader: Peer;
  let writer: Peer;
  let value: string;

  const read = (): Promise<string> => reader.read('product 1', () => value, [ROW]);

  async function write(): Promise<number> {
    const mark = writer.writes.mark(TOUCHED);
    await writer.writes.announced();
    value = 'new';
    mark.release(TOUCHED);
    return writer.engine.takeSettledPosition();
  }

  beforeEach(async () => {
    log = new ReferenceLog();
    bus = new LonelyBus(log);
    reader = await start({ bus, boundMs: 600_000 });
    writer = await start({ bus: new ReferenceBus(log) });
    value = 'old';
    await read();
  });

  it('reads what was written before it, however old answers may be', async () => {
    const position = await write();
    expect(await read()).toBe('old');
    expect(await reader.engine.waitFor(writer.engine.incarnation, position)).toBe(true);
    expect(await read()).toBe('new');
  });

  it('reads it from the database while the bus is away', async () => {
    bus.isCutOff = true;
    const position = await write();
    expect(await reader.engine.waitFor(writer.engine.incarnation, position)).toBe(true);
    expect(await read()).toBe('new');
  });

  it('reads it also when that is in a life of the log that this process has not heard of', async () => {
    log.lose(0);
    await writer.log.settled();
    const position = await write();
    expect(await reader.engine.waitFor(log.incarnation, position)).toBe(true);
    expect(await read()).toBe('new');
  });

  it('reads it also when a question that left before is answered after all', async () => {
    const gate = new Gate();
    bus.answer = async (answer) => {
      await gate.opened;
      return answer;
    };
    const asking = reader.log.catchUp(0);
    await new Promise(setImmediate);
    await write();
    reader.log.doubt();
    gate.open();
    expect(await asking).toBe(true);
    expect(await read()).toBe('new');
  });

  it('is told at once of a position that the log has not come to', async () => {
    expect(await reader.engine.waitFor(log.incarnation, log.position + 1_000)).toBe(false);
  });
});

it('How old an answer may be is counted from where the question left by which it was found right', async () => {
  const log = new ReferenceLog();
  const bus = new LonelyBus(log);
  let now = 1_000;
  const reader = await start({ bus, boundMs: 100, clock: { now: () => now } });
  const writer = await start({ bus: new ReferenceBus(log) });
  const read = (value: string): Promise<string> => reader.read('product 1', value, [ROW]);
  await read('old');
  now += 1_000;
  const gate = new Gate();
  bus.answer = async (answer) => {
    await gate.opened;
    return answer;
  };
  const reading = read('old');
  await new Promise(setImmediate);
  await writer.writes.invalidate(TOUCHED);
  now += 60;
  gate.open();
  expect(await reading).toBe('old');
  now += 60;
  expect(await read('new')).toBe('new');
});
