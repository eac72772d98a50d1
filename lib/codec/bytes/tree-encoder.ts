import { DATE_PROTOTYPE, isOrdinaryBinary, timeOf } from '../copy/builtins.js';
import type { ClassKnowledge, ClassLibrary } from '../copy/class-knowledge.js';
import { LayoutLibrary } from '../copy/layout-library.js';
import type { Layout } from '../copy/layout.js';
import type { ByteWriter } from './byte-writer.js';
import type { StableNames } from './class-names.js';
import * as format from './format.js';
import { Expectation, RowShape } from './row-shape.js';
import { OTHER_SHAPE, WRITTEN, type RowWriter } from './write-row.js';

/** Deeper values are left to the general form, which says so before the stack does. */
const DEEPEST = 200;

/** Between messages, so that nothing of the last one is kept. */
const NOTHING = new Set<object>();

/** Part of the value is of no kind that a tree has: the general form decides. */
const NO_TREE = 0;
const DONE = WRITTEN;

/**
 * Writes trees of ordinary objects, row by row, in one walk that checks and writes at once.
 *
 * Nothing is taken on trust: every object is compared with the shape it is written as, by its prototype, by the names
 * and order of its properties, and by their number with the hidden ones; and none may be reached twice.
 */
export class TreeEncoder implements RowWriter<Expectation, RowShape> {
  private readonly shapes = new WeakMap<Layout, RowShape>();
  private readonly layouts = new LayoutLibrary(() => (value) => value);
  private readonly root = new Expectation();

  private readonly dates = new DatesSeen();
  private seen = NOTHING;
  /** Objects without objects in them that were met so far. */
  private leaves = 0;
  private depth = 0;
  private message: object = {};
  private table: Uint8Array[] = [];

  constructor(
    private readonly classes: ClassLibrary,
    private readonly names: StableNames,
    readonly out: ByteWriter,
  ) {}

  /** The bytes; `undefined` when the value is no tree of ordinary objects with names. */
  encode(value: unknown): Uint8Array<ArrayBuffer> | undefined {
    try {
      this.start();
      return this.visit(value, this.root) === DONE ? this.out.finish(0, this.table) : undefined;
    } finally {
      this.seen = NOTHING;
    }
  }

  private start(): void {
    this.out.start();
    this.seen = new Set();
    this.dates.forget();
    this.leaves = 0;
    this.depth = 0;
    this.message = {};
    this.table = [];
  }

  private visit(value: unknown, place: Expectation): number {
    switch (typeof value) {
      case 'string':
        this.out.string(value);
        return DONE;
      case 'number':
        this.out.number(value);
        return DONE;
      case 'object':
        return value === null ? this.other(value) : this.object(value, place);
      default:
        return this.other(value);
    }
  }

  other(value: unknown): number {
    switch (typeof value) {
      case 'object':
        this.out.byte(format.NULL);
        return DONE;
      case 'boolean':
        this.out.byte(value ? format.TRUE : format.FALSE);
        return DONE;
      case 'undefined':
        this.out.byte(format.UNDEFINED);
        return DONE;
      case 'bigint':
        this.out.bigint(value);
        return DONE;
      default:
        return NO_TREE;
    }
  }

  /**
   * An object that is reached twice has something in it that is reached twice, down to one that holds no other object.
   * So only those are remembered; and a cycle ends at the bottom.
   */
  object(value: object, place: Expectation): number {
    const { shape } = place;
    if (shape === undefined && Object.getPrototypeOf(value) === DATE_PROTOTYPE) return this.date(value);
    if (this.depth === DEEPEST) return NO_TREE;
    const leaves = this.leaves;
    this.depth++;
    let outcome = shape === undefined ? OTHER_SHAPE : shape.write(value, this, this.out, shape);
    if (outcome === OTHER_SHAPE) outcome = this.writeUnexpected(value, place);
    this.depth--;
    return outcome === DONE && this.leaves === leaves && !this.isNewLeaf(value) ? NO_TREE : outcome;
  }

  /** One call of the Set tells whether the object was there, and puts it there. */
  private isNewLeaf(value: object): boolean {
    this.leaves++;
    const { size } = this.seen;
    return this.seen.add(value).size !== size;
  }

