import { types } from 'node:util';
import { nameOfTypedArray } from '../copy/builtins.js';
import { isBoundIn, isClassOf, isPendingRelation, looksLike } from '../copy/careful-copy.js';
import { isNativePrototype, type ClassKnowledge, type ClassLibrary } from '../copy/class-knowledge.js';
import type { PropertyShape } from '../copy/class-shape.js';
import type { ByteWriter } from './byte-writer.js';
import type { NamedClass, StableNames } from './class-names.js';
import * as format from './format.js';
import { RowShape } from './row-shape.js';
import { unencodable } from './unencodable.js';

const { Kind } = format;

/** Each level takes several calls on the stack, which the caller has used in part. */
const DEEPEST = 400;

const PLAIN_WAY_OUT = 'Return plain data instead, or do not cache this method';
const REGISTER_WAY_OUT = 'name the class in the option `classes` of ZooCacheModule.forRoot()';

/**
 * Writes any value that bytes can hold, cycles and shared references included, and judges what they cannot.
 *
 * Every object gets a number when it is met, in the order in which the decoder will meet it again.
 */
export class GraphEncoder {
  private readonly numbers = new Map<object, number>();
  private readonly path: (string | number | symbol)[] = [];
  private readonly classesMet = new Map<ClassKnowledge, number>();
  private readonly table: Uint8Array[] = [];
  /** What stands for an object must not refer to it, because it is there before the object can be made of it. */
  private readonly unmade = new Set<object>();

  /** Whether making the value again is the business of code of its classes. */
  runsForeignCode = false;

  constructor(
    private readonly classes: ClassLibrary,
    private readonly names: StableNames,
    private readonly out: ByteWriter,
  ) {}

  /** @throws ZooCacheError `UNENCODABLE_VALUE` */
  encode(value: unknown): Uint8Array<ArrayBuffer> {
    this.out.start();
    try {
      this.write(value);
      return this.out.finish(format.IS_GRAPH, this.table);
    } finally {
      this.out.start();
    }
  }

  private write(value: unknown): void {
    switch (typeof value) {
      case 'string':
        return this.out.string(value);
      case 'number':
        return this.out.number(value);
      case 'boolean':
        return this.out.byte(value ? format.TRUE : format.FALSE);
      case 'undefined':
        return this.out.byte(format.UNDEFINED);
      case 'bigint':
        return this.out.bigint(value);
      case 'symbol':
        return this.writeSymbol(value);
      case 'function':
        throw unencodable(this.path, `a function ('${value.name}')`, PLAIN_WAY_OUT);
      default:
        if (value === null) return this.out.byte(format.NULL);
        return this.writeReferenceOr(value as object, () => this.writeObject(value as object));
    }
  }

  private writeReferenceOr(value: object, write: () => void): void {
    const number = this.numbers.get(value);
    if (number === undefined) {
      if (this.path.length > DEEPEST) {
        throw unencodable(this.path.slice(0, 3), `objects nested deeper than ${DEEPEST} levels`, PLAIN_WAY_OUT);
      }
      this.numbers.set(value, this.numbers.size);
      write();
      return;
    }
    if (this.unmade.has(value)) {
      throw unencodable(this.path, 'an object that what it is stored as refers to', PLAIN_WAY_OUT);
    }
    this.out.byte(format.REFERENCE);
    this.out.length(number);
  }

  private writeSymbol(value: symbol): void {
    const registered = Symbol.keyFor(value);
    const wellKnown = registered === undefined ? nameOfWellKnown(value) : undefined;
    if (registered === undefined && wellKnown === undefined) {
      throw unencodable(this.path, `a symbol that no other process has (${String(value)})`, 'Use Symbol.for()');
    }
    this.out.byte(format.SYMBOL);
    this.out.byte(registered === undefined ? 0 : 1);
    this.out.string(registered ?? wellKnown!);
  }

  private writeObject(value: object): void {
    const prototype = Object.getPrototypeOf(value) as object | null;
    const knowledge = this.classes.of(prototype);
    const named = this.names.of(knowledge);
    if (named?.registered !== undefined) return this.writeRegistered(value, knowledge, named);
    if (this.writeBuiltin(value, prototype)) return;

    this.refuseLiving(value, knowledge);
    if (knowledge.isPlain) {
      this.open(knowledge.isBare ? Kind.bare : Kind.plain);
      return this.writeProperties(value, knowledge);
    }
    if (named === undefined) {
      throw unencodable(
        this.path,
        `an instance of ${knowledge.name}, a class that other processes do not know`,
        `Return plain data instead, or ${REGISTER_WAY_OUT}`,
      );
    }
    const isConstructed = knowledge.holdsPrivateState || (knowledge.shape !== undefined && hasOwnFunction(value));
    const given = isConstructed ? this.construct(knowledge) : undefined;
    this.open(isConstructed ? Kind.constructed : Kind.instance);
    this.out.length(this.numberOf(knowledge, named));
    this.writeProperties(value, knowledge, given);
    if (knowledge.holdsPrivateState) this.writeAccessors(value, knowledge);
  }

