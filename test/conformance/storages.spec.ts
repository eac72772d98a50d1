import { describe, expect, it } from '@jest/globals';
import type { CacheStorage } from '../../lib/storage/storage.js';
import {
  MapStorage,
  storageConformance,
  type MapPlace,
  type StorageConformanceOptions,
} from '../../lib/testing/index.js';

interface Implementation extends StorageConformanceOptions {
  readonly name: string;
  readonly open: () => CacheStorage | Promise<CacheStorage>;
}

const place: MapPlace = new Map();

const IMPLEMENTATIONS: readonly Implementation[] = [
  { name: 'MapStorage', open: () => new MapStorage(place), capabilities: ['getMany', 'add', 'increment'] },
];

describe.each(IMPLEMENTATIONS)('$name', ({ open, ...options }) => {
  it.each(storageConformance(open, options))('$title', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});
