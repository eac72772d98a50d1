import { createHash } from 'node:crypto';

const stamps = new WeakMap<object, string>();

/**
 * A few characters that differ when the text of a class does, or that of a class above it, or what is put into it from
 * outside.
 *
 * In keys that processes share they stand behind its name: two classes of one name do not share answers, and neither do
 * two versions of one class, whose methods may answer differently.
 *
 * @param givenTo what its instances are given, in words that mean the same in every process
 */
export function stampOf(type: object, givenTo: (type: object) => string): string {
  let stamp = stamps.get(type);
  if (stamp === undefined) {
    const hash = createHash('sha256');
    for (const text of sourcesOf(type)) hash.update(text);
    stamp = hash.update(givenTo(type)).digest('hex').slice(0, 6);
    stamps.set(type, stamp);
  }
  return stamp;
}

/** What a class answers with may stand in those above it. */
function* sourcesOf(type: object): Generator<string> {
  for (let above = type; typeof above === 'function' && above !== Function.prototype;) {
    yield Function.prototype.toString.call(above);
    above = Object.getPrototypeOf(above) as object;
  }
}
