import {
  FORGOTTEN,
  INCARNATION_CHANGED,
  type BusState,
  type InvalidationBus,
  type LogRecord,
  type NewRecord,
} from '../bus/invalidation-bus.js';
import type { ReferenceLog } from './reference-log.js';

/**
 * The contract of a bus in its plainest form, for tests of buses and of what uses them: one connection to a log, as a
 * process of its own would have.
 */
export class ReferenceBus implements InvalidationBus {
  readonly reach = 'process';
  private isOpen = true;
  private readonly unfollowing = new Set<() => void>();

  constructor(private readonly log: ReferenceLog) {}

  async hello(): Promise<BusState> {
    this.assertOpen();
    const { incarnation, position, floor, pending, quarantineMs } = this.log;
    return { incarnation, position, floor, pending, quarantineMs };
  }

  async append(incarnation: string, records: readonly NewRecord[]): Promise<number | typeof INCARNATION_CHANGED> {
    this.assertOpen();
    return incarnation === this.log.incarnation ? this.log.append(this, records) : INCARNATION_CHANGED;
  }

  async since(
    incarnation: string,
    position: number,
  ): Promise<readonly LogRecord[] | typeof INCARNATION_CHANGED | typeof FORGOTTEN> {
    this.assertOpen();
    // A position that this life has not come to is one of another life.
    if (incarnation !== this.log.incarnation || position > this.log.position) return INCARNATION_CHANGED;
    return position < this.log.floor ? FORGOTTEN : this.log.after(position);
  }

  follow(wake: () => void): () => void {
    const unfollow = this.log.follow(this, wake);
    this.unfollowing.add(unfollow);
    return unfollow;
  }

  async close(): Promise<void> {
    this.isOpen = false;
    for (const unfollow of this.unfollowing) unfollow();
  }

  private assertOpen(): void {
    if (!this.isOpen) throw new Error('This connection to the log is closed');
  }
}
