import { parseArgs } from 'node:util';
import { cleanUpAfterEverything } from '../support/clean-up.js';
import { databases } from '../support/test-database.js';
import { Figures } from './figures.js';
import { playSeeds } from './play-seeds.js';
import { World } from './world.js';

/*
 * Plays made-up histories until there were enough comparisons, in several worlds at once where the database is a server:
 * one computes while another waits. Worlds take turns in whether ordinary repositories read through the cache.
 */

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    comparisons: { type: 'string' },
    db: { type: 'string', default: 'sqljs' },
    seed: { type: 'string' },
    storage: { type: 'string' },
    worlds: { type: 'string' },
  },
});

/** How often it is said how far it is. */
const TELL_MS = 10_000;

const SIZE = { reads: 24, steps: 30 };

const SHRINKING_MS = 300_000;

try {
  await main();
} catch (error) {
  process.exitCode = 1;
  say(error instanceof Error ? error.message : String(error));
} finally {
  await cleanUpAfterEverything();
}
process.exit();

async function main(): Promise<void> {
  const found = databases().find(({ variant }) => variant === values.db);
  if (found === undefined) {
    throw new Error(
      `--db is one of ${databases()
        .map(({ variant }) => variant)
        .join(', ')}`,
    );
  }
  if (!found.isAvailable) throw new Error(`${found.variant} is not on this machine`);
  const count = amount('worlds', values.worlds) ?? (found.supportsConcurrentConnections ? 4 : 2);
  const most = amount('comparisons', values.comparisons) ?? Infinity;
  const seconds = amount('seconds', values.seconds) ?? (most === Infinity ? 60 : Infinity);

  const figures = new Figures();
  const first = amount('seed', values.seed) ?? Math.floor(Math.random() * 2 ** 31);
  let seed = first;
  let isOver = false;
  const start = performance.now();
  let told = start;
  // It is told here and by no timer, because what runs in memory never comes to timers.
  const nextSeed = (): number | undefined => {
    const now = performance.now();
    if (now - told >= TELL_MS) {
      told = now;
      say(progress());
    }
    isOver ||= figures.comparisons >= most || now - start >= seconds * 1_000;
    return isOver ? undefined : seed++;
  };
  function progress(): string {
    const { comparisons, hits, histories } = figures;
    const passed = (performance.now() - start) / 1_000;
    return (
      `${found!.variant}: ${comparisons} comparisons, ${hits} hits, ${histories} histories, seeds ${first} to ` +
      `${seed - 1}, ${passed.toFixed(0)} s, ${(comparisons / passed).toFixed(0)} comparisons/s`
    );
  }

  const worlds: World[] = [];
  try {
    for (let at = 0; at < count; at++) {
      worlds.push(await World.open(found, { isAutomatic: at % 2 === 1, storage: values.storage }));
    }
    await Promise.all(
      worlds.map((world) => playSeeds(world, { figures, size: SIZE, nextSeed, shrinkingMs: SHRINKING_MS })),
    );
  } finally {
    say(progress());
    say(figures.details());
    for (const world of worlds) await world.close();
  }
  say(figures.summary(found.variant));
  const silent = [...figures.neverCached, ...figures.neverWritten];
  if (silent.length > 0) throw new Error(`Never cached, or never written: ${silent.join(', ')}`);
  say('No difference.');
}

function amount(name: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const number = Number(given);
  if (!(number > 0)) throw new Error(`--${name} is a number above 0, and not ${given}`);
  return number;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
