/**
 * Whether objects with this prototype have nothing but their own properties, although they do have a prototype: the
 * parsers below Fastify make `request.query` and `request.params` so, because it is faster than having none.
 */
export function isBarePrototype(prototype: object | null): boolean {
  return prototype === null || (Object.getPrototypeOf(prototype) === null && Reflect.ownKeys(prototype).length === 0);
}
