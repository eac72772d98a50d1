import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CacheQuery, ZooCacheModule, ZooCacheService } from '../../lib/index.js';
import { freshDirectory } from '../support/lmdb.js';

@Injectable()
class Catalog {
  calls = 0;
  readonly tenant: string = 'one';

  @CacheQuery('5m')
  async names(): Promise<string> {
    return `${this.tenant} ${++this.calls}`;
  }
}

/** Whether a trace is being taken, as it is during a request. */
let isTracing = false;
const applications: INestApplicationContext[] = [];

afterEach(async () => {
  isTracing = false;
  for (const application of applications.splice(0)) await application.close();
});

/** What @nestjs/observe does: in a trace `this` is the proxy, and outside of one it is the instance. */
function traced(instance: unknown): unknown {
  if (typeof instance !== 'object' || instance === null || instance instanceof Map) return instance;
  return new Proxy(instance, {
    get(target, property, receiver) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== 'function' || property === 'constructor') return value;
      return (...args: unknown[]) => value.apply(isTracing ? receiver : target, args) as unknown;
    },
  });
}

async function start(storage = 'memory://') {
  @Module({ imports: [ZooCacheModule.forRoot(storage)], providers: [Catalog] })
  class App {}

  const instrument = { instanceDecorator: traced };
  const application = await NestFactory.createApplicationContext(App, { instrument, logger: false });
  applications.push(application);
  return { application, catalog: application.get(Catalog), zooCache: application.get(ZooCacheService) };
}

describe('An instance that Nest knows by a proxy', () => {
  it('gives the same answers in a trace and outside of one', async () => {
    const { catalog } = await start();
    const outside = await catalog.names();
    isTracing = true;
    expect(await catalog.names()).toBe(outside);
    expect(catalog.calls).toBe(1);
  });

  it('shares its answers with other processes in a trace and outside of one', async () => {
    const directory = `lmdb:${freshDirectory()}`;
    for (const tracing of [false, true, false]) {
      isTracing = tracing;
      const { catalog, application } = await start(directory);
      expect(await catalog.names()).toBe('one 1');
      expect(catalog.calls).toBe(applications.length === 1 ? 1 : 0);
      await application.close();
    }
  });

  it('can be asked about', async () => {
    const { catalog, zooCache } = await start();
    await catalog.names();
    for (isTracing of [false, true]) {
      expect(await zooCache.explain(catalog, 'names')).toMatchObject({ isCached: true });
    }
  });

  it('keeps to itself what somebody else made of it, because that may stand for another tenant', async () => {
    const { catalog } = await start();
    isTracing = true;
    const own = await catalog.names();
    const tenant = 'another';
    const shown = new Proxy(catalog, { get: (target, key) => (key === 'tenant' ? tenant : Reflect.get(target, key)) });
    const names = Catalog.prototype.names;
    expect(await names.call(shown)).toMatch(/^another/);
    expect(await names.call(Object.create(catalog, { tenant: { value: tenant } }) as Catalog)).toMatch(/^another/);
    expect(await catalog.names()).toBe(own);
  });
});
