/** Where instances of a class keep what no look at their properties can show. */
export interface PrivateState {
  /** In the slots of a built-in class, as Date and Map do. */
  readonly inSlots: boolean;
  /** In native `#private` members, in what compilers make of them for older targets, in WeakMaps keyed by `this`. */
  readonly inMembers: boolean;
}

/**
 * Where instances of a class hide state, as far as the class and those above it tell.
 *
 * Nothing at run time tells, so their source text is read, once per class. It errs on the side of `true`, which only
 * leads to a more careful path; what it cannot see is state that a function outside the class files under the instance.
 */
export function privateStateOf(constructor: Function): PrivateState {
  let answer = answers.get(constructor);
  if (answer === undefined) {
    const { classes, isComplete } = lineage(constructor);
    answer = { inSlots: classes.some(hasSlots), inMembers: !isComplete || classes.some(hidesMembers) };
    answers.set(constructor, answer);
  }
  return answer;
}

/** Whether a copy or an encoding of an instance's own properties would miss some of its state. */
export function holdsPrivateState(constructor: Function): boolean {
  const state = privateStateOf(constructor);
  return state.inSlots || state.inMembers;
}

/** A pure function's memory: a class keeps its source text for life. */
const answers = new WeakMap<Function, PrivateState>();

const NATIVE = /\{\s*\[native code\]\s*\}\s*$/;

/** Code whose source was dropped (V8 bytecode files) starts with anything else. */
const READABLE = /^(?:class|function)\b/;

const PRIVATE_STATE: readonly RegExp[] = [
  // `#name`; right behind a quote it is text ('#fff', "#anchor"), since no private name can follow a string there.
  /(?<!['"`])#[\p{ID_Start}$_\\]/u,
  // TypeScript's __classPrivateFieldSet, SWC's _class_private_field_init, Babel's _classPrivateFieldInitSpec.
  /class_?private/i,
  // esbuild's __privateAdd and its kin.
  /__private(?:Add|Get|Set|Method|Wrapper|In)\b/,
  // A WeakMap or WeakSet keyed by the instance: `_x.set(this, 1)`, `_instances.add(this)`; `_this` is ES5's name for it.
  /\.(?:set|add)\(\s*_?this\d*\s*[,)]/,
  // The helpers above under another name, by what they are given: `init(this, _x, { writable: true, value: 1 })`.
  // A descriptor that opens with `value` is how SWC defines an ordinary field.
  /(?<!\bassign)\(\s*_?this\d*\s*,\s*[\w$.]+\s*,\s*\{(?!\s*value\b)/,
  // The helpers above, minified: `i(this,r,1)`, `(0,r._)(this,n)`.
  /(?:(?<![\w$])[\w$]{1,2}|\(0,\s*[\w$]{1,2}\.[\w$]{1,2}\))\(\s*_?this\d*\s*,\s*[\w$.]+\s*[,)]/,
];

/** The instance under another name, as ES5 output calls it after `super()`, and a minifier when it inlines a helper. */
const RENAMED = /^function\b|=\s*this\s*[,;]/;

/** What a renamed instance is then filed in: `var n=e.call(this)||this;o.set(n,1)`. */
const RENAMED_PRIVATE_STATE = /\.(?:set|add)\(\s*[\w$]+\s*[,)]/;

/** Whether this very class, and not only one above it, is built into the engine; bound classes look the same. */
export function isBuiltinClass(constructor: Function): boolean {
  return NATIVE.test(sourceOf(constructor));
}

function hasSlots(constructor: Function): boolean {
  return isBuiltinClass(constructor) && !isObjectItself(constructor);
}

function hidesMembers(constructor: Function): boolean {
  if (isBuiltinClass(constructor)) return false;
  const source = sourceOf(constructor);
  if (!READABLE.test(source)) return true;
  return (
    PRIVATE_STATE.some((form) => form.test(source)) || (RENAMED.test(source) && RENAMED_PRIVATE_STATE.test(source))
  );
}

function sourceOf(constructor: Function): string {
  return Function.prototype.toString.call(constructor);
}

/** `Object` of any realm: its instances have no slots, and nothing is above it. */
function isObjectItself(constructor: Function): boolean {
  return constructor.name === 'Object' && parent(constructor.prototype) === null;
}

/**
 * The class and those above it, as far as prototypes name their class. Both chains are walked, because
 * `A.prototype.constructor` may have been overwritten, and because classes of the `util.inherits` kind are linked by
 * their prototypes alone.
 */
function lineage(constructor: Function): { classes: Function[]; isComplete: boolean } {
  const classes = new Set<Function>([constructor]);
  // The statics end at Function.prototype, itself a function, which stands right below the root of everything.
  for (let above = parent(constructor); above !== null && parent(parent(above)) !== null; above = parent(above)) {
    if (typeof above === 'function') classes.add(above);
  }
  const known = new Set<unknown>(Array.from(classes, (found) => found.prototype));
  let isComplete = true;
  for (let prototype = constructor.prototype ?? null; prototype !== null; prototype = parent(prototype)) {
    const owner: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
    if (typeof owner === 'function') classes.add(owner);
    else isComplete &&= known.has(prototype);
  }
  return { classes: [...classes], isComplete };
}

function parent(value: object | null): object | null {
  return value === null ? null : Object.getPrototypeOf(value);
}
