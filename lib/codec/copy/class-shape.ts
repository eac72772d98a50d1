/** What is known about a class whose instances are answers: how to build one, and where its state lives. */
export interface ClassShape {
  /** An instance without the state of any row: `new C()`, or `Object.create(C.prototype)` when the class must be built without its constructor. */
  readonly construct: () => object;
  /** Columns, embeddeds and relations; lazy relations under the names of their storage properties. */
  readonly properties: readonly PropertyShape[];
  /** Run on every copy of a class with private state, after its properties were assigned (`@AfterLoad` listeners). */
  readonly afterCopy?: (copy: object) => void;
  /** What another process with the same application finds the class by; absent where nothing names it for sure. */
  readonly name?: string;
  /** How lazy relations come to instances that are made of bytes; absent where the class has none. */
  readonly lazy?: LazyRelations;
}

/** Own getters of instances that ask the database when they are read. */
export interface LazyRelations {
  /** Whether only one database can be meant: an instance does not tell which one it came from. */
  readonly isCertain: () => boolean;
  /** Defines them on an instance. */
  readonly define: (instance: object, names: readonly string[]) => void;
}

/** One described property of a {@link ClassShape}. */
export interface PropertyShape {
  readonly name: string;
  /**
   * What the property is expected to hold: `plain` a primitive, `date` a Date, `embedded` an instance of an embedded
   * class, `one` and `many` related entities, `any` everything else. `null` and `undefined` are always possible.
   */
  readonly kind: 'plain' | 'date' | 'any' | 'embedded' | 'one' | 'many';
  /** The property is a getter with a setter on the prototype, so it is read and assigned instead of looked up among the own ones. */
  readonly isAccessor?: boolean;
  /** A copy of a value that hides private state, made by the transformer that produced it: `from(to(value))`. */
  readonly reclone?: (value: unknown) => unknown;
  /** The two halves of `reclone`: what a value that hides private state is stored as, and a new one made from that. */
  readonly transfer?: { readonly write: (value: unknown) => unknown; readonly read: (written: unknown) => unknown };
}

/** Tells what is known about a class, or `undefined` for one that is not an entity nor embedded in one. */
export type DescribeClass = (constructor: Function) => ClassShape | undefined;
