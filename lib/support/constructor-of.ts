/** Whether it is the class of the value, which an instance may say itself where its prototype does not (big.js). */
export function isConstructorOf(held: unknown, value: object): held is Function {
  return typeof held === 'function' && held.prototype === Object.getPrototypeOf(value);
}
