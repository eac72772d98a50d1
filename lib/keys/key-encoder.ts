import { types } from 'node:util';
import { isConstructorOf } from '../support/constructor-of.js';
import { builtinParts } from './builtin-values.js';
import { ClassNames } from './class-names.js';
import { definesMethod, planOf, type ClassEncoder, type ClassPlan } from './class-plan.js';
import { isRootPolluted, PropertyOrders, type PropertyOrder } from './property-orders.js';
import { nameText, numberText, stringText } from './text.js';
import { ENCODE_AGAIN, readError, refuse, Walk } from './walk.js';

/*
 * Arguments become text. Two lists of arguments have the same text only if no method could tell them apart by value;
 * how an object's properties are ordered does not show, but for those of an `order`.
 *
 *   42  -0  1.5e+21  NaN  42n          numbers and bigints, as JavaScript writes them
 *   true  false  null  undefined       the words
 *   {order:{a:1,b:1}}(b,a)             behind an object with an `order`: its properties as they stand, if there are several,
 *                                      because find options sort by the first one first
 *   5'Books                            a string behind its length, so it cannot forge what follows
 *   [1,hole,2]  {id:1,6'a-name:2}      arrays and plain objects; properties sorted; a property that is undefined is
 *                                      not one that is missing, and trailing undefined arguments count too
 *   Date(0)  Map(1,2)  RegExp(...)     built-in classes by their slots, Maps and Sets in their own order
 *   @Money{amount:1}  @Buffer:...      an instance: the name of its class, and its own enumerable properties; those of
 *                                      arrays and built-in classes stand behind the rest, but not those of bytes
 *   @Money{amount:1}!{unit:3'EUR}      behind an exclamation mark: its data that is not enumerated
 *   @FindOperator(2'in,[1],true,true)  TypeORM's operators: what they are named, what they hold, how it is bound
 *   @Decimal{s:1}(3'1.5)               an instance that hides its state or reduces itself to a primitive: its toJSON(), and
 *                                      what it shows; of one that is a primitive only the primitives
 *   ^0                                 a container that was met before, in the order of meeting, where cycles are
 *
 * Every text ends where its reader knows it ends, and no two kinds start alike; that is all that injectivity needs.
 *
 * The encoder works without looking back: no path for messages, no memory of what it has seen. When something cannot be
 * encoded, or nests deeper than typical arguments do and may be a cycle, it starts again with a Walk, which has both.
 * Equal values take the same way, so this never shows, but for one thing: below that depth, a value that occurs twice
 * as one object is not the same as one that occurs as two equal ones. That costs a miss, never a wrong answer.
 */

export interface KeyEncoderOptions {
  /** Tells an instance whose presence among the arguments means that the cache must not answer: a manager, a runner. */
  readonly bypass?: (value: object) => boolean;
  /**
   * Whether a `Raw` of TypeORM with a function is encoded by the SQL that its function makes.
   *
   * @default false: it is refused, as every function is
   */
  readonly asksRawSql?: boolean;
  /** The first whose class is the instance's own or above it is used. */
  readonly encoders?: readonly ClassEncoder[];
  /** Shared with whoever names the classes of the same application. @default names of its own */
  readonly classNames?: ClassNames;
}

/** Deeper than arguments are, and shallow enough that a cycle is noticed before it costs anything. */
const FAST_DEPTH = 12;
/** Far from the end of the stack, which the caller may have half used. */
const DEEPEST = 256;

const BYPASSED = new Error('An argument bypasses the cache');

const FIND_OPERATOR = Symbol.for('FindOperator');
const EQUAL_OPERATOR = Symbol.for('EqualOperator');

/** TypeORM's notes about a lazy relation; what it loaded stands in `__relation__` and counts. */
const LAZY_NOTE = /^__(?:promise|has)_.+__$/;

