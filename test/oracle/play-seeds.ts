import fc from 'fast-check';
import type { Figures } from './figures.js';
import { historyOn, type HistorySize } from './history.js';
import { play } from './play.js';
import type { World } from './world.js';

/** Histories per seed, so that the end is looked for often enough. */
const PER_SEED = 3;

export interface Playing {
  readonly figures: Figures;
  readonly size: HistorySize;
  /** The seed of the next histories; undefined when it is enough. */
  readonly nextSeed: () => number | undefined;
  /** What shrinking a history may take, in milliseconds. */
  readonly shrinkingMs: number;
}

/** Makes up histories and plays them; rejects with the seed and the shortest history found that shows a difference. */
export async function playSeeds(world: World, { figures, size, nextSeed, shrinkingMs }: Playing): Promise<void> {
  const property = fc.asyncProperty(historyOn(world.database, size), (history) => play(world, history, figures));
  for (let seed = nextSeed(); seed !== undefined; seed = nextSeed()) {
    const details = await fc.check(property, {
      seed,
      numRuns: PER_SEED,
      // Small numbers are rows that exist already, and histories of one step find little.
      unbiased: true,
      interruptAfterTimeLimit: shrinkingMs,
    });
    if (details.failed && details.counterexample !== null) {
      const [history] = details.counterexample;
      throw new Error(`seed ${seed}: ${String(details.errorInstance)}\n${JSON.stringify(history)}`);
    }
  }
}
