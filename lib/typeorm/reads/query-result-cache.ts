import type { DataSource } from 'typeorm';
import { currentFrame } from '../../engine/context.js';
import { patch } from '../library/patch.js';

/** What the statistics call it. */
const REASON = 'typeorm cache';

const heard = new WeakSet<object>();

/**
 * Keeps no answer that TypeORM's own cache (`cache: true`, `.cache()`) had a part in.
 *
 * What it finds may be older than writes that are long committed, and no statement tells which tables that came from.
 */
export function hearQueryResultCache({ queryResultCache: cache }: DataSource): void {
  if (cache === undefined || heard.has(cache)) return;
  heard.add(cache);
  patch(cache, 'getFromCache', (original) => {
    return async function getFromCache(this: unknown, ...args: unknown[]): Promise<unknown> {
      const load = currentFrame()?.load;
      const found: unknown = await original.apply(this, args);
      if (found !== undefined && found !== null) load?.block(REASON);
      return found;
    };
  });
}
