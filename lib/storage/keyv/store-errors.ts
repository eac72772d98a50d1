import type { KeyvLike } from './keyv-like.js';

/**
 * Hears the errors of Keyvs. They tell most of them by an event only, and answer as if there were nothing, or as if all
 * had gone well; and an event that nobody listens to ends the process in some versions.
 */
export class StoreErrors {
  private heard = 0;
  private latest: unknown;
  private readonly listener = (error: unknown): void => {
    this.heard++;
    this.latest = error;
  };

  constructor(private readonly keyvs: readonly KeyvLike[]) {
    for (const keyv of keyvs) keyv.on('error', this.listener);
  }

  /**
   * What `call` resolves with; rejects when an error was heard meanwhile and the answer `isDoubtful`. The error of
   * another call at the same time may do that too: then one more read goes to the database.
   */
  async during<T>(call: () => Promise<T>, isDoubtful: (answer: T) => boolean): Promise<T> {
    const { heard } = this;
    const answer = await call();
    if (!isDoubtful(answer) || this.heard === heard) return answer;
    throw new Error('The store reported an error', { cause: this.latest });
  }

  /** Stops listening; may be called twice. */
  close(): void {
    for (const keyv of this.keyvs) keyv.off('error', this.listener);
  }
}
