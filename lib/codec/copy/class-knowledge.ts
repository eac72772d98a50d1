import { isBarePrototype } from '../../support/bare-prototype.js';
import { holdsPrivateState } from '../../support/private-state.js';
import type { ClassShape, DescribeClass, PropertyShape } from './class-shape.js';

/** What is known about the objects of one prototype. */
export interface ClassKnowledge {
  readonly prototype: object | null;
  readonly name: string;
  /** An object literal, of this realm or another, or a bare object. */
  readonly isPlain: boolean;
  /** Nothing is inherited, not even what object literals inherit. */
  readonly isBare: boolean;
  /** Copying own properties would lose state; only the shape's `construct` and accessors reach it. */
  readonly holdsPrivateState: boolean;
  /** Instances keep what they are in slots of the engine that nothing can read. */
  readonly isNative: boolean;
  /** Something that data flows through, and not data. */
  readonly isStream: boolean;
  /** The prototype chain has enumerable properties, so that `for in` says more than the own ones. */
  readonly inheritsEnumerable: boolean;
  readonly shape: ClassShape | undefined;
  readonly accessors: readonly PropertyShape[];
  readonly properties: ReadonlyMap<string, PropertyShape>;
}

/** Knows classes by their prototypes, each looked at once. */
export class ClassLibrary {
  private readonly known = new WeakMap<object, ClassKnowledge>();
  private readonly ofNull = this.study(null);

  constructor(private readonly describe: DescribeClass) {}

  of(prototype: object | null): ClassKnowledge {
    if (prototype === null) return this.ofNull;
    let knowledge = this.known.get(prototype);
    if (knowledge === undefined) {
      knowledge = this.study(prototype);
      this.known.set(prototype, knowledge);
    }
    return knowledge;
  }

  private study(prototype: object | null): ClassKnowledge {
    const isBare = isBarePrototype(prototype);
    const isPlain = prototype === null || isBare || isObjectPrototype(prototype);
    const constructor = isPlain ? undefined : constructorOf(prototype);
    const shape = constructor === undefined ? undefined : this.describe(constructor);
    const properties = new Map((shape?.properties ?? []).map((property) => [property.name, property]));
    return {
      prototype,
      name: constructor?.name || 'Object',
      isPlain,
      isBare,
      isNative: !isPlain && isNative(prototype, constructor),
      isStream: prototype !== null && 'pipe' in prototype && 'on' in prototype,
      holdsPrivateState: constructor !== undefined && holdsPrivateState(constructor),
      inheritsEnumerable: inheritsEnumerable(prototype),
      shape,
      accessors: [...properties.values()].filter((property) => property.isAccessor === true),
      properties,
    };
  }
}

/** `Object.prototype` of this realm or another. */
export function isObjectPrototype(prototype: object): boolean {
  return (
    prototype === Object.prototype ||
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf'))
  );
}

/** Whether the prototype belongs to a class of the engine itself, in this realm or another, and not to one derived from it. */
export function isNativePrototype(prototype: object): boolean {
  const constructor = constructorOf(prototype);
  return constructor !== undefined && constructor.prototype === prototype && isNativeCode(constructor);
}

/** Iterators and generators have no class of their own to ask; the engine names them by a tag. */
function isNative(prototype: object, constructor: Function | undefined): boolean {
  if (constructor !== undefined && !isNativeCode(constructor)) return false;
  return constructor?.prototype === prototype || Symbol.toStringTag in prototype;
}

function constructorOf(prototype: object): Function | undefined {
  const constructor: unknown = Reflect.get(prototype, 'constructor');
  return typeof constructor === 'function' ? constructor : undefined;
}

function isNativeCode(constructor: Function): boolean {
  return /\{\s*\[native code\]\s*\}\s*$/.test(Function.prototype.toString.call(constructor));
}

function inheritsEnumerable(prototype: object | null): boolean {
  for (const _ in prototype) return true;
  return false;
}
