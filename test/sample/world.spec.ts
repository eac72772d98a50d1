import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { ZOO_CACHE_OPTIONS, type ZooCacheOptions, type ZooCacheService } from 'nestjs-zoocache';
import { listen } from '../../sample/shared/http/listen.js';
import { WorldLoader } from '../../sample/01-world/src/load/world-loader.js';
import { ClaimFailed, Guide } from '../../sample/shared/tour/guide.js';
import { everyWrite } from '../../sample/01-world/src/tour/steps/every-write.step.js';
import { neverStale } from '../../sample/01-world/src/tour/steps/never-stale.step.js';
import { steps } from '../../sample/01-world/src/tour/steps.js';
import { type World, worldOf } from '../../sample/01-world/src/tour/world.js';
import { WorldModule } from '../../sample/01-world/src/world.module.js';
import { smallWorld } from './small-world.js';

@Module({})
class EmptyModule {}

async function start(options: ZooCacheOptions = {}): Promise<{ app: INestApplication; world: World }> {
  const module = await Test.createTestingModule({ imports: [WorldModule] })
    .overrideProvider(ZOO_CACHE_OPTIONS)
    .useValue(options)
    .compile();
  const app = module.createNestApplication({ forceCloseConnections: true });
  await app.init();
  await app.get(WorldLoader, { strict: false }).load(undefined, smallWorld());
  return { app, world: worldOf(app, await listen(app, 0)) };
}

const quietGuide = () =>
  new Guide(
    () => {},
    (_style, text) => text,
  );

/** A world whose cities are answered from a cache that never invalidates: each question is asked once and for all. */
function withForgetfulCache(world: World): World {
  const answers = new Map<string, unknown>();
  let bypassed = false;
  const cities = new Proxy(world.cities, {
    get: (service, name) => {
      const method = Reflect.get(service, name) as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        const key = `${String(name)} ${JSON.stringify(args)}`;
        if (bypassed || !answers.has(key)) {
          const fresh = await method.apply(service, args);
          if (bypassed) return fresh;
          answers.set(key, fresh);
        }
        return answers.get(key);
      };
    },
  });
  const bypass = async (ask: () => Promise<unknown>) => {
    bypassed = true;
    try {
      return await ask();
    } finally {
      bypassed = false;
    }
  };
  return { ...world, cities, cache: { bypass } as ZooCacheService };
}

describe('the tour of the sample, on a small world', () => {
  let app: INestApplication;
  let world: World;

  beforeAll(async () => {
    ({ app, world } = await start());
  });
  afterAll(() => app.close());

  it.each(steps.map((step) => [step.title, step] as const))('%s: every claim holds', async (_title, step) => {
    const guide = quietGuide();
    await step.walk(world, guide);
    expect(guide.claims).toBeGreaterThan(0);
  });

  it('finds a name by its beginning without accents, and takes wildcards for what they are', async () => {
    const { total } = await world.cities.search('zuric');
    expect(total).toBeGreaterThan(0);
    expect((await world.cities.search('%')).total).toBe(0);
    expect((await world.cities.search('_')).total).toBe(0);
  });
});

describe('the same tour without a cache', () => {
  let app: INestApplication;
  let world: World;

  beforeAll(async () => {
    ({ app, world } = await start({ enabled: false }));
  });
  afterAll(() => app.close());

  it.each(steps.map((step) => [step.title, step] as const))(
    '%s: a claim fails, so the step proves something',
    async (_title, step) => {
      await expect(step.walk(world, quietGuide())).rejects.toThrow(ClaimFailed);
    },
  );
});

describe('the same tour with a cache that forgets to invalidate', () => {
  let app: INestApplication;
  let world: World;

  beforeAll(async () => {
    ({ app, world } = await start({ enabled: false }));
    world = withForgetfulCache(world);
  });
  afterAll(() => app.close());

  it('notices the stale answer after the first write', async () => {
    await expect(everyWrite.walk(world, quietGuide())).rejects.toThrow(/and the database says/);
  });

  it('notices stale answers on a busy day', async () => {
    await expect(neverStale.walk(world, quietGuide())).rejects.toThrow(/No answer was older/);
  });
});

describe('the port of the sample', () => {
  it('is the next free one when the first is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as AddressInfo;
    const app = await NestFactory.create(EmptyModule, {
      logger: false,
      abortOnError: false,
      forceCloseConnections: true,
    });
    try {
      expect(Number(new URL(await listen(app, port)).port)).toBeGreaterThan(port);
    } finally {
      await app.close();
      taken.close();
    }
  });
});
