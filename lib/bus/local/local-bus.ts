import type { BusInvalidation, BusState, InvalidationBus, LogRecord, RecordKind } from '../invalidation-bus.js';
import { ProcessLog } from './process-log.js';

/** The bus of a cache that one process has to itself: it hears this process only. */
export class LocalBus implements InvalidationBus {
  readonly local: ProcessLog = new ProcessLog();

  hello(): Promise<BusState> {
    const { incarnation, position, pending } = this.local;
    return Promise.resolve({ incarnation, position, floor: 0, pending, quarantineMs: 0 });
  }

  append(kind: RecordKind, transactionId: string, invalidation: BusInvalidation): Promise<number> {
    return Promise.resolve(this.local.append(kind, transactionId, invalidation));
  }

  /** Followers have applied everything, so there is never anything to catch up on. */
  since(incarnation: string): Promise<readonly LogRecord[] | 'incarnation changed'> {
    return Promise.resolve(incarnation === this.local.incarnation ? [] : 'incarnation changed');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