/** The parts of TypeORM's FindOperator, which this room knows by its marker alone. */
interface FindOperatorLike {
  readonly '@instanceof': symbol;
  readonly _type: unknown;
  readonly _value: unknown;
  readonly _useParameter: unknown;
  readonly _multipleParameters: unknown;
  readonly _getSql: unknown;
  readonly _objectLiteralParameters: unknown;
}

type Properties = Readonly<Record<string, unknown>>;

/**
 * Turns arguments into the text of a key: canonical, injective, and about as fast as `JSON.stringify`.
 *
 * One instance serves one application, since it numbers classes of the same name; it may be used concurrently.
 */
export class KeyEncoder {
  private readonly bypass: ((value: object) => boolean) | undefined;
  private readonly asksRawSql: boolean;
  private readonly encoders: readonly ClassEncoder[];
  private readonly classNames: ClassNames;
  private readonly plans = new WeakMap<object, ClassPlan>();
  private readonly orders = new PropertyOrders(() => true);
  private readonly instanceOrders = new PropertyOrders((name) => !LAZY_NOTE.test(name));
  private readonly operatorOrders = new PropertyOrders((name) => name !== '@instanceof');

  constructor(options: KeyEncoderOptions = {}) {
    this.bypass = options.bypass;
    this.asksRawSql = options.asksRawSql ?? false;
    this.encoders = options.encoders ?? [];
    this.classNames = options.classNames ?? new ClassNames();
  }

  /**
   * The text of a list of arguments, empty for none; `undefined` when one of them, or something inside it, bypasses the
   * cache.
   *
   * @param option the option of the user that returned what is encoded, for the reader of an error. @default they are arguments
   * @param method what was called with them, for the same reader
   * @throws ZooCacheError `INVALID_KEY`, with the argument's position (from 1) and the path inside it, for what has no
   * value to compare by: functions, symbols, promises, streams, weak references, instances that hide their state
   */
  encode(args: readonly unknown[], option?: string, method?: string): string | undefined {
    if (args.length === 0) return '';
    if (args.length === 1) {
      const only = args[0];
      if (typeof only === 'number') return numberText(only);
      if (typeof only === 'string') return stringText(only);
    }
    if (isRootPolluted()) return this.encodeCarefully(args, option, method);
    try {
      return this.list(args, undefined);
    } catch (thrown) {
      return thrown === BYPASSED ? undefined : this.encodeCarefully(args, option, method);
    }
  }

  private encodeCarefully(args: readonly unknown[], option?: string, method?: string): string | undefined {
    const walk = new Walk(option, method);
    try {
      return this.list(args, walk);
    } catch (thrown) {
      if (thrown === BYPASSED) return undefined;
      throw readError(walk, thrown);
    }
  }

  private list(args: readonly unknown[], walk: Walk | undefined): string {
    let text = '';
    for (let i = 0; i < args.length; i++) {
      walk?.start(i);
      text += i === 0 ? this.value(args[i], 1, walk) : ',' + this.value(args[i], 1, walk);
    }
    return text;
  }

  /** @param depth how many steps of the walk lead here */
  private value(value: unknown, depth: number, walk: Walk | undefined): string {
    switch (typeof value) {
      case 'string':
        return stringText(value);
      case 'number':
        return numberText(value);
      case 'boolean':
        return value ? 'true' : 'false';
      case 'undefined':
        return 'undefined';
      case 'bigint':
        return value + 'n';
      case 'object':
        return value === null ? 'null' : this.object(value, depth, walk);
      default:
        return refuse(walk, typeof value === 'function' ? 'a function' : 'a symbol');
    }
  }

  private object(value: object, depth: number, walk: Walk | undefined): string {
    if (walk !== undefined) {
      const earlier = walk.meet(value);
      if (earlier !== undefined) return '^' + earlier;
      if (depth > DEEPEST) return refuse(walk, `a value nested deeper than ${DEEPEST} levels`);
    } else if (depth > FAST_DEPTH) {
      throw ENCODE_AGAIN;
    }
    const prototype: object | null = Object.getPrototypeOf(value);
    if (Array.isArray(value)) return this.array(value, prototype, depth, walk);
    return prototype === Object.prototype || prototype === null
      ? this.plain(value, walk === undefined ? this.orders.ofPlain(value) : this.orderOf(value), depth, walk)
      : this.instance(value, prototype, depth, walk);
  }

