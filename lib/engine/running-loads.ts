import type { LoadCapture } from './load-capture.js';

/** The loads that are running, oldest first: tokens only grow, so the first one added has the oldest. */
export class RunningLoads {
  private readonly loads = new Set<LoadCapture>();

  get size(): number {
    return this.loads.size;
  }

  /** The position at which the oldest of them started, or Infinity when none is running. */
  get oldestToken(): number {
    for (const load of this.loads) return load.token;
    return Infinity;
  }

  add(load: LoadCapture): void {
    this.loads.add(load);
  }

  delete(load: LoadCapture): void {
    this.loads.delete(load);
  }
}
