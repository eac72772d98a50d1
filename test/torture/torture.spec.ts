import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeNeeding } from '../support/services.js';
import { TortureProgram } from './torture-program.js';

/** Another one every time, or the one that is to be played again. */
const seed = process.env['ZOO_SEED'] ?? String(1 + Math.floor(Math.random() * 1_000_000));

describeNeeding('redis', 'processes that share a cache', () => {
  describeNeeding('postgres', 'while everything happens to them that may,', () => {
    let program: TortureProgram;

    beforeAll(() => {
      program = new TortureProgram();
    });
    afterAll(() => program.remove());

    it('never answer with anything older than they may, and still answer from the cache', async () => {
      const { code, text } = await program.run(
        '--seconds',
        '30',
        '--processes',
        '3',
        '--faults',
        'all',
        '--seed',
        seed,
      );
      expect({ code, text }).toEqual({ code: 0, text: expect.stringContaining('good') });
    }, 180_000);

    it('are found out within seconds when they cache as is usually done', async () => {
      const args = ['--naive', '--processes', '3', '--pause', '4', '--faults', 'slow', '--rhythm', '100'];
      let found = await program.run(...args, '--seconds', '6');
      // A machine that has much else to do reads too little in that time to meet with a race.
      for (let more = 0; more < 3 && found.code === 0; more++) found = await program.run(...args, '--seconds', '20');
      expect(found).toEqual({ code: 1, text: expect.stringContaining('older than it may be') });
    }, 240_000);
  });
});
