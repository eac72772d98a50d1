/**
 * What the action returns; if it fails, what was opened for it is closed first.
 *
 * Nest tells nobody of a start that has failed, and whoever called `NestFactory.create()` has no application then that he
 * could close.
 */
export async function orClose<T>(opened: { close(): Promise<void> }, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    // That it cannot be closed either would hide why it failed.
    await opened.close().catch(() => undefined);
    throw error;
  }
}
