/** One of the things compared: runs its operation `times` times. */
export interface Contender {
  readonly name: string;
  run(times: number): Promise<void> | void;
}

/** How often one contender costs what another one does. */
export interface Ratio {
  readonly median: number;
  /** The quartiles of the rounds. */
  readonly low: number;
  readonly high: number;
  readonly rounds: number;
}

/** CPU time of this process, in nanoseconds: what a call costs, whoever else uses the machine. */
export function cpuNanoseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1_000;
}

const ROUND_MS = 60;

/** Functions compiled for one class are long, and V8 takes thousands of calls to make the best of them. */
const WARM_UP_MS = 500;

/** Nanoseconds of CPU time per operation, and the ratio of each contender to the first, round by round. */
export interface Comparison {
  readonly nanoseconds: ReadonlyMap<string, number>;
  readonly ratios: ReadonlyMap<string, Ratio>;
}

/**
 * Compares contenders within one run: every round measures all of them, one after the other in changing order, so what
 * disturbs the machine disturbs all. The first contender is what the others are compared with. Garbage is collected when V8
 * does so: a collection that is asked for throws away code as well, and to compile it again is no part of an operation.
 */
export async function compare(contenders: readonly Contender[], rounds = 11): Promise<Comparison> {
  const times = new Map<string, number>();
  for (const contender of contenders) times.set(contender.name, await calibrate(contender));
  const samples = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const contender = contenders[(turn + round) % contenders.length];
      const count = times.get(contender.name)!;
      const before = cpuNanoseconds();
      await contender.run(count);
      samples.get(contender.name)!.push((cpuNanoseconds() - before) / count);
    }
  }
  const base = samples.get(contenders[0].name)!;
  return {
    nanoseconds: new Map([...samples].map(([name, values]) => [name, median(values)])),
    ratios: new Map([...samples].map(([name, values]) => [name, ratioOf(values.map((value, i) => value / base[i]))])),
  };
}

/** How many operations make a round, after enough of them to have everything compiled. */
async function calibrate(contender: Contender): Promise<number> {
  const start = performance.now();
  for (let count = 100; ; count *= 2) {
    const before = performance.now();
    await contender.run(count);
    const now = performance.now();
    if (now - start >= WARM_UP_MS) return Math.max(1, Math.round((count * ROUND_MS) / (now - before)));
  }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function ratioOf(values: readonly number[]): Ratio {
  return {
    median: quantile(values, 0.5),
    low: quantile(values, 0.25),
    high: quantile(values, 0.75),
    rounds: values.length,
  };
}

function quantile(values: readonly number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const index = (sorted.length - 1) * at;
  const below = Math.floor(index);
  return sorted[below] + (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below]) * (index - below);
}
