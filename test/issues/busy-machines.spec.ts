import { setTimeout as after } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openLmdbBus } from '../../lib/bus/lmdb/lmdb-bus.js';
import { pause } from '../../lib/support/pause.js';
import { stoppedAfterEach } from '../engine/processes.js';
import { CompiledLibrary } from '../support/compiled-library.js';
import { closedAfterTest, freshDirectory } from '../support/lmdb.js';

let library: CompiledLibrary;

beforeAll(() => {
  library = CompiledLibrary.of(['errors', 'support', 'drivers', 'bus']);
});

afterAll(() => library.remove());

const start = stoppedAfterEach();

it('A process that is busy while another holds up its mark does not commit before nobody trusts the log of LMDB', async () => {
  const directory = freshDirectory();
  const program = `
    import { openLmdbBus } from './lib/bus/lmdb/lmdb-bus.js';
    const bus = await openLmdbBus(${JSON.stringify(`lmdb:${directory}`)}, { prefix: 'shop' });
    const { incarnation } = await bus.hello();`;
  const bus = closedAfterTest(await openLmdbBus(`lmdb:${directory}`, { prefix: 'shop' }));
  const { writes } = await start({ bus });
  const trusting = library.start(`${program}
    process.stdin.on('data', () => process.stdout.write(bus.head(incarnation) + '\\n'));
    process.stdout.write('trusts\\n');`);
  expect(await trusting.line()).toBe('trusts');
  const stopped = library.start(`${program}
    bus.environment.tables.entries.transactionSync(() => {
      process.stdout.write('writing\\n');
      for (;;);
    });`);
  expect(await stopped.line()).toBe('writing');

  const mark = writes.mark({ touches: [], sweeps: [] });
  const announced = writes.announced();
  // Too busy to look often enough whether the write is over, and not for so long that it counts as paused.
  for (let time = 0; time < 3; time++) {
    await after(50);
    pause(250);
  }
  await announced;
  trusting.say('go');
  expect(await trusting.line()).toBe('undefined');
  mark.withdraw();
  await stopped.kill();
});
