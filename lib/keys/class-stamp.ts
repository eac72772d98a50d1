import { createHash } from 'node:crypto';

const stamps = new WeakMap<object, string>();

/**
 * A few characters that differ when the text of a class does, or what is put into it from outside.
 *
 * In keys that processes share they stand behind its name: two classes of one name do not share answers, and neither do
 * two versions of one class, whose methods may answer differently.
 *
 * @param givenTo what its instances are given, in words that mean the same in every process
 */
export function stampOf(type: object, givenTo: (type: object) => string): string {
  let stamp = stamps.get(type);
  if (stamp === undefined) {
    const text = typeof type === 'function' ? Function.prototype.toString.call(type) : '';
    stamp = createHash('sha256').update(text).update(givenTo(type)).digest('hex').slice(0, 6);
    stamps.set(type, stamp);
  }
  return stamp;
}
