import { describe, expect, it } from '@jest/globals';
import { CASTS } from './casts.js';
import { realLibrary } from './library.js';
import { playAll } from './play.js';
import { World } from './world.js';

describe('every interleaving of two writers and two readers keeps the promise', () => {
  it.each(CASTS)(
    '%s',
    async (_, cast) => {
      const { runs, failures } = await playAll(() => {
        const world = new World(realLibrary);
        return { world, processes: cast(world) };
      });
      expect(failures).toEqual([]);
      expect(runs).toBeGreaterThan(10_000);
    },
    240_000,
  );
});
