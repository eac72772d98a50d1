import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fleetHistory, playFleet } from './fleet-histories.js';
import type { FleetOptions } from './fleet.js';
import { mutantFleetLibrary } from './library.js';
import type { Mutation } from '../../support/mutant-rooms.js';

/** Each rule of the protocol between processes, the failure it prevents, where it stands, and what shows it missing. */
const RULES: readonly (readonly [rule: string, mutation: Mutation, options: Partial<FleetOptions>])[] = [
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
    { file: 'engine/shared-log.ts', text: 'return this.barriers.pass();', without: 'return undefined;' },
    {},
  ],
  [
    'nobody joins a barrier that is on its way, because it knows nothing of what was appended since',
    {
      file: 'engine/barriers.ts',
      text: 'this.waiting = undefined;\n    this.inFlight++;',
      without: 'queueMicrotask(() => void waiting.reached.then(() => (this.waiting = undefined))); this.inFlight++;',
    },
    {},
  ],
  [
    'what this process is about to commit is pending here at once, and until its release has come back',
    { file: 'engine/shared-log.ts', text: 'this.tell({ ...mark, position: this.applied });', without: '' },
    { boundMs: 100_000 },
  ],
  [
    'another life of the log makes everything void that was judged by the last one',
    {
      file: 'engine/engine.ts',
      text: 'this.table = this.newTable(position);',
      without: 'void this.newTable(position);',
    },
    { sharesEntries: true },
  ],
  [
    'an entry of another life of the log is no entry',
    {
      file: 'engine/shared-entries.ts',
      text: 'return envelope.isOf(this.lifeOf(incarnation)) ? envelope : undefined;',
      without: 'return envelope;',
    },
    { sharesEntries: true },
  ],
  [
    'nobody trusts a new life of the log before all who were promised something by the last one have come to their end',
    {
      file: 'engine/shared-log.ts',
      text: "if (this.quarantine !== undefined) return 'quarantine';",
      without: '',
    },
    {},
  ],
  [
    'what is open is appended first to a new life of the log: its COMMIT may be executed at any time',
    {
      file: 'engine/shared-log.ts',
      text: 'const records = [...this.open.values(), ...owed];',
      without: 'const records = [...owed];',
    },
    {},
  ],
  [
    'a reader who has missed records starts over',
    {
      file: 'engine/shared-log.ts',
      text: 'if (record.position !== this.applied + 1) return false;',
      without: '',
    },
    { isLossy: true },
  ],
  [
    'an entry that was fetched while the barrier was on its way is judged by what the barrier brought',
    {
      file: 'engine/engine.ts',
      text: 'const answer = entry !== undefined && this.isValid(entry) ? this.answerOf<T>(entry, plan, frame) : undefined;',
      without: 'const answer = entry !== undefined ? this.answerOf<T>(entry, plan, frame) : undefined;',
    },
    { sharesEntries: true },
  ],
  [
    'a mark is released by another process only when the database says that its transaction is over',
    {
      file: 'engine/orphans.ts',
      text: '(await isOver(mark.witness)) === true',
      without: '(await isOver(mark.witness)) !== undefined',
    },
    {},
  ],
  [
    'an entry is remembered to have been written by records that came before anybody held its tags',
    {
      file: 'engine/engine.ts',
      text: 'return new TagTable(() => floor, maxRememberedTags ?? REMEMBERED_FOR_OTHERS, floor);',
      without: 'return new TagTable(() => Infinity, maxRememberedTags, 0);',
    },
    { sharesEntries: true },
  ],
];

describe('each rule between processes is needed: without it some history goes wrong', () => {
  it.each(RULES)(
    '%s',
    async (_, mutation, options) => {
      const library = mutantFleetLibrary(mutation);
      const details = await fc.check(
        fc.asyncProperty(fleetHistory(true), async (history) => {
          const { failures } = await playFleet(library, history, options);
          return failures.length === 0;
        }),
        { numRuns: Number(process.env["R"] ?? 3_000), endOnFailure: true, seed: 1 },
      );
      expect(details.failed).toBe(true);
    },
    120_000,
  );
});
