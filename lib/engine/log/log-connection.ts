import type { BusState, InvalidationBus } from '../../bus/invalidation-bus.js';
import { ZooCacheError } from '../../errors/zoocache.error.js';
import type { FailureReporter } from '../../events/failure-reporter.js';
import type { Clock } from '../../support/clock.js';
import { SharedDeadline } from '../../support/shared-deadline.js';
import type { Timers } from '../../support/timers.js';
import { AwakeTime, wasPaused } from './awake-time.js';

/** How long anything but a barrier may take that is asked of the log, in milliseconds. */
export const ANSWER_BUDGET_MS = 1_000;

/** How long the log may be away before nobody even waits for it to come back. */
const PATIENCE_MS = 1_000;

/** Between attempts to reach the log: short beside a quarantine, in which everybody has to come back. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 100;

/** What a connection to the log works with. */
export interface LogConnectionParts {
  readonly bus: InvalidationBus;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly failures: FailureReporter;
}

/** What is done with the log when it has answered. */
export interface Greeting {
  /** Before anything is asked of the life that answered; false to greet once more, as it is another one by now. */
  welcome(life: string): Promise<boolean>;
  /** It is reached. */
  reached(state: BusState, isAnotherLife: boolean): void;
}

/**
 * Whether the log can be asked, and in which of its lives.
 *
 * When a command fails or is late, or the log is not what it was, it counts as lost for everybody at once, and is greeted
 * until it answers.
 */
export class LogConnection {
  private isAlive = false;
  private wasClosed = false;
  private current: string | undefined;
  private reaching: Promise<void> | undefined;
  private refusal: ZooCacheError | undefined;
  private readonly away: AwakeTime;
  private readonly patience: SharedDeadline;

  constructor(
    private readonly parts: LogConnectionParts,
    private readonly greeting: Greeting,
  ) {
    this.away = new AwakeTime(parts);
    this.patience = new SharedDeadline(parts, ANSWER_BUDGET_MS);
  }

  get isReached(): boolean {
    return this.isAlive;
  }

  get isClosed(): boolean {
    return this.wasClosed;
  }

  /** The life of the log that answered last; undefined while none has. */
  get life(): string | undefined {
    return this.current;
  }

  /** Why a log that was never reached cannot be, before the options are others. */
  get misconfiguration(): ZooCacheError | undefined {
    return this.refusal;
  }

  /** The log is not what it was, or cannot be asked: nothing is trusted before it has been greeted. */
  lose(error?: unknown): void {
    if (!this.isAlive) return;
    if (error !== undefined) this.parts.failures.report('asking the bus', error);
    this.isAlive = false;
    this.away.begin();
    void this.greet();
  }

  /** Whether the log is reached within so many milliseconds, all over again for a process that was paused meanwhile. */
  async untilReached(ms: number): Promise<boolean> {
    const { clock, timers } = this.parts;
    let since: number;
    do {
      if (this.isAlive || this.wasClosed) break;
      since = clock.now();
      const late = new Promise<void>((resolve) => timers.after(ms, resolve));
      await timers.keepingAlive(Promise.race([this.greet(), late]));
    } while (wasPaused(clock.now() - since, ms));
    return this.isAlive;
  }

  /** The same for who waits only while it has not been away for long, as far as this process was awake to see it. */
  async untilBack(ms: number): Promise<boolean> {
    if (this.isAlive) return true;
    const patienceMs = Math.min(ms, this.away.lookSince() + PATIENCE_MS - this.parts.clock.now());
    return patienceMs > 0 && this.untilReached(patienceMs);
  }

  /** What the log answers, unless that takes too long. */
  inTime<T>(answer: Promise<T>, deadline = this.patience): Promise<T> {
    return deadline.limit(
      answer,
      () =>
        new ZooCacheError('TIMED_OUT', {
          what: `The bus did not answer within ${deadline.ms} ms`,
          name: 'the bus',
          next: 'Reads go to the database until it does; see whether it is overloaded or cannot be reached',
        }),
    );
  }

  close(): void {
    this.wasClosed = true;
    this.isAlive = false;
  }

  private greet(): Promise<void> {
    if (this.reaching !== undefined) return this.reaching;
    this.away.watch();
    this.reaching = this.greetUntilReached().finally(() => {
      this.away.stop();
      this.reaching = undefined;
    });
    return this.reaching;
  }

  private async greetUntilReached(): Promise<void> {
    const { failures, timers } = this.parts;
    for (let pauseMs = FIRST_PAUSE_MS; !this.wasClosed; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        if (await this.greetOnce()) return;
      } catch (error) {
        failures.report('reaching the bus', error);
        const isRefused = error instanceof ZooCacheError && error.code === 'INVALID_OPTION';
        this.refusal = isRefused && this.current === undefined ? error : undefined;
        // It is tried again by whoever needs it.
        if (this.refusal !== undefined) return;
      }
      const pause = pauseMs;
      await new Promise<void>((resolve) => timers.after(pause, resolve));
    }
  }

  private async greetOnce(): Promise<boolean> {
    const state = await this.inTime(this.parts.bus.hello(this.current));
    if (!(await this.greeting.welcome(state.incarnation))) return false;
    if (this.wasClosed) return true;
    const isAnother = state.incarnation !== this.current;
    this.current = state.incarnation;
    this.isAlive = true;
    this.greeting.reached(state, isAnother);
    return true;
  }
}
