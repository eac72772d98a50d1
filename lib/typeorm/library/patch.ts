/* eslint-disable-next-line @typescript-eslint/no-explicit-any -- a method of anything */
type Method = (this: any, ...args: any[]) => any;

/**
 * Puts another method in the place of one, with the same name and arity: libraries check both before they patch.
 *
 * @returns false if the object has no such method.
 */
export function patch(target: object, name: string, make: (original: Method) => Method): boolean {
  const original: unknown = Reflect.get(target, name);
  if (typeof original !== 'function') return false;
  const replacement = make(original as Method);
  Object.defineProperty(replacement, 'length', { value: original.length, configurable: true });
  Object.defineProperty(replacement, 'name', { value: original.name, configurable: true });
  Object.defineProperty(target, name, { value: replacement, writable: true, configurable: true, enumerable: false });
  return true;
}
