import { unlessLate } from '../../support/timers.js';

/** How often it is looked whether a write is over, and how many times: only while this process is awake does time pass. */
const LOOK_EVERY_MS = 50;
const MOST_LOOKS = 12;

/** A write that takes too long, because some other process is stopped in the midst of one of its own. */
export class HeldUp extends Error {
  constructor() {
    super('the write was held up: another process is stopped in the midst of one, and is left behind with the file');
  }
}

/**
 * The outcome of a write, or {@link HeldUp} after some 600 milliseconds without one. Those in which this process was stopped
 * itself do not count: it would take the file from everybody as soon as it goes on.
 */
export function unlessHeldUp<T>(write: Promise<T>): Promise<T> {
  return unlessLate(write, afterMostLooks, () => new HeldUp());
}

function afterMostLooks(giveUp: () => void): () => void {
  let looks = 0;
  const timer = setInterval(() => {
    if (++looks < MOST_LOOKS) return;
    clearInterval(timer);
    giveUp();
  }, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}
