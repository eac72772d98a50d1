import { orClose } from './or-close.js';

/**
 * The storage and the bus that the cache of one application has opened by itself.
 *
 * Where a part cannot be had, those that were are closed at once, and so is one that is still on its way when it arrives.
 */
export class OpenedParts {
  private readonly parts: { close?(): unknown }[] = [];
  private isClosed = false;

  /** The part, which is closed with the others; if there is to be none, they are closed. */
  async keep<T extends object>(open: () => T | Promise<T>): Promise<T> {
    return orClose(this, async () => {
      const part = await open();
      this.parts.push(part);
      if (this.isClosed) await this.close();
      return part;
    });
  }

  /** Closes all of them, the last one first, also when one of them fails to close. May be called twice. */
  async close(): Promise<void> {
    this.isClosed = true;
    const part = this.parts.pop();
    if (part === undefined) return;
    try {
      await part.close?.();
    } finally {
      await this.close();
    }
  }
}