  /** What the decoder will make, tried now, because a hit would be too late to refuse. */
  private construct({ name, shape }: ClassKnowledge): object {
    if (shape === undefined) {
      throw unencodable(
        this.path,
        `an instance of ${name}, which has private state`,
        `Return plain data instead, or ${REGISTER_WAY_OUT}, with functions that write and read it`,
      );
    }
    try {
      return shape.construct();
    } catch (cause) {
      throw unencodable(
        this.path,
        `an instance of ${name}, whose constructor failed without arguments`,
        'Let the constructor do without them, as TypeORM asks of entities',
        cause,
      );
    }
  }

  private open(kind: number): void {
    if (kind === Kind.constructed || kind === Kind.transformed || kind === Kind.registered) this.runsForeignCode = true;
    this.out.byte(format.OBJECT);
    this.out.byte(kind);
  }

  /** Objects of the language and of Node; false for all others. */
  private writeBuiltin(value: object, prototype: object | null): boolean {
    if (Array.isArray(value)) {
      this.openAlike(Kind.array, prototype);
    } else if (types.isDate(value)) {
      this.openAlike(Kind.date, prototype);
      this.out.float(format.DATE, Date.prototype.getTime.call(value));
    } else if (types.isRegExp(value)) {
      this.openAlike(Kind.regexp, prototype);
      this.out.string(value.source);
      this.out.string(value.flags);
    } else if (types.isMap(value)) {
      this.openAlike(Kind.map, prototype);
      this.writeEntries(value);
    } else if (types.isSet(value)) {
      this.openAlike(Kind.set, prototype);
      this.out.length(value.size);
      let at = 0;
      for (const held of value) this.step(at++, held);
    } else if (types.isArrayBuffer(value)) {
      this.openAlike(Kind.arrayBuffer, prototype);
      this.out.binary(format.UINT8_ARRAY, new Uint8Array(value));
    } else if (ArrayBuffer.isView(value)) {
      this.writeView(value, prototype);
      return true;
    } else if (types.isNativeError(value)) {
      this.openAlike(Kind.error, prototype);
      this.out.string(this.classes.of(prototype).name);
    } else if (types.isBoxedPrimitive(value)) {
      this.openAlike(Kind.boxed, prototype);
      this.write(unboxed(value));
    } else if (prototype === URL.prototype || prototype === URLSearchParams.prototype) {
      this.open(prototype === URL.prototype ? Kind.url : Kind.searchParams);
      this.out.string((value as URL | URLSearchParams).toString());
      return true;
    } else {
      return false;
    }
    this.writeProperties(value, undefined);
    return true;
  }

  private writeView(value: ArrayBufferView, prototype: object | null): void {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    if (prototype === Buffer.prototype) {
      this.open(Kind.view);
      this.out.string('Buffer');
    } else {
      this.openAlike(Kind.view, prototype);
      this.out.string(types.isDataView(value) ? 'DataView' : nameOfTypedArray.call(value as Uint8Array));
    }
    this.out.binary(format.UINT8_ARRAY, bytes);
  }

  private writeEntries(map: Map<unknown, unknown>): void {
    this.out.length(map.size);
    let at = 0;
    for (const [key, held] of map) {
      this.path.push(typeof key === 'string' ? key : at);
      this.write(key);
      this.write(held);
      this.path.pop();
      at++;
    }
  }

  /** Classes derived from those of the language have a state that nobody else knows how to make. */
  private openAlike(kind: number, prototype: object | null): void {
    if (prototype === null || !isNativePrototype(prototype)) {
      throw unencodable(
        this.path,
        `an instance of ${this.classes.of(prototype).name}, a class derived from one of the language's own`,
        `Return plain data instead, or ${REGISTER_WAY_OUT}, with functions that write and read it`,
      );
    }
    this.open(kind);
  }

  private refuseLiving(value: object, knowledge: ClassKnowledge): void {
    const what = types.isPromise(value)
      ? 'a promise'
      : knowledge.isStream
        ? `a stream (${knowledge.name})`
        : knowledge.isNative || types.isArgumentsObject(value) || types.isModuleNamespaceObject(value)
          ? `an instance of ${knowledge.name}, whose state nobody can read`
          : undefined;
    if (what === undefined) return;
    throw unencodable(this.path, what, types.isPromise(value) ? 'Await it before it is returned' : PLAIN_WAY_OUT);
  }

  private writeRegistered(value: object, knowledge: ClassKnowledge, named: NamedClass): void {
    this.open(Kind.registered);
    this.out.length(this.numberOf(knowledge, named));
    this.writeInPlaceOf(value, () => named.registered!.write(value));
  }

  private writeInPlaceOf(value: object, writtenBy: () => unknown): void {
    this.unmade.add(value);
    this.write(writtenBy());
    this.unmade.delete(value);
  }

