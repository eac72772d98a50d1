import { describe, it } from '@jest/globals';
import { busConformance, MapStorage, ReferenceBus, ReferenceLog, storageConformance } from 'nestjs-zoocache/testing';
import { scenario } from './scenario.js';

it('loads, hits and stays fresh inside Jest too', async () => {
  await scenario();
}, 20_000);

describe('A storage of the application', () => {
  const place = new Map();
  const checks = storageConformance(() => new MapStorage(place), { capabilities: ['getMany', 'add', 'increment'] });

  for (const { title, run } of checks) it(title, run);
});

describe('A bus of the application', () => {
  const log = new ReferenceLog();

  for (const { title, run } of busConformance(() => new ReferenceBus(log), { follows: true })) it(title, run);
});
