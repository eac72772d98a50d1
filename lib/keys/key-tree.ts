import { types } from 'node:util';
import type { CacheKey } from './cache-key.js';
import { isRootPolluted } from './property-orders.js';

/** How many steps are remembered before the tree starts again; one takes some 60 bytes. */
const MOST_NODES = 4_096;

/** After so many keys that had to be made, a tree that found fewer gives up. */
const PATIENCE = 1_024;

/** Longer texts are data that will not come again. */
const LONGEST_TEXT = 64;

/** Deeper than arguments are; it also ends cycles. */
const DEEPEST = 12;

/** Steps that no value is. */
const OPEN = Symbol('{');
const CLOSE = Symbol('}');
const NO_STEP = Symbol('none');

class Node {
  key: CacheKey | undefined = undefined;
  /** The most recent step, so that what is the same in every call costs one comparison. */
  step: unknown = NO_STEP;
  next: Node | undefined = undefined;
  /** All steps, from the second on. */
  steps: Map<unknown, Node> | undefined = undefined;
}

/**
 * The keys of the calls made lately, by arguments that are primitives and plain objects of them.
 *
 * A key that is put together anew has to be flattened and hashed before anything can be found under it, which takes
 * longer than making it. Here arguments are not made into text at all: each property and each value is a step from node to
 * node, and where the last one ends is the key, with its hash. For find options that takes a quarter of the time.
 *
 * The same steps are the same values in the same order, of which an encoder makes the same text; so what it would refuse
 * or tell apart by anything else must not be learned, or not be walked.
 */
export class KeyTree {
  private root = new Node();
  private nodes = 0;
  private found = 0;
  private made = 0;
  private hasGivenUp = false;

  /** The key of these arguments, made by `make` unless it is known; where there is none, nothing is. */
  of(args: readonly unknown[], make: (args: readonly unknown[]) => CacheKey | undefined): CacheKey | undefined {
    // Such a prototype gives all objects properties that are not theirs.
    if (this.hasGivenUp || isRootPolluted()) return make(args);
    const known = this.find(args);
    if (known === undefined) return this.learn(args, make);
    this.found++;
    return known;
  }

  private find(args: readonly unknown[]): CacheKey | undefined {
    try {
      let node: Node | undefined = this.root;
      for (let i = 0; i < args.length && node !== undefined; i++) node = walk(node, args[i]);
      return node?.key;
    } catch {
      // A getter or a Proxy threw, which whoever makes the key will say in words.
      return undefined;
    }
  }

  private learn(
    args: readonly unknown[],
    make: (args: readonly unknown[]) => CacheKey | undefined,
  ): CacheKey | undefined {
    if (++this.made === PATIENCE) this.lookBack();
    const key = make(args);
    const steps: unknown[] = [];
    if (key !== undefined && args.every((arg) => spell(arg, 0, steps))) this.grow(steps).key = key;
    return key;
  }

  /** Where arguments hardly ever come again, or are of other kinds, walking is in vain. */
  private lookBack(): void {
    this.hasGivenUp = this.found < this.made;
    if (this.hasGivenUp) this.root = new Node();
    this.found = this.made = 0;
  }

  private grow(steps: readonly unknown[]): Node {
    if (this.nodes + steps.length > MOST_NODES) {
      this.root = new Node();
      this.nodes = 0;
    }
    let node = this.root;
    for (const step of steps) node = follow(node, step) ?? this.branch(node, step);
    return node;
  }

  private branch(node: Node, step: unknown): Node {
    this.nodes++;
    const next = new Node();
    if (node.next !== undefined) (node.steps ??= new Map([[node.step, node.next]])).set(step, next);
    node.step = step;
    return (node.next = next);
  }
}

function follow(node: Node, step: unknown): Node | undefined {
  if (step === node.step) return node.next;
  const next = node.steps?.get(step);
  if (next !== undefined) {
    node.step = step;
    node.next = next;
  }
  return next;
}

/** The node behind a value, if the tree knows it: it is nowhere deeper than what was learned, so cycles come to an end. */
function walk(node: Node, value: unknown): Node | undefined {
  if (typeof value !== 'object' || value === null) return isStep(value) ? follow(node, value) : undefined;
  if (Object.getPrototypeOf(value) !== Object.prototype) return undefined;
  if (Object.getOwnPropertySymbols(value).length > 0) return undefined;
  let at = follow(node, OPEN);
  for (const name in value) {
    at = at && follow(at, name);
    if (at === undefined) return undefined;
    at = walk(at, (value as Readonly<Record<string, unknown>>)[name]);
  }
  return at && follow(at, CLOSE);
}

/**
 * Whether a value is plain data, whose steps have been added then.
 *
 * It is read once more than its key was made from, so what may answer otherwise each time, a getter or a Proxy, is none.
 */
function spell(value: unknown, depth: number, steps: unknown[]): boolean {
  if (typeof value !== 'object' || value === null) {
    steps.push(value);
    return isStep(value) && !(typeof value === 'string' && value.length > LONGEST_TEXT);
  }
  if (depth === DEEPEST || types.isProxy(value) || Object.getPrototypeOf(value) !== Object.prototype) return false;
  const properties = Object.entries(Object.getOwnPropertyDescriptors(value)).filter(([, { enumerable }]) => enumerable);
  // An `arguments` object has no other properties than a plain one may have.
  if (properties.length === 0 || '0' in value) return false;
  steps.push(OPEN);
  for (const [name, property] of properties) {
    steps.push(name);
    if (!('value' in property) || !spell(property.value, depth + 1, steps)) return false;
  }
  steps.push(CLOSE);
  return true;
}

/** Whether no two values of a kind are one to a map that are two to a key. */
function isStep(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
    case 'bigint':
      return true;
    case 'number':
      return value === 0 ? 1 / value > 0 : value === value;
    default:
      return value === null;
  }
}
