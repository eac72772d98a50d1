import type { ClassKnowledge } from '../copy/class-knowledge.js';
import type { NamedClass } from './class-names.js';
import { writeRowOf, type WriteRow, type WrittenShape } from './write-row.js';

/** Where values were seen, with the shape to try first; a guess that costs little when it is wrong. */
export class Expectation {
  shape: RowShape | undefined = undefined;
  private elementsMet: Expectation | undefined = undefined;

  get elements(): Expectation {
    return (this.elementsMet ??= new Expectation());
  }
}

/** Objects of one class with one list of own properties in one order, as they are written in bytes. */
export class RowShape implements WrittenShape<Expectation> {
  /** What was met in each property. */
  readonly places: readonly Expectation[];
  readonly prototype: object;
  /** Writes a row, if it is of this shape. */
  readonly write: WriteRow<Expectation, RowShape>;
  /** Its entry in the table of a message. */
  readonly entry: Uint8Array;

  /** The message that mentions it at the moment, and its number there. */
  message: object | undefined = undefined;
  index = 0;

  constructor(
    readonly of: ClassKnowledge,
    named: NamedClass,
    readonly names: readonly string[],
    /** Own getters, which are TypeORM's lazy relations. */
    readonly getters: readonly string[],
  ) {
    this.places = names.map(() => new Expectation());
    this.prototype = of.prototype!;
    this.write = writeRowOf(this, named.name);
    this.entry = entryOf({ name: named.name, fingerprint: named.fingerprint, names, getters });
  }
}

/** An entry of the table of a message. */
export interface TableEntry {
  readonly name: string;
  readonly fingerprint: number;
  readonly names: readonly string[];
  readonly getters: readonly string[];
}

/** JSON escapes lone surrogates, so names of every kind come through. */
function entryOf({ name, fingerprint, names, getters }: TableEntry): Uint8Array {
  return Buffer.from(`${JSON.stringify([name, fingerprint, names, getters])}\n`);
}

export function entriesOf(table: string): TableEntry[] {
  return table
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [name, fingerprint, names, getters] = JSON.parse(line) as [string, number, string[], string[]];
      return { name, fingerprint, names, getters };
    });
}
