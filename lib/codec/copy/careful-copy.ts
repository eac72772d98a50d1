import { isDeepStrictEqual, types } from 'node:util';
import { ZooCacheError } from '../../errors/zoocache.error.js';
import { isConstructorOf } from '../../support/constructor-of.js';
import { copyBinary, copyNodeClass, copySlots, isOrdinaryBinary } from './builtins.js';
import type { PropertyShape } from './class-shape.js';
import { isNativePrototype, type ClassKnowledge, type ClassLibrary } from './class-knowledge.js';
import { uncopyable } from './uncopyable.js';

const DEEPEST = 1000;

const LAZY_PROMISE = /^__promise_.+__$/;

const PLAIN_WAY_OUT = 'Return plain data instead, or do not cache this method';

/**
 * A copy of any value that can be copied, cycles and shared references included.
 *
 * It trusts nothing: every property is looked at with its descriptor, and every object is remembered. It is what values
 * get that no compiled function fits, and the judge of what cannot be copied.
 *
 * @param isKept the copy is the cache's own one: it must not pin a Buffer pool, and transformers are put to the test
 * @throws ZooCacheError `UNCOPYABLE_VALUE`
 */
export function copyCarefully<T>(value: T, classes: ClassLibrary, isKept: boolean): T {
  return new CarefulCopy(classes, isKept).copy(value) as T;
}

class CarefulCopy {
  private readonly seen = new Map<object, object>();
  private readonly path: (string | number | symbol)[] = [];
  /** Tried once for each class, because each failure costs a look at all that was copied before. */
  private readonly leftToTransformers = new Set<ClassKnowledge>();

  constructor(
    private readonly classes: ClassLibrary,
    private readonly isKept: boolean,
  ) {}

  copy(value: unknown): unknown {
    if (typeof value === 'function') throw uncopyable(this.path, `a function ('${value.name}')`, PLAIN_WAY_OUT);
    if (typeof value !== 'object' || value === null) return value;
    return this.seen.get(value) ?? this.copyObject(value);
  }

  private copyObject(value: object): object {
    if (this.path.length > DEEPEST) {
      throw uncopyable(this.path.slice(0, 3), `objects nested deeper than ${DEEPEST} levels`, PLAIN_WAY_OUT);
    }
    if (Array.isArray(value)) {
      const copy: unknown[] = [];
      copy.length = value.length;
      return this.fill(value, this.alike(value, copy), undefined);
    }
    if (isOrdinaryBinary(value)) return this.remember(value, copyBinary(value, this.isKept));
    const slots = copySlots(value);
    if (slots !== undefined) return this.copyContents(value, this.alike(value, slots));
    const nodeClass = copyNodeClass(value);
    if (nodeClass !== undefined) return this.remember(value, nodeClass);

    const prototype = Object.getPrototypeOf(value) as object | null;
    const knowledge = this.classes.of(prototype);
    this.refuseLiving(value, knowledge);
    if (knowledge.shape !== undefined && (knowledge.holdsPrivateState || hasOwnFunction(value))) {
      return this.construct(value, knowledge, knowledge.shape.construct);
    }
    if (knowledge.holdsPrivateState) {
      throw uncopyable(
        this.path,
        `an instance of ${knowledge.name}, which has private state`,
        `Give its column a transformer that makes a new ${knowledge.name} each time, or return plain data instead`,
      );
    }
    return this.fill(value, this.remember(value, Object.create(prototype) as object), knowledge);
  }

  private refuseLiving(value: object, knowledge: ClassKnowledge): void {
    const what = types.isPromise(value)
      ? 'a promise'
      : knowledge.isStream
        ? `a stream (${knowledge.name})`
        : knowledge.isNative || types.isArgumentsObject(value) || types.isModuleNamespaceObject(value)
          ? `an instance of ${knowledge.name}, whose state nobody can read`
          : undefined;
    if (what !== undefined) {
      throw uncopyable(this.path, what, types.isPromise(value) ? 'Await it before it is returned' : PLAIN_WAY_OUT);
    }
  }

