import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { CacheQuery, ZooCacheService } from '../../lib/index.js';
import { start } from './application.js';

@Injectable()
class Catalog {
  calls = 0;
  @CacheQuery('5m')
  byId(id: number) {
    this.calls++;
    return Promise.resolve({ id });
  }
}

describe('A decorated method', () => {
  it('is called once for one answer', async () => {
    const app = await start({ providers: [Catalog] });
    const catalog = app.get(Catalog);
    expect(await catalog.byId(1)).toEqual({ id: 1 });
    expect(await catalog.byId(1)).toEqual({ id: 1 });
    expect(catalog.calls).toBe(1);
    expect(app.get(ZooCacheService).stats()).toMatchObject({ hits: 1, misses: 1, loads: 1, fills: 1 });
  });
});
