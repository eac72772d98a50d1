/** What is known about a class whose instances are answers: how to build one, and where its state lives. */
export interface ClassShape {
  /** An instance without the state of any row: `new C()`, or `Object.create(C.prototype)` when the class must be built without its constructor. */
  readonly construct: () => object;
  /** Columns, embeddeds and relations; lazy relations under the names of their storage properties. */
  readonly properties: readonly PropertyShape[];
  /** Run on every copy of a class with private state, after its properties were assigned (`@AfterLoad` listeners). */
  readonly afterCopy?: (copy: object) => void;
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
}

/** Tells what is known about a class, or `undefined` for one that is not an entity nor embedded in one. */
export type DescribeClass = (constructor: Function) => ClassShape | undefined;
