import { nameText } from './text.js';

/** The properties of an object in the order in which they are encoded, each with the text in front of its value. */
export interface PropertyOrder {
  readonly names: readonly string[];
  /** `{`, or `,` from the second on, then the name and a colon. */
  readonly leads: readonly string[];
  /** Whether it has none, or the one that an `arguments` object has unless it is empty. */
  readonly mayBeArguments: boolean;
  /** Whether one of them is `order`, whose own properties TypeORM sorts rows by one after the other. */
  readonly hasSequence: boolean;
  /** The names as the object has them, in parentheses; empty where there are not several. */
  readonly sequence: string;
}

const NOTHING = {};

/** Whether all objects inherit enumerable properties, since someone assigned to Object.prototype. */
export function isRootPolluted(): boolean {
  for (const inherited in NOTHING) return inherited !== undefined;
  return false;
}

/** Objects with more properties than this are dictionaries rather than shapes; each would fill the tree by itself. */
const WIDEST = 32;
/** Longer names are data rather than names. */
const LONGEST_NAME = 64;
/** At most a few hundred kilobytes, and far more shapes than a program spells out. */
const MOST_NODES = 4_096;

class Node {
  order: PropertyOrder | undefined;
  /** The most recent step, so that the second property on, which mostly has one successor, costs one comparison. */
  lastName: string | undefined;
  lastNode: Node | undefined;
  readonly steps = new Map<string, Node>();
}

/**
 * The canonical order of an object's properties, looked up by the order in which the object has them.
 *
 * Sorting and writing out five names takes longer than all else that the key of typical find options needs, and the
 * literals in a program have few shapes. They are kept in a tree with a step per name; when it is full, as names that
 * come from outside may make it, it starts again from nothing.
 */
export class PropertyOrders {
  private root = new Node();
  private nodes = 0;

  /** @param counts whether a property is part of what is encoded */
  constructor(private readonly counts: (name: string) => boolean) {}

  /** @param names the enumerable own property names of an object, in its own order */
  of(names: readonly string[]): PropertyOrder {
    const count = names.length;
    if (count > WIDEST) return this.sort(names);
    let node = this.root;
    for (let i = 0; i < count; i++) {
      const name = names[i];
      if (name === node.lastName) {
        node = node.lastNode!;
        continue;
      }
      const next = node.steps.get(name) ?? this.grow(node, name);
      if (next === undefined) return this.sort(names);
      node.lastName = name;
      node.lastNode = next;
      node = next;
    }
    return (node.order ??= this.sort(names));
  }

  /**
   * The same for a plain object itself, without the list of its names, which saves a tenth of the time that the key of
   * find options takes.
   *
   * Such a loop sees inherited properties too, so the object must have the prototype of plain objects or none, and
   * {@link isRootPolluted} must be false.
   */
  ofPlain(value: object): PropertyOrder {
    let node = this.root;
    for (const name in value) {
      if (name === node.lastName) {
        node = node.lastNode!;
        continue;
      }
      const next = node.steps.get(name);
      if (next === undefined) return this.of(Object.keys(value));
      node.lastName = name;
      node.lastNode = next;
      node = next;
    }
    return (node.order ??= this.sort(Object.keys(value)));
  }

  private grow(node: Node, name: string): Node | undefined {
    if (name.length > LONGEST_NAME) return undefined;
    if (this.nodes === MOST_NODES) {
      this.root = new Node();
      this.nodes = 0;
      return undefined;
    }
    this.nodes++;
    const next = new Node();
    node.steps.set(name, next);
    return next;
  }

  private sort(all: readonly string[]): PropertyOrder {
    const names = all.filter(this.counts).sort();
    return {
      names,
      leads: names.map((name, i) => `${i === 0 ? '{' : ','}${nameText(name)}:`),
      mayBeArguments: names.length === 0 || names.includes('0'),
      hasSequence: names.includes('order'),
      sequence: all.length > 1 ? `(${all.map(nameText).join(',')})` : '',
    };
  }
}
