/** Whether the property is one of TypeORM's accessors, which ask the database as soon as they are looked at. */
export function isLazy(object: object, key: PropertyKey): boolean {
  return (
    !Object.prototype.propertyIsEnumerable.call(object, key) &&
    Object.getOwnPropertyDescriptor(object, key)?.get !== undefined
  );
}
