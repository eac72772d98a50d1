import type { ClassKnowledge } from './class-knowledge.js';

/** What was seen in a place; more than one bit where answers differ. */
export const PRIMITIVE = 1;
export const DATE = 2;
export const BINARY = 4;
export const OBJECT = 8;
export const ARRAY = 16;
/** Trees of objects too diverse for compiled code; excludes nothing. */
export const DIVERSE = 32;

/** More layouts in one place than this are told apart no faster than any tree is copied. */
const MOST_LAYOUTS = 4;

/**
 * Everything ever seen in one place: a property of a layout, the elements of an array, or the root.
 *
 * It only ever widens, so a function compiled for it stays right for every value it was compiled after.
 */
export class Place {
  seen = 0;
  layouts: readonly Layout[] = [];
  private elementPlace: Place | undefined;

  constructor(
    private readonly widened: () => void,
    private readonly depth = 0,
  ) {}

  /** The place of the elements of the arrays seen here; absent in arrays of arrays of arrays. */
  get elements(): Place | undefined {
    return this.elementPlace;
  }

  see(kind: number): void {
    if ((this.seen & kind) !== kind) {
      this.seen |= kind;
      this.widened();
    }
  }

  seeLayout(layout: Layout): void {
    if (this.layouts.includes(layout)) return;
    if (this.layouts.length === MOST_LAYOUTS || !this.layouts.every((other) => other.differsFrom(layout))) {
      this.see(DIVERSE);
      return;
    }
    this.layouts = [...this.layouts, layout];
    this.seen |= OBJECT;
    this.widened();
  }

  seeArray(): Place | undefined {
    if (this.elementPlace === undefined) {
      if (this.depth === 2) {
        this.see(DIVERSE);
        return undefined;
      }
      this.elementPlace = new Place(this.widened, this.depth + 1);
    }
    this.see(ARRAY);
    return this.elementPlace;
  }

  /** Equal for places for which one function does. */
  get signature(): string {
    const elements = this.elementPlace === undefined ? '' : `(${this.elementPlace.signature})`;
    return `${this.seen}:${this.layouts.map(({ id }) => id).join()}${elements}`;
  }
}

/** Objects of one class with one list of own properties, in one order. */
export class Layout {
  readonly places: readonly Place[];
  /** Copies an object of this layout; replaced when a place has widened. */
  copy: (value: object) => object;

  constructor(
    readonly id: number,
    readonly of: ClassKnowledge,
    readonly names: readonly string[],
    /** Own getters that are handed on as they are: TypeORM's lazy relations. */
    readonly getters: readonly string[],
    private readonly compile: (layout: Layout) => (value: object) => object,
  ) {
    const compileFirst = (value: object): object => {
      // A function kept from before a widening compiles nothing again.
      if (this.copy === compileFirst) this.copy = this.compile(this);
      return this.copy(value);
    };
    const widened = (): void => {
      this.copy = compileFirst;
    };
    this.places = names.map(() => new Place(widened));
    this.copy = compileFirst;
  }

  /** Whether an object's prototype or the presence of one property tells the two apart. */
  differsFrom(other: Layout): boolean {
    return this.of !== other.of || this.nameMissingIn(other) !== undefined || other.nameMissingIn(this) !== undefined;
  }

  /** A property that this layout has and the other, of the same class, lacks. */
  nameMissingIn(other: Layout): string | undefined {
    return this.names.find((name) => !other.names.includes(name));
  }
}
