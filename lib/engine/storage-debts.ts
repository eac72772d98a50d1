import type { Timers } from '../support/timers.js';

/** Between attempts to reach a storage that failed, in milliseconds. */
const PAUSE_MS = 500;

/** More names than this, and all that is under the prefix goes. */
const MOST = 10_000;

/**
 * What has to go from a storage that failed when it was told so, or that does not hold what it was given.
 *
 * Most of what rests there is judged by the log, whatever became of its removal. A counter is judged by nobody: the number of
 * before would be back with the storage. So this process reads it no more, and removes it as soon as it can.
 */
export class StorageDebts {
  private readonly names = new Set<string>();
  private cancel: (() => void) | undefined;
  private isClosed = false;

  /**
   * @param all stands for every name
   * @param remove removes a name, or all; false when that failed
   */
  constructor(
    private readonly timers: Timers,
    private readonly all: string,
    private readonly remove: (name: string) => Promise<boolean>,
  ) {}

  /** Whether what lies under the name has to go. */
  has(name: string): boolean {
    return this.names.size > 0 && (this.names.has(name) || this.names.has(this.all));
  }

  add(name: string): void {
    const isTooMuch = name === this.all || this.names.size >= MOST;
    if (isTooMuch) this.names.clear();
    this.names.add(isTooMuch ? this.all : name);
    this.trySoon();
  }

  /** It has gone, or is about to be replaced; whether it was owed. */
  delete(name: string): boolean {
    return this.names.delete(name);
  }

  /** Removes what has to go before the name is used; false when that failed. */
  async payFor(name: string): Promise<boolean> {
    return !this.has(name) || this.pay(this.names.has(this.all) ? this.all : name);
  }

  close(): void {
    this.isClosed = true;
    this.cancel?.();
    this.names.clear();
  }

  private async pay(name: string): Promise<boolean> {
    const isGone = await this.remove(name);
    if (isGone) this.names.delete(name);
    return isGone;
  }

  private trySoon(): void {
    if (this.isClosed) return;
    this.cancel ??= this.timers.after(PAUSE_MS, () => void this.tryNow());
  }

  private async tryNow(): Promise<void> {
    for (const name of this.names) if (!(await this.pay(name))) break;
    this.cancel = undefined;
    if (this.names.size > 0) this.trySoon();
  }
}
