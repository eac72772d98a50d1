import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import * as assert from 'node:assert/strict';
import { ZooCacheError, ZooCacheService } from 'nestjs-zoocache';
import { Animal } from './animal.entity.js';
import { Keeper } from './keeper.service.js';
import { ZooModule } from './zoo.module.js';

/** What an application outside of this repository sees of the package: a load, a hit, a write, and a wrong option. */
export async function scenario(): Promise<void> {
  const app = await NestFactory.createApplicationContext(ZooModule.withStorage(), { logger: ['error', 'warn'] });
  const keeper = app.get(Keeper);
  const zooCache = app.get(ZooCacheService);
  const { id, born } = await keeper.add('okapi');

  const loaded = await keeper.find(id);
  assert.deepEqual([zooCache.stats().loads, zooCache.stats().hits], [1, 0], 'the first call loads');
  const hit = await keeper.find(id);
  assert.deepEqual([zooCache.stats().loads, zooCache.stats().hits], [1, 1], 'the second call hits');
  assert.ok(hit instanceof Animal, 'a hit is an instance of its class');
  assert.deepEqual(hit, loaded);
  assert.equal(hit.born.getTime(), born.getTime());
  assert.notEqual(hit, loaded, 'a hit is a private copy');
  assert.deepEqual(await keeper.names(), ['okapi']);

  await keeper.rename(id, 'quagga');
  assert.equal((await keeper.find(id))?.name, 'quagga', 'a write makes the next call fresh');
  assert.deepEqual(await keeper.names(), ['quagga']);
  await keeper.add('zebra');
  assert.deepEqual(await keeper.names(), ['quagga', 'zebra'], 'a new row enters a list it was not in');
  assert.equal(zooCache.stats().hits, 1);
  assert.equal(await keeper.isKnown(id), true, 'a service may ask about its own methods');
  assert.equal(await keeper.count(), 2, 'a repository of whatever entity can be cached');
  await app.close();

  await assert.rejects(
    async () =>
      NestFactory.createApplicationContext(ZooModule.withStorage('ftp://attic'), {
        abortOnError: false,
        logger: false,
      }),
    (error) => error instanceof ZooCacheError && error.message.includes('ftp://attic'),
    'a wrong option fails at start-up and is named',
  );
}
