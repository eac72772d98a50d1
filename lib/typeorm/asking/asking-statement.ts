import type { Call } from '../statements/call.js';
import type { ReturnedRow, Told } from '../statements/planned-write.js';

/** How columns are called that only this library asked for. */
export const ASKED = 'zoocache_';

/** Longer texts are cut: they cannot be the value of a node, and need not travel. Twice the longest one that can. */
export const LONGEST_TEXT = 256;

/** An UPDATE or DELETE that is sent in a form whose answer also tells the rows it changed. */
export interface AskingStatement {
  readonly text: string;
  /** Whether the answer will not be too large to be asked for, where that is not known of every answer. */
  isAffordable?(call: Call): boolean;
  /** What the answer tells; undefined when the rows are too many to be worth naming. */
  toldBy(answer: unknown, isStructured: boolean): Told | undefined;
  /** The answer as it would have been to the statement alone. */
  plainAnswer(answer: unknown, call: Pick<Call, 'isStructured' | 'runner'>): unknown;
  /** Whether the statement alone might have succeeded: what is asked for cannot be told. */
  isToBlame(error: unknown): boolean;
  /** Whether a transaction goes on as if it had never been sent, when it is refused for that. */
  readonly leavesTransaction: boolean;
  /** Takes back from an error what the other form changed in it. */
  restoreError(error: unknown): void;
}

/** The columns to ask for. */
export interface AskedColumns {
  readonly names: readonly string[];
  readonly list: string;
  readonly isKeyOnly: boolean;
}

/** How the rows are asked for that a statement changes, where and as a kind of driver can be asked. */
export interface WayToAsk {
  /** Whether the condition of a statement for any number of rows is evaluated once more, to count them. */
  readonly looksFirst: boolean;
  /** Whether a clause can be added at the end of the text. */
  isExtensible(text: string): boolean;
  /** A column's value as a text. */
  asText(column: string): string;
  /** The same, cut. */
  asShortText(column: string): string;
  /**
   * For statements that surely change few rows.
   *
   * @param returns whether it ends with a RETURNING of its own
   */
  ofFew(text: string, returns: boolean, columns: AskedColumns): AskingStatement;
  /** For any number of rows, of which a million must not come into this process; undefined where that cannot be. */
  ofAny(text: string, columns: AskedColumns): AskingStatement | undefined;
}

/** What rows tell in the columns that were asked for. */
export function toldByRows(rows: readonly unknown[] | null | undefined, { names, isKeyOnly }: AskedColumns): Told {
  const asked = (rows ?? []).map((row): ReturnedRow => {
    const values = new Map<string, unknown>();
    for (let i = 0; i < names.length; i++) {
      const value = (row as Readonly<Record<string, unknown>>)[ASKED + i];
      // Cut, so that it may have been any text that begins so.
      if (typeof value !== 'string' || value.length < LONGEST_TEXT) values.set(names[i], value);
    }
    return values;
  });
  return { rows: asked, isWhole: !isKeyOnly };
}

/** The statement with columns added to what it returns. */
export function withColumns(text: string, returns: boolean, list: string): string {
  return `${text}${returns ? ',' : ' RETURNING'} ${list}`;
}

/** The rows without the columns that were added, whose names begin so; none where they have no others. */
export function rowsWithout(prefix: string, rows: readonly unknown[] | undefined): readonly unknown[] {
  return (rows ?? []).map((row) => withoutColumns(prefix, row)).filter((row) => row !== undefined);
}

function withoutColumns(prefix: string, row: unknown): unknown {
  const all = row as Readonly<Record<string, unknown>>;
  let own: Record<string, unknown> | undefined;
  for (const name of Object.keys(all)) if (!name.startsWith(prefix)) (own ??= {})[name] = all[name];
  return own;
}

/** Lets an error of the form that was sent name the statement it was made of; whether it was one. */
export function restoreQuery(error: unknown, sent: string, text: string): error is { query: string } {
  if (typeof error !== 'object' || error === null || !('query' in error) || error.query !== sent) return false;
  error.query = text;
  return true;
}
