/** Tells instances apart in keys: the same number for the same object, and never for another. */
export class InstanceNumbers {
  private readonly numbers = new WeakMap<object, number>();
  private last = 0;

  of(instance: object): number {
    let number = this.numbers.get(instance);
    if (number === undefined) this.numbers.set(instance, (number = ++this.last));
    return number;
  }
}
