import { keepingAlive } from './keeping-alive.js';

/**
 * How the engine waits, handed in so that tests let time pass themselves.
 *
 * No timer keeps the process alive.
 */
export interface Timers {
  /** Calls `action` once, `ms` milliseconds from now, unless the returned function is called before. */
  after(ms: number, action: () => void): () => void;
  /** Calls `action` when what is running now, and everything that this resolves, is done. */
  soon(action: () => void): void;
  /** Calls `action` with the next turn of the event loop, after what has arrived meanwhile. */
  nextTurn(action: () => void): void;
  /** The same as the promise; until it has settled the process goes on, even if nothing else in it is left to do. */
  keepingAlive<T>(promise: Promise<T>): Promise<T>;
}

/**
 * The timers of Node, which counts from when the present turn of the event loop began: whoever computed for longer than
 * `ms` before would find his time over as soon as it is set. What is missing is waited for.
 */
export const nodeTimers: Timers = {
  after(ms, action) {
    const due = performance.now() + ms;
    let timer = setTimeout(() => {
      const missing = due - performance.now();
      if (missing < 1) action();
      else timer = setTimeout(action, missing).unref();
    }, ms).unref();
    return () => clearTimeout(timer);
  },
  soon: (action) => process.nextTick(action),
  nextTurn: (action) => void setImmediate(action),
  keepingAlive,
};

/** Rejects with what `late` makes if the promise has not settled within `ms` milliseconds and one turn of the event loop. */
export function within<T>(timers: Timers, ms: number, promise: Promise<T>, late: () => Error): Promise<T> {
  // A process that was paused, or busy for long, finds its timers due before it has read the answer that is there.
  return unlessLate(promise, (giveUp) => timers.after(ms, () => timers.nextTurn(giveUp)), late);
}

/**
 * The same as the promise, or a rejection with what `late` makes, whichever comes first.
 *
 * @param begin has the function called that it is given when it is time, unless what it returns is called before
 */
export function unlessLate<T>(
  promise: Promise<T>,
  begin: (giveUp: () => void) => () => void,
  late: () => Error,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = begin(() => reject(late()));
    promise.then(
      (value) => {
        end();
        resolve(value);
      },
      (error: unknown) => {
        end();
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- handed on as it came
        reject(error);
      },
    );
  });
}
