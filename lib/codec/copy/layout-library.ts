import type { ClassKnowledge } from './class-knowledge.js';
import { Layout } from './layout.js';

/** Classes have few layouts (columns selected, relations loaded); data that is keyed by data has one for every answer. */
const MOST_OF_A_CLASS = 64;
const MOST_OF_PLAIN_OBJECTS = 512;

/** Wider objects are kept in dictionaries by the engine, where compiled code gains nothing. */
const WIDEST = 512;

/** The layouts met so far, found by looking at an object. */
export class LayoutLibrary {
  private readonly shelves = new Map<ClassKnowledge, Shelf>();
  private count = 0;

  constructor(private readonly compile: (layout: Layout) => (value: object) => object) {}

  /** The object's layout; `undefined` when its properties are of no simple kind, or too many kinds were met. */
  find(value: object, of: ClassKnowledge): Layout | undefined {
    let shelf = this.shelves.get(of);
    if (shelf === undefined) this.shelves.set(of, (shelf = { recent: undefined, layouts: new Map() }));
    const { recent } = shelf;
    if (recent !== undefined && matchesLayout(value, recent)) return recent;
    const layout = this.look(value, of, shelf);
    if (layout !== undefined) shelf.recent = layout;
    return layout;
  }

  private look(value: object, of: ClassKnowledge, { layouts }: Shelf): Layout | undefined {
    const names = Object.keys(value);
    const getters = hiddenGettersOf(value, names, of);
    if (getters === undefined) return undefined;
    const text = JSON.stringify([names, getters]);
    const known = layouts.get(text);
    if (known !== undefined) return known;
    const isFull = layouts.size >= (of.isPlain ? MOST_OF_PLAIN_OBJECTS : MOST_OF_A_CLASS);
    if (isFull || names.length > WIDEST || names.some((name) => isInherited(name, of))) return undefined;
    const layout = new Layout(this.count++, of, names, getters, this.compile);
    layouts.set(text, layout);
    return layout;
  }
}

interface Shelf {
  /** Answers come in rows of one layout, so the last one is tried before names are joined and looked up. */
  recent: Layout | undefined;
  readonly layouts: Map<string, Layout>;
}

/** Whether an object of the layout's class has its own properties, in its order, and no others. */
export function matchesLayout(value: object, { names, getters }: Pick<Layout, 'names' | 'getters'>): boolean {
  let at = 0;
  for (const name in value) if (name !== names[at++]) return false;
  if (at !== names.length) return false;
  return hasNoMoreThan(value, names.length + getters.length) && getters.every((name) => isHiddenGetter(value, name));
}

/**
 * Whether the object has this many own properties, none of them named by a symbol.
 *
 * V8 answers both questions apart in half the time of `Reflect.ownKeys`, which was half of the time of storing a value.
 */
function hasNoMoreThan(value: object, properties: number): boolean {
  return Object.getOwnPropertyNames(value).length === properties && Object.getOwnPropertySymbols(value).length === 0;
}

/** The names of TypeORM's lazy relations; `undefined` when anything else is hidden from enumeration. */
function hiddenGettersOf(value: object, names: readonly string[], of: ClassKnowledge): string[] | undefined {
  const all = Reflect.ownKeys(value);
  if (all.length === names.length) return [];
  if (of.shape === undefined) return undefined;
  const visible = new Set<string | symbol>(names);
  const hidden = all.filter((name) => !visible.has(name));
  return hidden.every((name) => typeof name === 'string' && isHiddenGetter(value, name))
    ? (hidden as string[])
    : undefined;
}

/** Whether the object has an own getter of this name that nobody sees by enumerating, as TypeORM's lazy relations are. */
export function isHiddenGetter(value: object, name: string): boolean {
  const property = Object.getOwnPropertyDescriptor(value, name);
  return property !== undefined && property.enumerable === false && !('value' in property);
}

/** Assigning to an inherited name may run a setter, and asking for it by `in` tells nothing. */
function isInherited(name: string, { prototype }: ClassKnowledge): boolean {
  return prototype !== null && name in prototype;
}
