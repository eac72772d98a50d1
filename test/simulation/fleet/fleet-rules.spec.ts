import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Mutation } from '../../support/mutant-rooms.js';
import { fleetHistory, playFleet } from './fleet-histories.js';
import type { FleetOptions } from './fleet.js';
import { mutantFleetLibrary, realFleetLibrary } from './library.js';
import * as scenes from './scenes.js';

/** A rule of the protocol between processes, the place where it stands, and what the place says without it. */
type Rule = readonly [rule: string, mutation: Mutation | readonly Mutation[], options: Partial<FleetOptions>];

/** Rules whose removal random histories see at once. */
const SEEN_BY_CHANCE: readonly Rule[] = [
  [
    'a mark is awaited before its COMMIT is sent, or a reader elsewhere knows nothing of a commit',
    {
      file: 'engine/write-path.ts',
      text: 'if (announced !== undefined) this.announcing.push(announced);',
      without: 'announced?.catch(() => undefined);',
    },
    {},
  ],
  [
    'a read first applies what was appended before its call',
    { file: 'engine/log/shared-log.ts', text: 'return reader.passBarrier();', without: 'return undefined;' },
    {},
  ],
  [
    'what this process is about to commit is pending here at once, and until its release has come back',
    { file: 'engine/log/shared-log.ts', text: 'this.reader.tell(mark);', without: '' },
    { boundMs: 100_000 },
  ],
  [
    'an entry of another life of the log is no entry',
    {
      file: 'engine/shared-entries.ts',
      text: 'if (envelope?.isOf(this.lifeOf(incarnation)) === false && !envelope.isOf(incarnation)) return undefined;',
      without: '',
    },
    { sharesEntries: true },
  ],
  [
    'an entry that was fetched is judged before it is answered, by what the barrier brought',
    {
      file: 'engine/near-entries.ts',
      text: 'if (this.validity.judge(entry)) return true;',
      without: 'if (entry.nodes !== undefined) return true;',
    },
    { sharesEntries: true },
  ],
];

/** Rules that are needed in a certain order of events only, which is played. */
const SEEN_IN_A_SCENE: readonly (readonly [...Rule, scene: scenes.SceneScript])[] = [
  [
    'nobody joins a barrier that is on its way, because it knows nothing of what was appended since',
    {
      file: 'engine/log/barriers.ts',
      text: 'this.waiting = undefined;\n    this.inFlight++;',
      without: 'void waiting.reached.then(() => (this.waiting = undefined)); this.inFlight++;',
    },
    {},
    scenes.joinTooLate,
  ],
  [
    'another life of the log makes everything void that was judged by the last one',
    {
      file: 'engine/engine.ts',
      text: 'this.near.clear(position);\n    this.written.forget();',
      without: 'this.written.forget();',
    },
    {},
    scenes.anotherLife,
  ],
  [
    'nobody trusts a new life of the log before those have committed who were promised something by the last one',
    { file: 'engine/log/shared-log.ts', text: "if (this.quarantine !== undefined) return 'quarantine';", without: '' },
    {},
    scenes.lostMark,
  ],
  [
    'what is open is appended first of all to a new life of the log',
    {
      file: 'engine/log/log-writer.ts',
      text: 'let marks: readonly NewRecord[] = [...this.open.values()];',
      without: 'let marks: readonly NewRecord[] = [];',
    },
    {},
    scenes.slowCommit,
  ],
  [
    'whoever has a mark open learns in time that the log was lost',
    { file: 'engine/log/log-writer.ts', text: 'this.lookWhileOpen();\n    return mark', without: 'return mark' },
    {},
    scenes.slowCommit,
  ],
  [
    'a mark is released by another process only when the database says that its transaction is over',
    {
      file: 'engine/log/orphans.ts',
      text: 'verdict === true',
      without: 'verdict !== undefined',
    },
    {},
    scenes.seemsDead,
  ],
  [
    'whoever has missed a record starts over',
    { file: 'engine/log/log-reader.ts', text: 'if (record.position !== this.applied + 1) return false;', without: '' },
    { isLossy: true },
    scenes.lostRecord,
  ],
  [
    'an entry that is older than what the log remembers cannot be judged',
    [
      {
        file: 'engine/validity.ts',
        text: 'this.table = this.newTable(position);',
        without: 'this.table = this.newTable(0);',
      },
      {
        file: 'engine/engine.ts',
        text: 'this.near.clear(position);\n    this.written',
        without: 'this.near.clear(0);\n    this.written',
      },
    ],
    { sharesEntries: true, maxRecords: 3 },
    scenes.forgottenRecords,
  ],
];

describe('each rule between processes is needed: without it some history goes wrong', () => {
  it.each(SEEN_BY_CHANCE)(
    '%s',
    async (_, mutation, options) => {
      const library = mutantFleetLibrary(mutation);
      const details = await fc.check(
        fc.asyncProperty(fleetHistory(true), async (history) => {
          const { failures } = await playFleet(library, history, options);
          return failures.length === 0;
        }),
        { numRuns: 2_000, endOnFailure: true, seed: 1 },
      );
      expect(details.failed).toBe(true);
    },
    60_000,
  );

  it.each(SEEN_IN_A_SCENE)('%s', async (_, mutation, options, scene) => {
    expect(await scenes.playScene(realFleetLibrary, scene, options)).toEqual([]);
    expect(await scenes.playScene(mutantFleetLibrary(mutation), scene, options)).not.toEqual([]);
  });
});