  private writeAccessors(value: object, knowledge: ClassKnowledge): void {
    for (const property of knowledge.accessors) {
      this.path.push(property.name);
      this.writeProperty(Reflect.get(value, property.name), property, knowledge);
      this.path.pop();
    }
  }

  /**
   * The own properties with their attributes, ended by `null` in the place of a name; and whether more may be added.
   *
   * @param given what the constructor makes, if the decoder is to use it.
   */
  private writeProperties(value: object, knowledge: ClassKnowledge | undefined, given?: object): void {
    const isArray = Array.isArray(value);
    // What only symbols name stays behind, as with structuredClone: a symbol belongs to its process.
    for (const name of Object.getOwnPropertyNames(value)) {
      const property = Object.getOwnPropertyDescriptor(value, name)!;
      const isEntity = knowledge?.shape !== undefined;
      if (isEntity && !('value' in property) && property.enumerable === false) {
        this.writeLazy(name, knowledge);
        continue;
      }
      const held: unknown = 'value' in property ? property.value : Reflect.get(value, name);
      if (isEntity && isPendingRelation(name, held)) continue;
      this.write(name);
      if (given === undefined ? isNamedClassOf(value, name, held) : isBoundIn(given, name, held)) {
        this.out.byte(format.GIVEN);
        continue;
      }
      this.out.byte(attributesOf(property));
      this.path.push(isArray && /^\d+$/.test(name) ? Number(name) : name);
      this.writeProperty(held, knowledge?.properties.get(name), knowledge);
      this.path.pop();
    }
    this.out.byte(format.NULL);
    this.out.byte(Object.isExtensible(value) ? format.TRUE : format.FALSE);
  }

  private writeLazy(name: string, { name: className, shape }: ClassKnowledge): void {
    if (shape?.lazy?.isCertain() !== true) {
      throw unencodable(
        [...this.path, name],
        `a lazy relation of ${className}, a class of several DataSources, and nothing tells which one is to load it`,
        'Load the relation eagerly, or return plain data instead',
      );
    }
    this.write(name);
    this.out.byte(format.LAZY);
  }

  private writeProperty(value: unknown, property: PropertyShape | undefined, owner: ClassKnowledge | undefined): void {
    if (property?.transfer === undefined || owner === undefined || typeof value !== 'object' || value === null) {
      return this.write(value);
    }
    const knowledge = this.classes.of(Object.getPrototypeOf(value) as object | null);
    const hidesState = knowledge.holdsPrivateState && !knowledge.isNative && knowledge.shape === undefined;
    const needsTransformer = hidesState || (!knowledge.isPlain && !knowledge.isNative && !this.names.of(knowledge));
    if (!needsTransformer || this.names.of(knowledge)?.registered !== undefined) return this.write(value);
    const { transfer } = property;
    this.writeReferenceOr(value, () => {
      if (!looksLike(value, transfer.read(transfer.write(value)))) {
        throw unencodable(
          this.path,
          `an instance of ${knowledge.name}, which the transformer of its column does not give back as it was`,
          `Let 'from' make a new ${knowledge.name} of everything that 'to' writes`,
        );
      }
      this.open(Kind.transformed);
      this.out.length(this.numberOf(owner, this.names.of(owner)!));
      this.out.string(property.name);
      this.writeInPlaceOf(value, () => transfer.write(value));
    });
  }

  private step(step: string | number, value: unknown): void {
    this.path.push(step);
    this.write(value);
    this.path.pop();
  }

  private numberOf(knowledge: ClassKnowledge, named: NamedClass): number {
    let number = this.classesMet.get(knowledge);
    if (number === undefined) {
      this.classesMet.set(knowledge, (number = this.classesMet.size));
      this.table.push(new RowShape(knowledge, named, [], []).entry);
    }
    return number;
  }
}

function attributesOf({ writable, enumerable, configurable }: PropertyDescriptor): number {
  return (
    (writable === false ? 0 : format.WRITABLE) |
    (enumerable === true ? format.ENUMERABLE : 0) |
    (configurable === true ? format.CONFIGURABLE : 0)
  );
}

/** Whether an instance says itself which class it is of, and the decoder finds that by the prototype too. */
function isNamedClassOf(value: object, name: string, held: unknown): boolean {
  return isClassOf(value, name, held) && (Object.getPrototypeOf(value) as object).constructor === held;
}

function hasOwnFunction(value: object): boolean {
  return Object.values(value).some((held) => typeof held === 'function');
}

function nameOfWellKnown(symbol: symbol): string | undefined {
  return Object.getOwnPropertyNames(Symbol).find((name) => Reflect.get(Symbol, name) === symbol);
}

function unboxed(value: object): unknown {
  if (types.isNumberObject(value)) return Number.prototype.valueOf.call(value);
  if (types.isStringObject(value)) return String.prototype.valueOf.call(value);
  if (types.isBooleanObject(value)) return Boolean.prototype.valueOf.call(value);
  if (types.isBigIntObject(value)) return BigInt.prototype.valueOf.call(value);
  return Symbol.prototype.valueOf.call(value as unknown as symbol);
}
