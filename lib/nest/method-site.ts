import 'reflect-metadata';
import { types } from 'node:util';
import type { CacheQueryOptions } from './cache-query.options.js';
import { methodName } from './replace-method.js';

/** The place in the program where a method was decorated, whatever class and application it runs in. */
export class MethodSite {
  private static sites = 0;

  /** Numbered through the process, so that whoever has something for each site keeps it in an array. */
  readonly index: number = MethodSite.sites++;

  constructor(
    /** The prototype that owns the method. */
    readonly prototype: object,
    readonly key: string | symbol,
    /** The method as it was written. */
    readonly original: (this: unknown, ...args: unknown[]) => unknown,
    readonly options: CacheQueryOptions,
    /** Undefined: the application's default. */
    readonly ttlMs: number | undefined,
  ) {}

  /**
   * Whether the method returns Observables, as far as that can be told without a call: it is `async`, or TypeScript has noted
   * the class that it returns.
   */
  get returnsObservable(): boolean | undefined {
    if (types.isAsyncFunction(this.original)) return false;
    const declared: unknown = Reflect.getMetadata('design:returntype', this.prototype, this.key);
    if (typeof declared !== 'function' || declared === Object) return undefined;
    return 'subscribe' in Object(declared.prototype);
  }

  /** What the reader of an error knows it by. */
  get name(): string {
    return methodName(this.prototype, this.key);
  }

  /** Whose options they are, for the same reader. */
  get where(): string {
    return `@CacheQuery on ${this.name}`;
  }

  /**
   * What the method is called in keys of a class: its name, behind that of the declaring class when the class itself
   * has another method of this name, which may well call this one by `super`.
   */
  nameIn(type: Function, classNameOf: (type: Function) => string): string {
    // Two symbols may have the same description.
    const name = typeof this.key === 'symbol' ? `${String(this.key)}#${this.index}` : this.key;
    return owner(type.prototype as object, this.key) === this.prototype
      ? name
      : `${classNameOf(this.prototype.constructor)}.${name}`;
  }
}

function owner(prototype: object | null, key: string | symbol): object | null {
  let above = prototype;
  while (above !== null && !Object.hasOwn(above, key)) above = Object.getPrototypeOf(above);
  return above;
}
