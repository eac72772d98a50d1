import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { ReferenceBus, ReferenceLog } from '../../lib/testing/index.js';
import { tagOf } from '../../lib/tags/tag.js';
import { rowTag } from '../../lib/tags/table-tags.js';
import { SteppedTime } from '../simulation/fleet/stepped-time.js';
import { createEngine } from './engine-fixture.js';
import { stoppedAfterEach } from './processes.js';

const ROW = rowTag({ database: 'db', name: 'product' }, '1');

const start = stoppedAfterEach();

/** A process that asks for those who may have died, and what lets it wait long enough to do so. */
async function startAsking(log: ReferenceLog, verdict: boolean | undefined) {
  const time = new SteppedTime();
  const asked: string[] = [];
  const peer = await start({
    bus: new ReferenceBus(log),
    clock: time,
    timers: time.timersOf(log),
    isOver: (witness) => {
      asked.push(witness);
      return Promise.resolve(verdict);
    },
  });
  const wait = async (): Promise<void> => {
    await peer.log.settled();
    const isPaused = () => false;
    const from = time.now();
    for (; time.now() - from < 7_000 && time.canPass(isPaused); await pause(0)) time.pass(isPaused);
  };
  return { ...peer, wait, asked };
}

it.each([
  ['no database tells of', undefined, 'the answer'],
  ['the database says is open', false, 'from the database'],
])('clear() gives up what a process left open that %s', async (_what, verdict, expected) => {
  const log = new ReferenceLog();
  const one = await startAsking(log, verdict);
  const killed = await start({ bus: new ReferenceBus(log) });
  killed.writes.mark({ touches: [ROW], sweeps: [] }, 'witness');
  await killed.writes.announced();
  await one.wait();
  await one.engine.clear();
  await one.read('product 1', 'the answer', [ROW]);
  expect(await one.read('product 1', 'from the database', [ROW])).toBe(expected);
});

it.each([
  ['', 0],
  [', nor after it missed what the log has forgotten', 3],
])(
  'clear() does not give up what its own process has open, though no database tells of it%s',
  async (_what, missed) => {
    const log = new ReferenceLog({ maxRecords: 2 });
    const writing = await startAsking(log, undefined);
    const other = await start({ bus: new ReferenceBus(log) });
    const mark = writing.writes.mark({ touches: [ROW], sweeps: [] }, 'witness');
    await writing.writes.announced();
    for (let i = 0; i < missed; i++) await other.writes.invalidate({ touches: [tagOf('db', 'other')], sweeps: [] });
    // A barrier for what is in memory finds out.
    for (let i = 0; i < 2; i++) await writing.read('product 2', 'the answer');
    await writing.wait();
    await writing.engine.clear();
    await other.log.settled();
    await other.read('product 1', 'before its commit', [ROW]);
    expect(await other.read('product 1', 'from the database', [ROW])).toBe('from the database');
    mark.release({ touches: [ROW], sweeps: [] });
  },
);

it('Nobody asks for the mark of another process that has been released', async () => {
  const log = new ReferenceLog();
  const one = await startAsking(log, undefined);
  const other = await start({ bus: new ReferenceBus(log) });
  const mark = other.writes.mark({ touches: [ROW], sweeps: [] }, 'witness');
  await other.writes.announced();
  await one.wait();
  expect(one.asked).toContain('witness');
  mark.release({ touches: [ROW], sweeps: [] });
  await other.log.settled();
  await one.log.settled();
  one.asked.splice(0);
  await one.wait();
  expect(one.asked).toEqual([]);
});

it('A cache that comes to a log later trusts nothing that its process is about to commit', async () => {
  const log = new ReferenceLog();
  const writing = await start({ bus: new ReferenceBus(log) });
  const mark = writing.writes.mark({ touches: [ROW], sweeps: [] });
  await writing.writes.announced();
  const later = createEngine({ log: writing.log });
  await later.read('product 1', 'before its commit', [ROW]);
  expect(await later.read('product 1', 'from the database', [ROW])).toBe('from the database');
  mark.release({ touches: [ROW], sweeps: [] });
});