  /** A class that hides state is built as its author would, and given what its properties tell. */
  private construct(value: object, knowledge: ClassKnowledge, construct: () => object): object {
    let copy: object;
    try {
      copy = construct();
    } catch (cause) {
      throw uncopyable(
        this.path,
        `an instance of ${knowledge.name}, whose constructor failed without arguments`,
        'Let the constructor do without them, as TypeORM asks of entities',
        cause,
      );
    }
    this.remember(value, copy);
    for (const name of Reflect.ownKeys(copy)) if (!Object.hasOwn(value, name)) Reflect.deleteProperty(copy, name);
    this.fill(value, copy, knowledge);
    if (knowledge.holdsPrivateState) {
      for (const property of knowledge.accessors) {
        const held: unknown = Reflect.get(value, property.name);
        if (held === undefined && Reflect.get(copy, property.name) === undefined) continue;
        this.path.push(property.name);
        Reflect.set(copy, property.name, this.copyProperty(held, property));
        this.path.pop();
      }
      knowledge.shape?.afterCopy?.(copy);
    }
    return copy;
  }

  private copyContents(value: object, copy: object): object {
    if (types.isMap(value)) {
      let at = 0;
      for (const [key, held] of value) {
        this.path.push(typeof key === 'string' ? key : at);
        (copy as Map<unknown, unknown>).set(this.copy(key), this.copy(held));
        this.path.pop();
        at++;
      }
    } else if (types.isSet(value)) {
      let at = 0;
      for (const held of value) {
        this.path.push(at++);
        (copy as Set<unknown>).add(this.copy(held));
        this.path.pop();
      }
    }
    return ArrayBuffer.isView(value) ? copy : this.fill(value, copy, undefined);
  }

  /** Gives the copy the own properties of the value, and lets it be as extensible. */
  private fill(value: object, copy: object, knowledge: ClassKnowledge | undefined): object {
    for (const name of Reflect.ownKeys(value)) {
      const property = Object.getOwnPropertyDescriptor(value, name)!;
      // TypeORM's lazy relations are getters of the instance that work on `this`; other getters may reach what all copies share, so their value is taken.
      if (!('value' in property) && knowledge?.shape !== undefined && property.enumerable === false) {
        Object.defineProperty(copy, name, property);
        continue;
      }
      if (isGivenByConstruction(copy, name, property)) continue;
      const held: unknown = 'value' in property ? property.value : Reflect.get(value, name);
      if (knowledge?.shape !== undefined && isPendingRelation(name, held)) continue;
      if (knowledge?.shape !== undefined && isBoundIn(copy, name, held)) continue;
      this.path.push(typeof name === 'string' && Array.isArray(value) && /^\d+$/.test(name) ? Number(name) : name);
      const copied = isClassOf(value, name, held)
        ? held
        : this.copyProperty(held, knowledge?.properties.get(name as string));
      this.path.pop();
      const writable = property.writable ?? true;
      if (writable && property.enumerable && property.configurable && !(name in copy)) {
        (copy as Record<string | symbol, unknown>)[name] = copied;
      } else {
        Object.defineProperty(copy, name, { ...attributesOf(property), writable, value: copied });
      }
    }
    if (!Object.isExtensible(value)) Object.preventExtensions(copy);
    return copy;
  }

  private copyProperty(value: unknown, property: PropertyShape | undefined): unknown {
    if (property?.reclone === undefined || typeof value !== 'object' || value === null) return this.copy(value);
    const known = this.seen.get(value);
    if (known !== undefined) return known;
    const knowledge = this.classes.of(Object.getPrototypeOf(value) as object | null);
    if (knowledge.isPlain || knowledge.isNative || knowledge.shape !== undefined) return this.copy(value);
    if (!knowledge.holdsPrivateState && !this.leftToTransformers.has(knowledge)) {
      const copy = this.copyIfPossible(value);
      if (copy !== undefined) return copy;
      this.leftToTransformers.add(knowledge);
    }
    const copy = property.reclone(value);
    if (this.isKept) this.verifyClone(value, copy, property.reclone, knowledge);
    return this.remember(value, copy as object);
  }

