/**
 * One readable name per class: `Catalog`, and `Catalog#2` for the second different class that calls itself so.
 *
 * A name holds letters, digits, `_` and `$` only, so it never runs into what surrounds it in a key. Names are given in
 * the order of first use and kept for as long as the class lives; one instance serves one application.
 *
 * A number means something in this process only: what another one calls `Catalog` may be the second here.
 */
export class ClassNames {
  private readonly given = new WeakMap<object, GivenName>();
  private readonly namesakes = new Map<string, Namesakes>();

  /** @param stampOf what is added to the name of each class, where names must mean the same in other processes too */
  constructor(private readonly stampOf?: (type: object) => string) {}

  /** The name of a class, the same at every call. */
  of(constructor: Function): string {
    return (this.given.get(constructor) ?? this.give(constructor, constructor)).name;
  }

  /** Whether another class is known here that would have the same name: also when it became known later than this one. */
  hasNamesakes(constructor: Function): boolean {
    return (this.given.get(constructor) ?? this.give(constructor, constructor)).namesakes.count > 1;
  }

  /**
   * The name of the class whose instances have this prototype. A prototype whose `constructor` belongs to another one
   * counts as a class of its own, since its instances behave in their own way.
   */
  ofPrototype(prototype: object): string {
    const known = this.given.get(prototype);
    if (known !== undefined) return known.name;
    const constructor: unknown = prototype.constructor;
    if (typeof constructor !== 'function') return this.give(prototype, prototype).name;
    return constructor.prototype === prototype ? this.of(constructor) : this.give(prototype, constructor).name;
  }

  private give(owner: object, named: object): GivenName {
    const plain = readableName(named);
    const stamped = this.stampOf === undefined ? plain : `${plain}$${this.stampOf(named)}`;
    let namesakes = this.namesakes.get(stamped);
    if (namesakes === undefined) this.namesakes.set(stamped, (namesakes = { count: 0 }));
    namesakes.count++;
    const given = { name: namesakes.count === 1 ? stamped : `${stamped}#${namesakes.count}`, namesakes };
    this.given.set(owner, given);
    return given;
  }
}

interface Namesakes {
  count: number;
}

interface GivenName {
  readonly name: string;
  readonly namesakes: Namesakes;
}

/** What people call a class: `static name` may be anything, and a generated class name any text of any length. */
export function readableName(type: object): string {
  const { name } = type as { name?: unknown };
  if (typeof name !== 'string' || name === '') return 'Anonymous';
  return name.slice(0, 100).replace(/[^\p{ID_Continue}$]/gu, '_');
}
