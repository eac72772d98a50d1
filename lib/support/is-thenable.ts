/** Whether a value can be awaited; asked of its shape, because promises of other realms are promises too. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}