  date(date: object): number {
    const time = timeOf(date);
    if (time === undefined) return NO_TREE;
    const seen = this.dates.see(date, time);
    if (seen === BEFORE || (seen === MAYBE && !this.isNewLeaf(date))) return NO_TREE;
    this.leaves++;
    this.out.float(format.DATE, time);
    return DONE;
  }

  private writeArray(array: readonly unknown[], place: Expectation): number {
    const { length } = array;
    if (
      Object.getPrototypeOf(array) !== Array.prototype ||
      !Object.isExtensible(array) ||
      Object.keys(array).length !== length
    ) {
      return NO_TREE;
    }
    this.out.array(length);
    const { elements } = place;
    for (let at = 0; at < length; at++) {
      const element = array[at];
      if (element === undefined && !(at in array)) return NO_TREE;
      const outcome = this.visit(element, elements);
      if (outcome !== DONE) return outcome;
    }
    return DONE;
  }

  private writeUnexpected(value: object, place: Expectation): number {
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype === DATE_PROTOTYPE) return this.date(value);
    if (Array.isArray(value)) return this.writeArray(value, place);
    if (isOrdinaryBinary(value)) {
      this.out.binary(Buffer.isBuffer(value) ? format.BUFFER : format.UINT8_ARRAY, value);
      return DONE;
    }
    const of = this.classes.of(prototype);
    if (isExtraordinary(of) || !Object.isExtensible(value)) return NO_TREE;
    const named = this.names.of(of);
    if (named === undefined || named.registered !== undefined) return NO_TREE;
    const layout = this.layouts.find(value, of);
    if (layout === undefined) return this.writeRecord(value, of);
    let shape = this.shapes.get(layout);
    if (shape === undefined) {
      this.shapes.set(layout, (shape = new RowShape(of, named, layout.names, layout.getters)));
    }
    place.shape = shape;
    const outcome = shape.write(value, this, this.out, shape);
    return outcome === OTHER_SHAPE ? NO_TREE : outcome;
  }

  row(shape: RowShape): number {
    if (shape.message !== this.message && !this.mention(shape)) return NO_TREE;
    this.out.row(shape.index);
    return DONE;
  }

  /** Puts the shape into the table of this message; false if its lazy relations could not be defined anew. */
  private mention(shape: RowShape): boolean {
    if (shape.getters.length > 0 && shape.of.shape?.lazy?.isCertain() !== true) return false;
    shape.message = this.message;
    shape.index = this.table.push(shape.entry) - 1;
    return true;
  }

  /** Plain data keyed by data, of which there are too many layouts to name in a table. */
  private writeRecord(value: object, of: ClassKnowledge): number {
    const names = Object.keys(value);
    if (of.prototype !== Object.prototype || Object.getOwnPropertyNames(value).length !== names.length) return NO_TREE;
    this.out.byte(format.RECORD);
    this.out.length(names.length);
    const place = new Expectation();
    for (const name of names) {
      if (name in Object.prototype) return NO_TREE;
      this.out.string(name);
      const outcome = this.visit((value as Record<string, unknown>)[name], place);
      if (outcome !== DONE) return outcome;
    }
    return DONE;
  }
}

/** The golden ratio, which spreads times that lie a second or a day apart over all slots. */
const FACTOR = 0x9e3779b1;
const SLOT_BITS = 10;
const SLOTS = 2 ** SLOT_BITS;
const FIRST_TIME = 0;
const BEFORE = 1;
const MAYBE = 2;

/** Finds most Dates of a message again by their time, so that they need not enter the Set, the dearest part of the walk. */
class DatesSeen {
  private readonly dates = Array.from<object | undefined>({ length: SLOTS });
  private readonly messages = new Int32Array(SLOTS);
  private message = 0;

  forget(): void {
    this.message = (this.message + 1) | 0;
  }

  /** Remembers the date if its slot is free; `MAYBE` leaves both to somebody else, for the same date every time. */
  see(date: object, time: number): typeof FIRST_TIME | typeof BEFORE | typeof MAYBE {
    const slot = Math.imul(time, FACTOR) >>> (32 - SLOT_BITS);
    if (this.messages[slot] !== this.message) {
      this.messages[slot] = this.message;
      this.dates[slot] = date;
      return FIRST_TIME;
    }
    return this.dates[slot] === date ? BEFORE : MAYBE;
  }
}

function isExtraordinary(of: ClassKnowledge): boolean {
  return of.isBare || of.holdsPrivateState || of.isNative || of.isStream || of.inheritsEnumerable;
}
