import type { Clock } from '../../support/clock.js';
import type { Timers } from '../../support/timers.js';

/** How often a process that does not reach the log sees that it is awake, in milliseconds. */
const TICK_MS = 100;

/** What takes so much longer than it can was paused with its process, which knows nothing of the present. */
const ASLEEP_AFTER_MS = 300;

/** Whether this process was paused meanwhile: what takes so long at most took longer. */
export function wasPaused(tookMs: number, atMostMs: number): boolean {
  return tookMs > atMostMs + ASLEEP_AFTER_MS;
}

/** Since when the log has been away, as far as this process was awake to see it. */
export class AwakeTime {
  private began: number;
  private seenAt: number;
  private cancel: (() => void) | undefined;

  constructor(private readonly parts: { readonly clock: Clock; readonly timers: Timers }) {
    this.began = this.seenAt = parts.clock.now();
  }

  /** The log is away from now on. */
  begin(): void {
    this.began = this.seenAt = this.parts.clock.now();
  }

  /** Since when it has been away. Whoever wakes up may find that the others have found it long ago, and trust it: he begins anew. */
  lookSince(): number {
    const now = this.parts.clock.now();
    if (wasPaused(now - this.seenAt, 0)) this.began = now;
    this.seenAt = now;
    return this.began;
  }

  /** Sees from time to time that this process is awake, until it is stopped: whoever asks seldom was not asleep meanwhile. */
  watch(): void {
    this.cancel = this.parts.timers.after(TICK_MS, () => {
      this.lookSince();
      this.watch();
    });
  }

  stop(): void {
    this.cancel?.();
  }
}