  /** Undefined for an instance that holds what cannot be copied, as those of Moment hold their language. */
  private copyIfPossible(value: object): object | undefined {
    const steps = this.path.length;
    const { size } = this.seen;
    try {
      return this.copy(value) as object;
    } catch (error) {
      if (!(error instanceof ZooCacheError)) throw error;
      this.path.length = steps;
      for (const object of [...this.seen.keys()].slice(size)) this.seen.delete(object);
      return undefined;
    }
  }

  /** A transformer may lose state, or hand out one object for all: seen from outside, both would show here. */
  private verifyClone(value: object, copy: unknown, reclone: (value: unknown) => unknown, of: ClassKnowledge): void {
    const again = reclone(copy);
    if (copy !== value && again !== copy && again !== value && looksLike(value, copy) && looksLike(value, again))
      return;
    throw uncopyable(
      this.path,
      `an instance of ${of.name} with private state, which the transformer of its column does not give back as it was`,
      `Let 'from' make a new ${of.name} of everything that 'to' writes`,
    );
  }

  /** The empty copy with the prototype of the value, which another realm's has; classes derived from built-in ones are refused. */
  private alike<T extends object>(value: object, copy: T): T {
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (Object.getPrototypeOf(copy) !== prototype) {
      if (prototype === null || !isNativePrototype(prototype)) {
        const { name } = this.classes.of(prototype);
        throw uncopyable(
          this.path,
          `an instance of ${name}, a class derived from one of the language's own`,
          PLAIN_WAY_OUT,
        );
      }
      Object.setPrototypeOf(copy, prototype);
    }
    return this.remember(value, copy);
  }

  private remember<T extends object>(value: object, copy: T): T {
    this.seen.set(value, copy);
    return copy;
  }
}

/** Whether a lazy relation is being loaded at the moment: nobody can wait for that, so it will be loaded again. */
export function isPendingRelation(name: string | symbol, held: unknown): boolean {
  return typeof name === 'string' && LAZY_PROMISE.test(name) && types.isPromise(held);
}

/** Properties that objects of a kind are born with and nobody can redefine: the length of an array, the characters of a boxed string. */
function isGivenByConstruction(copy: object, name: string | symbol, property: PropertyDescriptor): boolean {
  if (property.configurable === true || !Object.hasOwn(copy, name)) return false;
  const own = Object.getOwnPropertyDescriptor(copy, name)!;
  return own.configurable === false && own.writable === property.writable && Object.is(own.value, property.value);
}

/** Whether a function is one that the constructor gave this instance too, bound to itself; others are no business of it. */
export function isBoundIn(constructed: object, name: string | symbol, held: unknown): boolean {
  return (
    typeof held === 'function' &&
    Object.hasOwn(constructed, name) &&
    typeof Reflect.get(constructed, name) === 'function'
  );
}

/** Whether an instance says itself which class it is of, as those of decimal.js and big.js do: a class is no state. */
export function isClassOf(value: object, name: string | symbol, held: unknown): boolean {
  return name === 'constructor' && isConstructorOf(held, value);
}

function attributesOf({ enumerable, configurable }: PropertyDescriptor): PropertyDescriptor {
  return { enumerable, configurable };
}

function hasOwnFunction(value: object): boolean {
  return Object.values(value).some((held) => typeof held === 'function');
}

/** Whether a copy cannot be told from its original from outside. */
export function looksLike(value: object, copy: unknown): boolean {
  return (
    isDeepStrictEqual(value, copy) && JSON.stringify(value) === JSON.stringify(copy) && asText(value) === asText(copy)
  );
}

function asText(value: unknown): string {
  // oxlint-disable-next-line typescript/no-base-to-string -- a value object may say there what it hides elsewhere
  return String(value);
}