  private array(value: readonly unknown[], prototype: object | null, depth: number, walk: Walk | undefined): string {
    if (prototype === Array.prototype) return this.elements(value, depth, walk);
    const plan = prototype === null ? undefined : this.planOf(prototype);
    if (plan?.hidesMembers) return refuse(walk, hidden(plan));
    const label = plan?.builtin === 'Array' ? '' : (plan?.label ?? '@') + ':';
    return label + this.elements(value, depth, walk);
  }

  private elements(value: readonly unknown[], depth: number, walk: Walk | undefined): string {
    const length = value.length;
    const names = Object.keys(value);
    refuseSymbols(value, walk);
    // Indices come first and ascending, so the last name tells whether there are holes, or properties besides.
    const isDense = names.length === length && (length === 0 || names[length - 1] === '' + (length - 1));
    let text = '[';
    for (let i = 0; i < length; i++) {
      walk?.step(depth, `[${i}]`);
      const element = isDense || Object.hasOwn(value, i) ? this.value(value[i], depth + 1, walk) : 'hole';
      text += i === 0 ? element : ',' + element;
    }
    text += ']';
    const others = isDense ? [] : names.filter((name) => !isIndexBelow(length, name));
    return others.length === 0 ? text : text + this.properties(value, this.orders.of(others), depth, walk);
  }

  private plain(value: object, order: PropertyOrder, depth: number, walk: Walk | undefined): string {
    if (order.mayBeArguments && types.isArgumentsObject(value)) {
      return 'Arguments' + this.elements(value as unknown as readonly unknown[], depth, walk);
    }
    refuseSymbols(value, walk);
    return this.properties(value, order, depth, walk);
  }

