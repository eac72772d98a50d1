import {
  INCARNATION_CHANGED,
  type BusState,
  type InvalidationBus,
  type LogRecord,
  type NewRecord,
} from '../invalidation-bus.js';
import { ProcessLog } from './process-log.js';

/** The bus of a cache that one process has to itself: it hears this process only. */
export class LocalBus implements InvalidationBus {
  readonly reach = 'process';
  readonly local: ProcessLog = new ProcessLog();

  hello(): Promise<BusState> {
    const { incarnation, position, pending } = this.local;
    return Promise.resolve({ incarnation, position, floor: 0, pending, quarantineMs: 0 });
  }

  append(incarnation: string, records: readonly NewRecord[]): Promise<number | typeof INCARNATION_CHANGED> {
    if (incarnation !== this.local.incarnation) return Promise.resolve(INCARNATION_CHANGED);
    let { position } = this.local;
    for (const { kind, transactionId, invalidation } of records) {
      position = this.local.append(kind, transactionId, invalidation);
    }
    return Promise.resolve(position);
  }

  /** Followers have applied everything, so there is never anything to catch up on. */
  since(incarnation: string): Promise<readonly LogRecord[] | typeof INCARNATION_CHANGED> {
    return Promise.resolve(incarnation === this.local.incarnation ? [] : INCARNATION_CHANGED);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
