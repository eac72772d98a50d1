import { createHash } from 'node:crypto';

const stamps = new WeakMap<object, string>();

/**
 * A few characters that differ when the text of a class does.
 *
 * In keys that processes share they stand behind its name: two classes of one name do not share answers, and neither do
 * two versions of one class, whose methods may answer differently.
 */
export function stampOf(type: object): string {
  let stamp = stamps.get(type);
  if (stamp === undefined) {
    const text = typeof type === 'function' ? Function.prototype.toString.call(type) : '';
    stamp = createHash('sha256').update(text).digest('hex').slice(0, 6);
    stamps.set(type, stamp);
  }
  return stamp;
}
