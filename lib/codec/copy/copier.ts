import { sizeOf, sizeOfPrimitive } from '../size.js';
import { copyBinary } from './builtins.js';
import { copyCarefully } from './careful-copy.js';
import { ClassLibrary } from './class-knowledge.js';
import type { DescribeClass } from './class-shape.js';
import { compileLayout, compilePlace, type CopyTools } from './compile.js';
import { deepFreeze, isDeeplyFrozen } from './deep-freeze.js';
import { LayoutLibrary } from './layout-library.js';
import { OBJECT, Place } from './layout.js';
import type { StoredValue } from './stored-value.js';
import { Survey } from './survey.js';
import { copyTree } from './tree-copy.js';

/** How a hit is handed out. */
export interface CopierOptions {
  /**
   * `'clone'`: every caller gets a copy of its own. `'freeze'`: all callers share one value that nobody can change, and
   * values that cannot be frozen are cloned.
   *
   * @default 'clone'
   */
  readonly mode?: 'clone' | 'freeze';
}

type Copy = (value: unknown) => unknown;

const ITSELF: Copy = (value) => value;

const MOST_ROOTS = 512;

/**
 * Makes the copies that keep callers and the cache apart.
 *
 * A value is looked at once, when it is stored. If it is a tree of ordinary objects, which answers of a database are,
 * it gets functions compiled for the classes and properties found in it; anything else (cycles, shared references,
 * private state, Maps, hidden properties) is copied property by property each time. Nothing is trusted that the look
 * did not see, and nobody can change the cache's copy after it.
 */
export class Copier {
  private readonly classes: ClassLibrary;
  private readonly layouts: LayoutLibrary;
  private readonly roots = new Map<string, Copy>();
  private readonly isFreezing: boolean;
  private isKeeping = false;

  private readonly tools: CopyTools = {
    tree: (value) => copyTree(value, this.classes, this.isKeeping),
    binary: (value) => copyBinary(value, this.isKeeping),
  };
  private readonly copyCarefully: Copy = (value) => copyCarefully(value, this.classes, false);

  constructor(describe: DescribeClass, options: CopierOptions = {}) {
    this.classes = new ClassLibrary(describe);
    this.layouts = new LayoutLibrary((layout) => compileLayout(layout, this.tools));
    this.isFreezing = options.mode === 'freeze';
  }

  /**
   * The cache's own copy of a value, its size, and how to hand it out.
   *
   * @throws ZooCacheError `UNCOPYABLE_VALUE` when part of the value cannot be copied: it names where, what, and the way out
   */
  store<T>(value: T): StoredValue<T> {
    return this.keep(value) as StoredValue<T>;
  }

  private keep(value: unknown): StoredValue {
    if (typeof value !== 'function' && (typeof value !== 'object' || value === null)) {
      return { value, bytes: sizeOfPrimitive(value), copy: ITSELF };
    }
    if (Object.isFrozen(value) && isDeeplyFrozen(value)) return { value, bytes: sizeOf(value), copy: ITSELF };
    const stored = this.keepTree(value) ?? this.keepCarefully(value);
    return this.isFreezing && deepFreeze(stored.value, this.classes) ? { ...stored, copy: ITSELF } : stored;
  }

  private keepTree(value: unknown): StoredValue | undefined {
    const root = new Place(() => undefined);
    const survey = new Survey(this.classes, this.layouts);
    if (!survey.affirms(value, root)) return undefined;
    this.isKeeping = true;
    try {
      const kept = this.copyOf(root)(value);
      // Asked again, because copying compiled what was not compiled yet.
      return { value: kept, bytes: survey.bytes, copy: this.copyOf(root) };
    } finally {
      this.isKeeping = false;
    }
  }

  private keepCarefully(value: unknown): StoredValue {
    const kept = copyCarefully(value, this.classes, true);
    return { value: kept, bytes: sizeOf(kept), copy: this.copyCarefully };
  }

  private copyOf(root: Place): Copy {
    if (root.seen === OBJECT) return root.layouts[0].copy as Copy;
    const { signature } = root;
    let copy = this.roots.get(signature);
    if (copy === undefined) {
      if (this.roots.size === MOST_ROOTS) this.roots.clear();
      this.roots.set(signature, (copy = compilePlace(root, this.tools)));
    }
    return copy;
  }
}
