import { types } from 'node:util';
import type { DataSource, EntityMetadata } from 'typeorm';
import type { BytesCodec } from '../../codec/bytes/bytes-codec.js';
import type { StoredValue } from '../../codec/copy/stored-value.js';
import type { ColumnWishes } from '../databases/column-wishes.js';

type ColumnMetadata = EntityMetadata['columns'][number];
type Codec = Pick<BytesCodec, 'encode' | 'decode'>;

/** What an object held in one of its ignored columns when it left the cache. */
interface Held {
  readonly column: ColumnMetadata;
  readonly dataSource: DataSource;
  /** The value in the form the database is given, as a primitive. */
  readonly form: unknown;
}

/** Weak, because an object that nobody has any more is saved by nobody. */
const handedOut = new WeakMap<object, Map<string, Held>>();

/** A copier whose copies are remembered where they hold ignored columns; others cost nothing when they are handed out. */
export function rememberingCopies(
  copier: { store(value: unknown): StoredValue },
  wishesOf: () => ColumnWishes,
): { store(value: unknown): StoredValue } {
  return {
    store(value) {
      const stored = copier.store(value);
      const wishes = wishesOf();
      if (!wishes.ignoresAny || !holdsIgnored(value, wishes)) return stored;
      return {
        ...stored,
        copy(kept) {
          const copy = stored.copy(kept);
          rememberAnswer(copy, wishes);
          return copy;
        },
      };
    },
  };
}

/** A codec whose values are remembered likewise: who decodes hands out. */
export function rememberingCodec(codec: Codec, wishesOf: () => ColumnWishes): Codec {
  return {
    encode: (value) => codec.encode(value),
    decode(bytes) {
      const decoded = codec.decode(bytes);
      if (decoded !== undefined) rememberAnswer(decoded.value, wishesOf());
      return decoded;
    },
  };
}

/** Remembers what the entities in an answer hold in their ignored columns. */
export function rememberAnswer(answer: unknown, wishes: ColumnWishes): void {
  if (!wishes.ignoresAny) return;
  for (const object of objectsIn(answer)) {
    for (const { dataSource, columns } of wishes.columnsOf(Object.getPrototypeOf(object) as object)) {
      remember(object, dataSource, columns);
    }
  }
}

/** The entities among these and their relations that came from the cache and may still hold what it said. */
export function handedOutIn(saved: unknown, dataSource: DataSource): object[] {
  const found: object[] = [];
  const seen = new Set<unknown>([saved]);
  for (const value of seen) {
    if (typeof value !== 'object' || value === null) continue;
    if (handedOut.has(value)) found.push(value);
    for (const related of relatedTo(value, dataSource)) seen.add(related);
  }
  return found;
}

/** What is saved with an object. An entity may refer to anything beside its relations, up to the whole program. */
function relatedTo(value: object, dataSource: DataSource): readonly unknown[] {
  if (Array.isArray(value)) return value;
  const { constructor: type } = value;
  if (type === Object) return Object.values(value);
  if (typeof type !== 'function' || !dataSource.hasMetadata(type)) return [];
  return dataSource.getMetadata(type).relations.map((relation) => relation.getEntityValue(value) as unknown);
}

/** Whether the entity holds in this property what the cache said, so that nobody has set it. */
export function holdsWhatWasSaid(entity: object, propertyPath: string): boolean {
  const held = handedOut.get(entity)?.get(propertyPath);
  return held !== undefined && formOf(entity, held.column, held.dataSource) === held.form;
}

/** Forgets the columns that were set on purpose: from now on the entity says what its owner says, also the former value. */
export function forgetWhatWasSet(entity: object): void {
  const columns = handedOut.get(entity)!;
  for (const path of columns.keys()) if (!holdsWhatWasSaid(entity, path)) columns.delete(path);
}

/** The columns that are remembered of an entity. */
export function rememberedColumns(entity: object): ColumnMetadata[] {
  return [...(handedOut.get(entity)?.values() ?? [])].map(({ column }) => column);
}

function remember(entity: object, dataSource: DataSource, columns: readonly ColumnMetadata[]): void {
  let held = handedOut.get(entity);
  if (held === undefined) handedOut.set(entity, (held = new Map<string, Held>()));
  for (const column of columns) {
    const form = formOf(entity, column, dataSource);
    // What is not selected is not written either.
    if (form === undefined) held.delete(column.propertyPath);
    else held.set(column.propertyPath, { column, dataSource, form });
  }
}

/** The value as a primitive that tells it from others; undefined where there is none, or its transformer fails. */
function formOf(entity: object, column: ColumnMetadata, { driver }: DataSource): unknown {
  try {
    const value: unknown = column.getEntityValue(entity);
    if (typeof value !== 'object' || value === null) return value;
    return JSON.stringify(driver.preparePersistentValue(value, column));
  } catch {
    return undefined;
  }
}

function holdsIgnored(value: unknown, wishes: ColumnWishes): boolean {
  for (const object of objectsIn(value)) {
    if (wishes.columnsOf(Object.getPrototypeOf(object) as object).length > 0) return true;
  }
  return false;
}

/** Every object with a class that can be reached from a value by its properties and elements, each once. */
function* objectsIn(value: unknown): Generator<object, void> {
  const seen = new Set<object>();
  const meet = (held: unknown): void => {
    if (typeof held === 'object' && held !== null && !isOpaque(held)) seen.add(held);
  };
  meet(value);
  for (const object of seen) {
    if (Array.isArray(object)) for (const element of object as readonly unknown[]) meet(element);
    else if (types.isSet(object)) for (const element of object) meet(element);
    else if (types.isMap(object)) for (const element of object.values()) meet(element);
    else {
      const prototype: unknown = Object.getPrototypeOf(object);
      if (prototype !== null && prototype !== Object.prototype) yield object;
      for (const name of Object.keys(object)) meet((object as Readonly<Record<string, unknown>>)[name]);
    }
  }
}

function isOpaque(object: object): boolean {
  return (
    types.isDate(object) || types.isPromise(object) || ArrayBuffer.isView(object) || types.isAnyArrayBuffer(object)
  );
}
