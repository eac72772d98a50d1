/**
 * Words that PostgreSQL reads as the present moment in a text that becomes a date or a time. Digits may touch them; parts
 * of a word that hyphens hold together are none of them.
 */
const MOMENT = /(?<![a-z]|[a-z\d][-/.])(?:now|today|tomorrow|yesterday)(?![a-z]|[-/.])/i;
const LONGEST_MOMENT = 34;

/** What separates the values in the text of an array, a range or a row. */
const SEPARATORS = /[{}[\](),"]/;

/** Types in which such a word means a moment. */
const MOMENT_TYPES = new Set(['date', 'time', 'timetz', 'timestamp', 'timestamptz']);

/** Whether PostgreSQL may read the present moment in this text, where it is a date, or dates. */
export function mayBeMoment(text: string): boolean {
  if (!MOMENT.test(text)) return false;
  return text.split(SEPARATORS).some((part) => part.length <= LONGEST_MOMENT && MOMENT.test(part));
}

/** The text among these values in which PostgreSQL may read the present moment, or `undefined`. */
export function momentAmong(values: readonly unknown[]): string | undefined {
  for (const value of values) {
    if (typeof value === 'string') {
      if (mayBeMoment(value)) return value;
    } else if (Array.isArray(value)) {
      const moment = momentAmong(value);
      if (moment !== undefined) return moment;
    }
  }
  return undefined;
}

/** Whether a text that becomes a value of this type (folded) may become the present moment. */
export const isMomentType = (type: string): boolean => MOMENT_TYPES.has(type);