  private properties(value: object, order: PropertyOrder, depth: number, walk: Walk | undefined): string {
    const { names, leads } = order;
    if (names.length === 0) return '{}';
    let text = '';
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      walk?.stepTo(depth, name);
      text += leads[i] + this.value((value as Properties)[name], depth + 1, walk);
    }
    return order.hasSequence ? text + '}' + this.sequence((value as Properties)['order'], 0) : text + '}';
  }

  /** The names in an `order`, in their own sequence; empty where there is only one. */
  private sequence(order: unknown, depth: number): string {
    if (typeof order !== 'object' || order === null || Array.isArray(order) || depth > FAST_DEPTH) return '';
    const { names, sequence } = this.orderOf(order);
    // Most are by columns of one table, whose names are put together once.
    for (const name of names) {
      if (typeof (order as Properties)[name] === 'object') return this.nestedSequence(order, depth);
    }
    return sequence;
  }

  private nestedSequence(order: object, depth: number): string {
    const names = Object.keys(order);
    const parts = names.map((name) => nameText(name) + this.sequence((order as Properties)[name], depth + 1));
    return parts.length > 1 || parts[0].endsWith(')') ? `(${parts.join(',')})` : '';
  }

  private orderOf(value: object): PropertyOrder {
    return this.orders.of(Object.keys(value));
  }

  private instance(value: object, prototype: object, depth: number, walk: Walk | undefined): string {
    const plan = this.planOf(prototype);
    if (plan.isPlain) return this.plain(value, this.orderOf(value), depth, walk);
    const marker = (value as FindOperatorLike)['@instanceof'];
    if (marker === FIND_OPERATOR || marker === EQUAL_OPERATOR) {
      return this.findOperator(value as FindOperatorLike, plan, depth, walk);
    }
    if (plan.encoder === undefined && plan.hasSlots) {
      const text = this.builtin(value, plan, depth, walk);
      if (text !== undefined) return text;
    }
    if (this.bypass !== undefined && this.bypass(value)) throw BYPASSED;
    if (typeof marker === 'symbol' && plan.encoder === undefined)
      return refuse(walk, `TypeORM's ${marker.description}`);
    return this.classInstance(value, plan, depth, walk);
  }

  private findOperator(value: FindOperatorLike, plan: ClassPlan, depth: number, walk: Walk | undefined): string {
    const names = Object.keys(value);
    refuseSymbols(value, walk);
    const { _type: type, _value: operand, _useParameter: one, _multipleParameters: many } = value;
    const { _getSql: getSql, _objectLiteralParameters: named } = value;
    if (this.asksRawSql && typeof getSql === 'function' && names.length === 7) {
      const sql: unknown = (getSql as (alias: string) => unknown)('alias');
      if (typeof sql !== 'string') return refuse(walk, 'a Raw whose function makes no SQL');
      return plan.label + '~' + stringText(sql) + this.value([type, operand, named], depth + 1, walk);
    }
    if (
      names.length !== 7 ||
      names[5] !== '_getSql' ||
      getSql !== undefined ||
      names[6] !== '_objectLiteralParameters' ||
      named !== undefined ||
      typeof type !== 'string' ||
      typeof one !== 'boolean' ||
      typeof many !== 'boolean'
    ) {
      return plan.label + this.properties(value, this.operatorOrders.of(names), depth, walk);
    }
    walk?.stepTo(depth, '_value');
    const flags = one ? (many ? ',true,true)' : ',true,false)') : many ? ',false,true)' : ',false,false)';
    return plan.label + '(' + stringText(type) + ',' + this.value(operand, depth + 1, walk) + flags;
  }

  private builtin(value: object, plan: ClassPlan, depth: number, walk: Walk | undefined): string | undefined {
    if (types.isDate(value)) {
      const text = 'Date(' + Date.prototype.getTime.call(value) + ')';
      return this.slotted(text, 'Date', value, Object.keys(value), plan, depth, walk);
    }
    const found = builtinParts(value);
    if (found === undefined) return undefined;
    let text = found.kind + '(';
    for (let i = 0; i < found.parts.length; i++) {
      walk?.step(depth, `<${found.kind} ${i}>`);
      text += (i === 0 ? '' : ',') + this.value(found.parts[i], depth + 1, walk);
    }
    const names = found.isIndexed === true ? [] : Object.keys(value);
    return this.slotted(text + ')', found.kind, value, names, plan, depth, walk);
  }

  /** What a value's slots hold, with the name of a subclass in front and properties of its own behind. */
  private slotted(
    slots: string,
    kind: string,
    value: object,
    names: readonly string[],
    plan: ClassPlan,
    depth: number,
    walk: Walk | undefined,
  ): string {
    walk?.backTo(depth);
    if (plan.hidesMembers) return refuse(walk, hidden(plan));
    refuseSymbols(value, walk);
    const text = plan.builtin === kind ? slots : plan.label + ':' + slots;
    return names.length === 0 ? text : text + this.properties(value, this.orders.of(names), depth, walk);
  }

  private classInstance(value: object, plan: ClassPlan, depth: number, walk: Walk | undefined): string {
    if (plan.encoder !== undefined) {
      return plan.label + '(' + this.value(plan.encoder.encode(value), depth + 1, walk) + ')';
    }
    const { then, pipe, next, toJSON } = value as Readonly<Record<'then' | 'pipe' | 'next' | 'toJSON', unknown>>;
    if (typeof then === 'function') return refuse(walk, 'a promise');
    if (typeof pipe === 'function') return refuse(walk, 'a stream');
    const label = plan.isClassless ? this.labelByItself(value) : plan.label;
    if (label === undefined) {
      return refuse(walk, typeof next === 'function' ? 'an iterator' : 'an object that inherits from another object');
    }
    const json: unknown = typeof toJSON === 'function' ? toJSON.call(value) : undefined;
    // An object may leave something out, and null may be all that an invalid value has to say.
    if (json !== undefined && typeof json !== 'object' && typeof json !== 'function') {
      return label + this.primitivesOf(value) + '(' + this.value(json, depth + 1, walk) + ')';
    }
    refuseSymbols(value, walk);
    const names = Object.keys(value);
    const listed = this.properties(value, this.instanceOrders.of(names), depth, walk);
    const visible = listed + this.unlisted(value, names.length, depth, walk);
    if (!plan.hasSlots && !plan.hidesMembers) return label + visible;
    walk?.backTo(depth);
    const told = json ?? primitives(value);
    if (told === undefined || told === null) return refuse(walk, hidden(plan));
    walk?.step(depth, json === undefined ? '<toString>' : '<toJSON>');
    return label + visible + '(' + this.value(told, depth + 1, walk) + ')';
  }

  /**
   * Data of an instance that is not enumerated, as `Object.defineProperty()` makes it, empty for none. Functions there are
   * methods, and accessors make of something what they give, as TypeORM's of lazy relations do.
   */
  private unlisted(value: object, listed: number, depth: number, walk: Walk | undefined): string {
    const all = Object.getOwnPropertyNames(value);
    if (all.length === listed) return '';
    const names = all.filter((name) => {
      const property = Object.getOwnPropertyDescriptor(value, name);
      return property?.enumerable === false && 'value' in property && typeof property.value !== 'function';
    });
    return names.length === 0 ? '' : '!' + this.properties(value, this.orders.of(names), depth, walk);
  }

  /** The label of an instance that says its class itself, where the prototype does not, as those of big.js do. */
  private labelByItself(value: object): string | undefined {
    const { constructor } = value;
    return isConstructorOf(constructor, value) ? '@' + this.classNames.of(constructor) : undefined;
  }

  /**
   * The properties that hold primitives, empty for none: Dayjs and Moment tell the moment alone by their toJSON, and hold
   * there the zone and the language that they show it in. Other properties may be caches, and `null` one that is empty yet.
   */
  private primitivesOf(value: object): string {
    const names = Object.keys(value).filter((name) => isPrimitive((value as Properties)[name]));
    return names.length === 0 ? '' : this.properties(value, this.orders.of(names), 0, undefined);
  }

  private planOf(prototype: object): ClassPlan {
    let plan = this.plans.get(prototype);
    if (plan === undefined) {
      plan = planOf(prototype, this.classNames, this.encoders);
      this.plans.set(prototype, plan);
    }
    return plan;
  }
}

function hidden(plan: ClassPlan): string {
  return `an instance of ${plan.title}, which hides its state`;
}

/** What an instance's own `toString` and `valueOf` tell, if they give primitives. */
function primitives(value: object): unknown[] | undefined {
  const told = ['toString', 'valueOf']
    .filter((name) => definesMethod(value, name))
    .map((name) => (value as Readonly<Record<string, () => unknown>>)[name]())
    .filter((result) => result !== null && result !== undefined && typeof result !== 'object');
  return told.length === 0 ? undefined : told;
}

/** Asked of every object, a fifth of the time; but two objects that differ in a symbol alone must not share an answer. */
function refuseSymbols(value: object, walk: Walk | undefined): void {
  const symbols = Object.getOwnPropertySymbols(value);
  if (symbols.length === 0) return;
  const seen = symbols.find((symbol) => Object.prototype.propertyIsEnumerable.call(value, symbol));
  if (seen !== undefined) refuse(walk, `an object with a property whose name is a symbol, ${String(seen)}`);
}

function isPrimitive(value: unknown): boolean {
  return (
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
  );
}

function isIndexBelow(length: number, name: string): boolean {
  const index = Number(name);
  return index < length && String(index) === name && Number.isInteger(index) && index >= 0;
}
