import { expect, it } from '@jest/globals';
import type { CacheKey } from '../../lib/keys/cache-key.js';
import { rowTag } from '../../lib/tags/table-tags.js';
import { ReferenceBus, ReferenceLog } from '../../lib/testing/index.js';
import { stoppedAfterEach } from './processes.js';

const KEY = 'u:product 1' as CacheKey;
const ROW = rowTag({ database: 'db', name: 'product' }, '1');

const start = stoppedAfterEach();

it('of values added at once to one key those that are not kept leave nothing behind', async () => {
  const { engine } = await start({ bus: new ReferenceBus(new ReferenceLog()) });
  const add = (value: string): Promise<boolean> =>
    engine.amongOthers.add(KEY, value, { ttlMs: Infinity, tags: [ROW], token: engine.position });

  expect(await Promise.all([add('one'), add('other')])).toEqual([true, false]);
  expect(engine.knows(ROW)).toBe(true);
  expect((await engine.amongOthers.remove(KEY))?.value).toBe('one');
  expect(engine.knows(ROW)).toBe(false);
});
