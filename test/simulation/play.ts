import type { Process, World } from './world.js';

/** Chooses which of `enabled` processes goes next. */
export type Schedule = (enabled: number) => number;

/** Takes all processes to their end in the order the schedule chooses, and returns everything that went wrong. */
export async function play(
  world: World,
  processes: readonly Process[],
  schedule: Schedule,
): Promise<readonly string[]> {
  while (world.failures.length === 0) {
    const ready = await thoseWhoCanStep(processes);
    if (ready.length === 0) break;
    ready[schedule(ready.length)].step();
    await settle();
  }
  if (world.failures.length > 0) return world.failures;
  if (!processes.every((process) => process.isDone)) return ['nobody can go on: the readers wait for each other'];
  return world.remains;
}

/** Nobody, when all have ended or wait for each other. */
async function thoseWhoCanStep(processes: readonly Process[]): Promise<readonly Process[]> {
  for (let round = 0; round < 20; round++) {
    const ready = processes.filter((process) => process.canStep);
    if (ready.length > 0 || processes.every((process) => process.isDone)) return ready;
    // Those who joined one after another go on one after another, which takes more turns than a step does.
    await settle();
  }
  return [];
}

/** Lets what can go on without another step do so, but for long chains. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await Promise.resolve();
}

/**
 * Plays every interleaving of the processes that `cast` makes, each in a new world, until one goes wrong; then returns
 * its choices.
 *
 * The tree of choices is walked without keeping it: each run follows the recorded choices of the one before, up to the
 * last that has an untried alternative.
 */
export async function playAll(
  cast: () => { world: World; processes: readonly Process[] },
): Promise<{ runs: number; failures: readonly string[]; choices: readonly number[] }> {
  let path: { choice: number; of: number }[] = [];
  for (let runs = 1; ; runs++) {
    const { world, processes } = cast();
    let depth = 0;
    const failures = await play(world, processes, (enabled) => {
      if (depth === path.length) path.push({ choice: 0, of: enabled });
      return path[depth++].choice;
    });
    path = path.slice(0, depth);
    if (failures.length > 0) return { runs, failures, choices: path.map(({ choice }) => choice) };
    while (path.length > 0 && path[path.length - 1].choice + 1 === path[path.length - 1].of) path.pop();
    if (path.length === 0) return { runs, failures: [], choices: [] };
    path[path.length - 1].choice++;
  }
}
