import { isUsersKey } from '../keys/cache-key.js';
import type { LoadCapture } from './load-capture.js';

/**
 * The running loads of keys that users name: what is set or removed by hand meanwhile stays so.
 *
 *     reader: load of 'rate' reads 1 ................... store 1      not stored: it is older than what was set
 *     writer:                          set('rate', 2)
 *
 * Where other processes have a say the log tells, as all of them have to know; of what is added or counted only the loads of this
 * process hear.
 */
export class NamedLoads {
  private readonly loads = new Map<string, Set<LoadCapture>>();

  begin(key: string, load: LoadCapture): void {
    if (!isUsersKey(key)) return;
    const others = this.loads.get(key);
    if (others === undefined) this.loads.set(key, new Set([load]));
    else others.add(load);
  }

  /** The key was set or removed: whatever is being loaded for it is too old. */
  overtake(key: string): void {
    this.loads.delete(key);
  }

  isOvertaken(key: string, load: LoadCapture): boolean {
    return isUsersKey(key) && this.loads.get(key)?.has(load) !== true;
  }

  end(key: string, load: LoadCapture): void {
    const loads = this.loads.get(key);
    if (loads?.delete(load) === true && loads.size === 0) this.loads.delete(key);
  }
}
