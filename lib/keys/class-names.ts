/**
 * One readable name per class: `Catalog`, and `Catalog#2` for the second different class that calls itself so.
 *
 * A name holds letters, digits, `_` and `$` only, so it never runs into what surrounds it in a key. Names are given in
 * the order of first use and kept for as long as the class lives; one instance serves one application.
 */
export class ClassNames {
  private readonly given = new WeakMap<object, string>();
  private readonly counts = new Map<string, number>();

  /** @param stampOf what is added to the name of each class, where names must mean the same in other processes too */
  constructor(private readonly stampOf?: (type: object) => string) {}

  /** The name of a class, the same at every call. */
  of(constructor: Function): string {
    return this.given.get(constructor) ?? this.give(constructor, constructor);
  }

  /**
   * The name of the class whose instances have this prototype. A prototype whose `constructor` belongs to another one
   * counts as a class of its own, since its instances behave in their own way.
   */
  ofPrototype(prototype: object): string {
    const known = this.given.get(prototype);
    if (known !== undefined) return known;
    const constructor: unknown = prototype.constructor;
    if (typeof constructor !== 'function') return this.give(prototype, prototype);
    return constructor.prototype === prototype ? this.of(constructor) : this.give(prototype, constructor);
  }

  private give(owner: object, named: object): string {
    const plain = readable((named as { name?: unknown }).name);
    const name = this.stampOf === undefined ? plain : `${plain}$${this.stampOf(named)}`;
    const count = (this.counts.get(name) ?? 0) + 1;
    this.counts.set(name, count);
    const unique = count === 1 ? name : `${name}#${count}`;
    this.given.set(owner, unique);
    return unique;
  }
}

/** `static name` may be anything, and a generated class name any text of any length. */
function readable(name: unknown): string {
  if (typeof name !== 'string' || name === '') return 'Anonymous';
  return name.slice(0, 100).replace(/[^\p{ID_Continue}$]/gu, '_');
}
