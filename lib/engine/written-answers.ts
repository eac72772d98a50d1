/** What is to be done when the release of a transaction has been applied here, by the transaction. */
export class WrittenAnswers {
  private readonly waiting = new Map<string, (() => void)[]>();

  /** Does it as soon as the transaction is released. */
  add(transactionId: string, store: () => void): void {
    const others = this.waiting.get(transactionId);
    if (others === undefined) this.waiting.set(transactionId, [store]);
    else others.push(store);
  }

  /** The transaction is released. */
  released(transactionId: string): void {
    const stores = this.waiting.get(transactionId);
    if (stores === undefined) return;
    this.waiting.delete(transactionId);
    for (const store of stores) store();
  }

  /** Nobody will hear of those releases. */
  forget(): void {
    this.waiting.clear();
  }
}
