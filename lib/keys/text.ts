const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** Lengths written out, since turning a number into text costs as much as all else that a short string needs. */
const HEADS = Array.from({ length: 64 }, (_, length) => `${length}'`);

/** A string that says its length first, so that nothing in it can be taken for structure: `5'Books`. */
export function stringText(value: string): string {
  const length = value.length;
  return length < 64 ? HEADS[length] + value : length + "'" + value;
}

/** A name that reads as itself when it is an identifier, and says its length otherwise; identifiers start no number. */
export function nameText(name: string): string {
  return IDENTIFIER.test(name) ? name : stringText(name);
}

/** A number as JavaScript writes it, which is exact; `-0` keeps its sign. */
export function numberText(value: number): string {
  return value === 0 && 1 / value < 0 ? '-0' : '' + value;
}
