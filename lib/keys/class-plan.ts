import { isBuiltinClass, privateStateOf } from '../support/private-state.js';
import { readableName, type ClassNames } from './class-names.js';

/** How instances of one class are told apart, where their own properties do not do it or not well. */
export interface ClassEncoder {
  /** The class; its subclasses are meant too, and keep their own names. */
  readonly class: abstract new (...args: never) => object;
  /** Any value that can be encoded, and that two different instances never share. */
  encode(instance: object): unknown;
}

/** Everything about an instance that its prototype tells, found out once per prototype. */
export interface ClassPlan {
  /** `@` and the name of the class, which is unique in the application. */
  readonly label: string;
  /** What people call the class, without what keys add to tell it from others. */
  readonly title: string;
  /** Nothing but an object: one of another realm, or below an empty prototype, as `querystring` makes them. */
  readonly isPlain: boolean;
  /** Below a prototype that belongs to no class: what an instance inherits is its own affair. */
  readonly isClassless: boolean;
  /** The name of the built-in class itself, of whatever realm; `undefined` for its subclasses and for all others. */
  readonly builtin: string | undefined;
  /** Instances may have the slots of a built-in class. */
  readonly hasSlots: boolean;
  /** Instances may hide state in private members. */
  readonly hidesMembers: boolean;
  readonly encoder: ClassEncoder | undefined;
}

/** Looks at a prototype and at those above it. */
export function planOf(prototype: object, names: ClassNames, encoders: readonly ClassEncoder[]): ClassPlan {
  const encoder = encoders.find((candidate) => isOrInherits(prototype, candidate.class.prototype));
  const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  if (typeof constructor !== 'function') return classless(isEmptyBelowRoot(prototype), encoder);
  const { inSlots, inMembers } = privateStateOf(constructor);
  const builtin = isBuiltinClass(constructor) ? constructor.name : undefined;
  return {
    label: '@' + names.ofPrototype(prototype),
    title: readableName(constructor),
    isPlain: builtin === 'Object' && isRoot(prototype),
    isClassless: false,
    builtin,
    hasSlots: inSlots,
    hidesMembers: inMembers,
    encoder,
  };
}

/** A method that a class defines, or one above it, but not the root that every object has. */
export function definesMethod(value: object, name: string): boolean {
  if (typeof (value as Record<string, unknown>)[name] !== 'function') return false;
  for (let holder: object = value; !isRoot(holder); holder = Object.getPrototypeOf(holder)) {
    if (Object.hasOwn(holder, name)) return true;
  }
  return false;
}

function classless(isPlain: boolean, encoder: ClassEncoder | undefined): ClassPlan {
  const common = { label: '@Object', title: 'Object', builtin: undefined, hasSlots: true, hidesMembers: true };
  return { ...common, isPlain, isClassless: true, encoder };
}

function isRoot(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null;
}

/** Nothing is inherited from such a prototype, so instances are what they own. */
function isEmptyBelowRoot(prototype: object): boolean {
  const above: object | null = Object.getPrototypeOf(prototype);
  const isBelowRoot = above === null || (isRoot(above) && Object.hasOwn(above, 'constructor'));
  return isBelowRoot && Reflect.ownKeys(prototype).length === 0;
}

function isOrInherits(prototype: object | null, from: object): boolean {
  for (let found = prototype; found !== null; found = Object.getPrototypeOf(found)) if (found === from) return true;
  return false;
}
