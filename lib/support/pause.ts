/** Stops this thread for so long, timers or not; for the few milliseconds that something must not happen sooner. */
export function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
