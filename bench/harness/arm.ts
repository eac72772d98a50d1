import { fork, type ChildProcess } from 'node:child_process';
import { cpuNanoseconds } from './measure.js';

/** Runs an operation `count` times in this process. */
export type Operation = (count: number) => Promise<void>;

/** What one operation took: CPU time of its process, and time that passed. */
export interface Nanoseconds {
  readonly cpu: number;
  readonly wall: number;
}

interface Order {
  readonly operation: string;
  readonly count: number;
}

/** In a child: offers operations to the process that measures, until it goes away. */
export function offer(operations: Readonly<Record<string, Operation>>): void {
  process.on('message', (order: Order) => void carryOut(order));
  process.on('disconnect', () => process.exit(0));
  process.send!({ isReady: true });

  async function carryOut({ operation, count }: Order): Promise<void> {
    const before = cpuNanoseconds();
    const start = performance.now();
    await operations[operation](count);
    const wall = (performance.now() - start) * 1e6;
    process.send!({ cpu: (cpuNanoseconds() - before) / count, wall: wall / count } satisfies Nanoseconds);
  }
}

/** A process of its own that carries out operations and says what one of them took. */
export class Arm {
  private constructor(private readonly child: ChildProcess) {}

  static async start(file: URL, args: readonly string[]): Promise<Arm> {
    const child = fork(file, args);
    await answerOf(child);
    return new Arm(child);
  }

  async measure(operation: string, count: number): Promise<Nanoseconds> {
    this.child.send({ operation, count } satisfies Order);
    return (await answerOf(this.child)) as Nanoseconds;
  }

  stop(): void {
    this.child.disconnect();
  }
}

function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const end = (code: number | null): void => reject(new Error(`the measured process ended with code ${code}`));
    child.once('exit', end);
    child.once('message', (message) => {
      child.off('exit', end);
      resolve(message);
    });
  });
}

/** How much more one arm takes than another, in percent, with its 95 % confidence interval. */
export interface Overhead {
  readonly percent: number;
  readonly halfWidth: number;
  readonly rounds: number;
}

const MAX_ROUNDS = 150;
const MIN_ROUNDS = 20;

/** Until then V8 is still compiling: a call costs several times what it does later, and more of them where there is more code. */
const WARM_UP_CALLS = 15_000;

/**
 * Pairs rounds of two arms until the interval is narrower than a third of the target, or patience ends.
 *
 * Pairing takes out what disturbs the machine for longer than a round; the arms take turns in going first.
 */
export async function overhead(
  without: { arm: Arm; operation: string },
  withCache: { arm: Arm; operation: string },
  count: number,
  targetPercent: number,
  clock: keyof Nanoseconds = 'cpu',
): Promise<Overhead> {
  const differences: number[] = [];
  await without.arm.measure(without.operation, WARM_UP_CALLS);
  await withCache.arm.measure(withCache.operation, WARM_UP_CALLS);
  for (;;) {
    const isFirst = differences.length % 2 === 0;
    const early = await measure(isFirst ? without : withCache);
    const late = await measure(isFirst ? withCache : without);
    const [base, more] = isFirst ? [early, late] : [late, early];
    differences.push((more / base - 1) * 100);
    const { mean, halfWidth } = interval(trimmed(differences));
    const isNarrow = halfWidth < targetPercent / 3 && differences.length >= MIN_ROUNDS;
    if (isNarrow || differences.length === MAX_ROUNDS) {
      return { percent: mean, halfWidth, rounds: differences.length };
    }
  }

  async function measure({ arm, operation }: { arm: Arm; operation: string }): Promise<number> {
    return (await arm.measure(operation, count))[clock];
  }
}

/** Without the tenth at each end, which garbage collections of one side make. */
function trimmed(values: readonly number[]): readonly number[] {
  const cut = Math.floor(values.length / 10);
  return [...values].sort((a, b) => a - b).slice(cut, values.length - cut);
}

function interval(values: readonly number[]): { mean: number; halfWidth: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return { mean, halfWidth: 1.96 * Math.sqrt(variance / values.length) };
}
