/** How often the timer that holds the process open does nothing, in milliseconds. */
const EVERY_MS = 1_000;

/** The same as the promise; until it has settled the process goes on, even if nothing else in it is left to do. */
export async function keepingAlive<T>(promise: Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, EVERY_MS);
  try {
    return await promise;
  } finally {
    clearInterval(timer);
  }
}
