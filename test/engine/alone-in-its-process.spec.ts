import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CompiledLibrary } from '../support/compiled-library.js';

/** A program whose log is that of a machine, which holds nothing open: what it does when it waits for that. */
const program = (bus: string, then: string) => `
  import { SharedLog } from './lib/engine/log/shared-log.js';
  import { monotonicClock } from './lib/support/clock.js';
  import { nodeTimers } from './lib/support/timers.js';
  const state = { incarnation: 'a', position: 0, floor: 0, pending: [] };
  const bus = {
    reach: 'machine',
    hello: () => Promise.resolve(state),
    append: () => Promise.resolve(1),
    since: () => Promise.resolve([]),
    follow: () => () => undefined,
    close: () => Promise.resolve(),
    ...${bus},
  };
  const log = new SharedLog({
    bus,
    clock: monotonicClock,
    timers: nodeTimers,
    failures: { report() {} },
    onLogDown: 'proceed',
    history: 0,
    schemas: { of: () => 'same' },
    isOver: () => Promise.resolve(undefined),
  });
  await log.start();
  ${then}
  process.stdout.write('and so on');`;

describe('A process that has nothing else to do', () => {
  let library: CompiledLibrary;
  beforeAll(() => {
    library = CompiledLibrary.of(['.'], { packages: true });
  });
  afterAll(() => library.remove());

  it.each([
    [
      'starts when the quarantine of its log is over',
      `{ hello: () => Promise.resolve({ ...state, quarantineMs: 200 }) }`,
    ],
    ['starts without its log, which does not answer', `{ hello: () => new Promise(() => undefined) }`],
  ])('%s, and does not end before', (_what, bus) => {
    expect(library.run(program(bus, ''))).toBe('and so on');
  });

  it('commits when it has waited for a log that is away, and does not end before', () => {
    const writing = `
      bus.append = bus.hello = () => Promise.reject(new Error('away'));
      await log.mark('transaction', { touches: ['a'], sweeps: [] });
      await log.mark('another', { touches: ['a'], sweeps: [] });`;
    expect(library.run(program('{}', writing))).toBe('and so on');
  });

  it('closes when the log is given up to which it owes something, and does not end before', () => {
    const owing = `
      bus.append = bus.hello = () => Promise.reject(new Error('away'));
      await log.invalidate({ touches: ['a'], sweeps: [] });
      await log.close();`;
    expect(library.run(program('{}', owing))).toBe('and so on');
  });
});
