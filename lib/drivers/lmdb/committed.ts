/**
 * The outcome of a write of lmdb's, whose rejection says why it failed.
 *
 * What lmdb rejects with only says that a commit failed; the reason is another promise, and one that ends the process
 * when nobody waits for it.
 */
export async function committed<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    await (error as { commitError?: Promise<never> }).commitError;
    throw error;
  }
}
