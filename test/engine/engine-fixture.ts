import { ProcessLog } from '../../lib/bus/local/process-log.js';
import { Copier } from '../../lib/codec/copy/copier.js';
import { currentFrame } from '../../lib/engine/context.js';
import type { EngineParts } from '../../lib/engine/engine-parts.js';
import { Engine } from '../../lib/engine/engine.js';
import type { ReadPlan } from '../../lib/engine/read-plan.js';
import { WritePath } from '../../lib/engine/write-path.js';
import { Statistics } from '../../lib/events/statistics.js';
import type { CacheKey } from '../../lib/keys/cache-key.js';
import type { Tag } from '../../lib/tags/tag.js';

/** A clock that stands still until a test moves it. */
export class ManualClock {
  private time = 1_000_000;

  now(): number {
    return this.time;
  }

  exact(): number {
    return this.time;
  }

  advance(ms: number): void {
    this.time += ms;
  }
}

export interface Fixture {
  readonly engine: Engine;
  readonly writes: WritePath;
  readonly log: ProcessLog;
  readonly clock: ManualClock;
  readonly statistics: Statistics;
  readonly failures: { during: string; error: unknown }[];
  plan(options?: Partial<ReadPlan>): ReadPlan;
  /** Reads `name`, loading a value that depends on `tags`. */
  read<T>(
    name: string,
    value: T | (() => T | Promise<T>),
    tags?: readonly Tag[],
    options?: Partial<ReadPlan>,
  ): Promise<T>;
}

/** A real engine on a real log, with time and randomness in the hands of the test. */
export function createEngine(parts: Partial<EngineParts> = {}): Fixture {
  const log = new ProcessLog();
  const writes = new WritePath();
  const clock = new ManualClock();
  const statistics = new Statistics();
  const failures: { during: string; error: unknown }[] = [];
  const engine = new Engine({
    prefix: 'test',
    isEnabled: true,
    limits: {},
    log,
    clock,
    random: () => 0,
    copier: new Copier(() => undefined),
    statistics,
    failures: { report: (during, error) => failures.push({ during, error }) },
    ...parts,
  });
  writes.attach(log);
  const plan = (options: Partial<ReadPlan> = {}): ReadPlan => ({
    ttlMs: Infinity,
    counters: statistics.of('test'),
    ...options,
  });
  return {
    engine,
    writes,
    log,
    clock,
    statistics,
    failures,
    plan,
    read: (name, value, tags = [], options = {}) =>
      engine.read(name as CacheKey, plan(options), () => {
        currentFrame()?.load?.dependOnAll(tags);
        return typeof value === 'function' ? (value as () => never)() : value;
      }),
  };
}

/** A promise that a test opens. */
export class Gate {
  readonly opened: Promise<void>;
  open!: () => void;

  constructor() {
    this.opened = new Promise((resolve) => (this.open = resolve));
  }
}
