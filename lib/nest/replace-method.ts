import 'reflect-metadata';

/**
 * Puts a wrapper in a method's place that looks like the method: to Nest, which finds routes and guards in the metadata
 * of the function itself, and to everybody who asks for its name or the number of its parameters.
 */
export function dressAs(wrapper: Function, method: Function): void {
  for (const key of Reflect.getOwnMetadataKeys(method)) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), wrapper);
  }
  for (const property of ['name', 'length']) {
    Object.defineProperty(wrapper, property, { value: Reflect.get(method, property), configurable: true });
  }
}

/** `Catalog.byId`, for messages; the class alone where no member of it is meant. */
export function methodName(target: object, key: string | symbol | undefined): string {
  const constructor: unknown = typeof target === 'function' ? target : target.constructor;
  const name = typeof constructor === 'function' ? constructor.name || 'a class' : 'a class';
  return key === undefined ? name : `${name}.${String(key)}`;
}
