import { createHash } from 'node:crypto';
import type { ClassKnowledge, ClassLibrary } from '../copy/class-knowledge.js';

/**
 * How values of a class that hides its state become bytes and are made again.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- of any class, and each function knows its own
export interface RegisteredClass<T extends object = any> {
  /** The class itself. */
  readonly type: abstract new (...args: never[]) => T;
  /** What is stored of an instance: anything that can be stored itself, and enough to make another one. */
  readonly write: (value: T) => unknown;
  /** A new instance from what `write` returned. */
  readonly read: (written: never) => T;
}

/** Finds a class by the stable name that its description carries. */
export type FindClass = (name: string) => Function | undefined;

/** A class as bytes name it. */
export interface NamedClass {
  readonly name: string;
  /** Differs when the columns do, so that rows of another version of the application are not taken for this one's. */
  readonly fingerprint: number;
  readonly registered: RegisteredClass | undefined;
}

/** The name of object literals. */
export const PLAIN = '';

/**
 * Names for classes that another process with the same application finds them by: entities are named by what is known of
 * them, others by what the user registered. All other classes have none.
 */
export class StableNames {
  private readonly byConstructor = new Map<Function, NamedClass>();
  private readonly registered = new Map<string, Function>();
  private readonly known = new WeakMap<ClassKnowledge, NamedClass | undefined>();

  constructor(
    private readonly classes: ClassLibrary,
    private readonly find: FindClass,
    registered: Readonly<Record<string, Function | RegisteredClass>>,
  ) {
    for (const [name, given] of Object.entries(registered)) {
      const type = typeof given === 'function' ? given : given.type;
      const isSimple = typeof given === 'function';
      this.registered.set(name, type);
      this.byConstructor.set(type, {
        name: `registered ${name}`,
        fingerprint: isSimple ? 0 : 1,
        registered: isSimple ? undefined : given,
      });
    }
  }

  of(knowledge: ClassKnowledge): NamedClass | undefined {
    if (this.known.has(knowledge)) return this.known.get(knowledge);
    const named = this.name(knowledge);
    this.known.set(knowledge, named);
    return named;
  }

  /** What is known of the class with this name and fingerprint; `undefined` when there is none (any more, or yet). */
  named(name: string, fingerprint: number): ClassKnowledge | undefined {
    if (name === PLAIN) return this.classes.of(Object.prototype);
    const constructor = name.startsWith('registered ') ? this.registered.get(name.slice(11)) : this.find(name);
    if (constructor === undefined) return undefined;
    const knowledge = this.classes.of(constructor.prototype as object);
    return this.of(knowledge)?.fingerprint === fingerprint ? knowledge : undefined;
  }

  private name(knowledge: ClassKnowledge): NamedClass | undefined {
    const { prototype, shape } = knowledge;
    if (knowledge.isPlain) return { name: PLAIN, fingerprint: 0, registered: undefined };
    const constructor: unknown = prototype?.constructor;
    if (typeof constructor !== 'function' || constructor.prototype !== prototype) return undefined;
    const registered = this.byConstructor.get(constructor);
    if (registered !== undefined) return registered;
    if (shape?.name === undefined || this.find(shape.name) !== constructor) return undefined;
    return { name: shape.name, fingerprint: fingerprintOf(knowledge), registered: undefined };
  }
}

function fingerprintOf({ properties }: ClassKnowledge): number {
  const columns = [...properties.values()].map(({ name, kind, isAccessor }) => [name, kind, isAccessor]);
  return createHash('sha256').update(JSON.stringify(columns)).digest().readUInt32LE();
}
