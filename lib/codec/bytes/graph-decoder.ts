import { withoutStackTrace } from '../copy/builtins.js';
import type { ClassKnowledge } from '../copy/class-knowledge.js';
import { UnreadableBytes, type ByteReader, type GraphReader } from './byte-reader.js';
import type { StableNames } from './class-names.js';
import * as format from './format.js';

const { Kind } = format;

/** Reads the general form: makes every object before its content, so that cycles close. */
export class GraphDecoder implements GraphReader {
  private readonly objects: object[] = [];

  constructor(
    private readonly classes: readonly ClassKnowledge[],
    private readonly names: StableNames,
  ) {}

  reference(number: number): object {
    const object = this.objects[number];
    if (object === undefined) throw new UnreadableBytes('a reference to nothing');
    return object;
  }

  object(reader: ByteReader): object {
    const number = this.objects.push(undefined as never) - 1;
    const remember = <T extends object>(object: T): T => {
      this.objects[number] = object;
      return object;
    };
    const kind = reader.byte();
    switch (kind) {
      case Kind.plain:
        return this.fill(reader, remember({}));
      case Kind.bare:
        return this.fill(reader, remember(Object.create(null) as object));
      case Kind.instance: {
        const of = this.classOf(reader);
        return this.fill(reader, remember(Object.create(of.prototype) as object), of);
      }
      case Kind.constructed:
        return this.construct(reader, remember);
      case Kind.array:
        return this.fill(reader, remember([]));
      case Kind.map: {
        const map = remember(new Map<unknown, unknown>());
        for (let left = reader.length(); left > 0; left--) map.set(reader.value(), reader.value());
        return this.fill(reader, map);
      }
      case Kind.set: {
        const set = remember(new Set<unknown>());
        for (let left = reader.length(); left > 0; left--) set.add(reader.value());
        return this.fill(reader, set);
      }
      case Kind.view:
        return remember(viewOf(reader));
      case Kind.url:
        return remember(new URL(reader.string()));
      case Kind.searchParams:
        return remember(new URLSearchParams(reader.string()));
      case Kind.transformed: {
        const { properties } = this.classOf(reader);
        const transfer = properties.get(reader.string())!.transfer!;
        return remember(transfer.read(reader.value()) as object);
      }
      case Kind.registered: {
        const { registered } = this.names.of(this.classOf(reader))!;
        return remember(registered!.read(reader.value() as never));
      }
      default:
        return this.fill(reader, remember(leafOf(kind, reader)));
    }
  }

  private classOf(reader: ByteReader): ClassKnowledge {
    return this.classes[reader.length()];
  }

  private construct(reader: ByteReader, remember: (object: object) => object): object {
    const of = this.classOf(reader);
    const shape = of.shape!;
    const object = remember(shape.construct());
    this.fill(reader, object, of, new Set(Reflect.ownKeys(object)));
    if (of.holdsPrivateState) {
      for (const { name } of of.accessors) {
        const held = reader.value();
        if (held === undefined && Reflect.get(object, name) === undefined) continue;
        Reflect.set(object, name, held);
      }
      shape.afterCopy?.(object);
    }
    return object;
  }

  /** @param given the properties that the object has by its construction; those that are not told of are taken away. */
  private fill(reader: ByteReader, object: object, of?: ClassKnowledge, given?: Set<string | symbol>): object {
    for (;;) {
      const name = reader.value() as string | null;
      if (name === null) break;
      const attributes = reader.byte();
      given?.delete(name);
      if (attributes === format.GIVEN) {
        if (given === undefined) (object as { constructor: unknown }).constructor = of!.prototype!.constructor;
        continue;
      }
      if (attributes === format.LAZY) {
        of!.shape!.lazy!.define(object, [name]);
        continue;
      }
      Object.defineProperty(object, name, {
        writable: (attributes & format.WRITABLE) !== 0,
        enumerable: (attributes & format.ENUMERABLE) !== 0,
        configurable: (attributes & format.CONFIGURABLE) !== 0,
        value: reader.value(),
      });
    }
    if (given !== undefined) for (const name of given) Reflect.deleteProperty(object, name);
    if (reader.value() === false) Object.preventExtensions(object);
    return object;
  }
}

function leafOf(kind: number, reader: ByteReader): object {
  switch (kind) {
    case Kind.date:
      return reader.value() as Date;
    case Kind.regexp:
      return new RegExp(reader.string(), reader.string());
    case Kind.arrayBuffer:
      return (reader.value() as Uint8Array).buffer;
    case Kind.error:
      return errorOf(reader.string());
    case Kind.boxed:
      return Object(reader.value()) as object;
    default:
      throw new UnreadableBytes(`unknown kind ${kind}`);
  }
}

function viewOf(reader: ByteReader): object {
  const name = reader.string();
  const bytes = reader.value() as Uint8Array<ArrayBuffer>;
  if (name === 'Buffer') return Buffer.from(bytes);
  const View = Reflect.get(globalThis, name) as new (buffer: ArrayBuffer) => object;
  return new View(bytes.buffer);
}

function errorOf(name: string): object {
  const Class: unknown = Reflect.get(globalThis, name);
  const error = withoutStackTrace(() => new Error());
  for (const own of Reflect.ownKeys(error)) Reflect.deleteProperty(error, own);
  if (typeof Class === 'function' && Class.prototype instanceof Error) {
    Object.setPrototypeOf(error, Class.prototype);
  }
  return error;
}
