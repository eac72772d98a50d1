import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { CASTS } from './casts.js';
import { history, playHistory, type History } from './histories.js';
import type { Library } from './library.js';
import { play, playAll } from './play.js';
import { World } from './world.js';

/** One interleaving of a cast: who goes next each time, among those who can. */
interface Interleaving {
  /** The name of one of the {@link CASTS}. */
  readonly cast: string;
  readonly choices: readonly number[];
}

/** What goes wrong when a rule is taken out. */
export type Witness = History | Interleaving;

/** By rule; what searches found. */
export type Witnesses = Partial<Record<string, Witness>>;

const FILE = 'test/simulation/witnesses.json';

export function readWitnesses(): Witnesses {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Witnesses;
}

/** Prettier does the rest. */
export function writeDown(witnesses: Witnesses): void {
  writeFileSync(FILE, `${JSON.stringify(witnesses, null, 2)}\n`);
}

/** Plays it and returns everything that went wrong. */
export async function failuresOf(library: Library, witness: Witness): Promise<readonly string[]> {
  if ('roles' in witness) return (await playHistory(library, witness)).failures;
  const world = new World(library);
  const [, cast] = CASTS.find(([name]) => name === witness.cast)!;
  let next = 0;
  return play(world, cast(world), (enabled) => (witness.choices[next++] ?? 0) % enabled);
}

/** Searches random histories first; what they miss, the small casts find in one of their interleavings. */
export async function findWitness(library: Library): Promise<Witness | undefined> {
  const { counterexample } = await fc.check(
    fc.asyncProperty(history, async (each) => (await playHistory(library, each)).failures.length === 0),
    { numRuns: 12_000 },
  );
  if (counterexample !== null) return counterexample[0];
  for (const [name, cast] of CASTS) {
    const { choices, failures } = await playAll(() => {
      const world = new World(library);
      return { world, processes: cast(world) };
    });
    if (failures.length > 0) return { cast: name, choices };
  }
  return undefined;
}
