import { closeSync, openSync, writeSync } from 'node:fs';
import { now } from './clock.js';
import type { RowState, Slot } from './states.js';

/** How a read found its answer: `cached` is what is judged, `direct` is asked of the database past the cache. */
export type ReadKind = 'cached' | 'direct';

/** What an answer told: rows, the absence of rows, or a figure about several. */
export interface Answer {
  readonly rows: readonly RowState[];
  /** The keeper whose animals were asked for: one that is not in `rows` was not of this keeper. */
  readonly animalsOf?: number;
  /** An animal that was asked for and not found. */
  readonly missing?: Slot;
  /** The sum of the versions of all keepers. */
  readonly sum?: number;
  /** How many animals `animalsOf` has. */
  readonly count?: number;
}

/** Lines of the journals, in the order in which they were written. Times are microseconds of the machine's clock. */
export type Entry =
  /** States that are about to be committed; whether they were is known once the same number is acknowledged. */
  | { readonly what: 'attempt'; readonly at: number; readonly number: number; readonly states: readonly RowState[] }
  | { readonly what: 'acknowledged'; readonly at: number; readonly number: number }
  /**
   * A statement is about to be sent whose states are known from its answer only, as an attempt of the same number. If there
   * is none, it failed, or its process was killed, and how far it came is not known.
   */
  | { readonly what: 'sent'; readonly at: number; readonly number: number; readonly slots: readonly Slot[] }
  | {
      readonly what: 'read';
      readonly kind: ReadKind;
      readonly name: string;
      readonly from: number;
      readonly to: number;
      readonly answer: Answer;
    }
  /** Two reads in one REPEATABLE READ transaction that should have been the same. */
  | { readonly what: 'unrepeatable'; readonly at: number; readonly told: string }
  /** At rest, what the cache answered and what the database did. */
  | { readonly what: 'rest'; readonly name: string; readonly cached: string; readonly direct: string }
  | { readonly what: 'failed'; readonly at: number; readonly name: string; readonly message: string }
  /** `lagMs`: how long the process did nothing at all since the last time, at most. */
  | { readonly what: 'figures'; readonly hits: number; readonly lagMs: number };

/** Where a process writes down what it did; every line is with the system at once, so that a killed process loses none. */
export class Journal {
  private readonly file: number;
  private attempts = 0;

  constructor(path: string) {
    this.file = openSync(path, 'a');
  }

  write(entry: Entry): void {
    writeSync(this.file, `${JSON.stringify(entry)}\n`);
  }

  /** To be called before what makes these states is committed; what it returns, once it has been acknowledged. */
  attempt(states: readonly RowState[]): () => void {
    const number = ++this.attempts;
    this.write({ what: 'attempt', at: now(), number, states });
    return () => this.write({ what: 'acknowledged', at: now(), number });
  }

  /** The same for a statement that makes states of these rows, which its answer tells. */
  send(slots: readonly Slot[]): (states: readonly RowState[]) => void {
    const number = ++this.attempts;
    const at = now();
    this.write({ what: 'sent', at, number, slots });
    return (states) => {
      this.write({ what: 'attempt', at, number, states });
      this.write({ what: 'acknowledged', at: now(), number });
    };
  }

  close(): void {
    closeSync(this.file);
  }
}
