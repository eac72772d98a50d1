import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { openRedis } from '../../lib/drivers/redis/open-redis.js';
import { RedisTarget } from '../../lib/drivers/redis/redis-target.js';
import { processWritePath } from '../../lib/engine/write-path.js';
import { Invalidates, ZOO_CACHE_BUS, ZooCacheModule, type ZooCacheOptions } from '../../lib/index.js';
import { isAnythingAutomatic } from '../../lib/typeorm/reads/open-reads.js';
import { MapStorage, ReferenceBus, ReferenceLog } from '../../lib/testing/index.js';
import { connectionTo } from '../support/connections.js';
import { describeNeeding } from '../support/services.js';
import { database, Product, start, type ApplicationParts } from './application.js';

class Stranger {}

/** Whoever provides it has an application that fails when everything else is at work. */
@Injectable()
class Misled {
  @Invalidates(Stranger)
  change(): void {}
}

const EVERYTHING: ZooCacheOptions = { entities: { '*': { ttl: '5m' } } };

const away = { hello: () => Promise.reject(new Error('away')), close: () => Promise.resolve() };

function expectNothingLeft(): void {
  expect(processWritePath.hasFollowers).toBe(false);
  expect(isAnythingAutomatic()).toBe(false);
}

afterEach(expectNothingLeft);

describe('An application that fails to start', () => {
  it.each<[string, ApplicationParts, object]>([
    ['a method', { providers: [Misled] }, { code: 'UNKNOWN_ENTITY' }],
    ['an option', { options: { entities: { Prodct: { ttl: '5m' } } } }, { code: 'UNKNOWN_ENTITY' }],
    [
      'a feature',
      { imports: [database(), ZooCacheModule.forFeature([Product], 'archive')] },
      { code: 'NOT_REGISTERED' },
    ],
  ])('because of %s, leaves nothing in the process', async (_, parts, error) => {
    const options = { ...EVERYTHING, ...(parts.options as ZooCacheOptions) };
    await expect(start({ ...parts, options })).rejects.toMatchObject(error);
    expectNothingLeft();
  });

  it('refuses no writes of the next one, though its own were to be refused while its bus is away', async () => {
    const bus = Object.assign(new ReferenceBus(new ReferenceLog()), away);
    const options = { storage: new MapStorage(), bus, onLogDown: 'reject' } as const;
    // One without tables: a bus that is away refuses to have them made.
    const imports = [TypeOrmModule.forRoot({ type: 'sqljs', entities: [Product] })];
    await expect(start({ options, imports, providers: [Misled] })).rejects.toMatchObject({ code: 'UNKNOWN_ENTITY' });
    const app = await start({ options: EVERYTHING });
    const products = app.get<DataSource>(getDataSourceToken()).getRepository(Product);
    await products.save({ name: 'coffee' });
    expect(await products.count()).toBe(1);
    await app.close();
  });
});

describeNeeding('redis', 'An application whose URL names a database that its Redis does not have', () => {
  it.each(['storage', 'bus'])('does not start, be it the %s', async (which) => {
    const { url } = await connectionTo('redis');
    const target = new URL(url);
    target.searchParams.set('db', '999');
    const database = {
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/no database 999 .*redis:.*CONFIG GET databases/),
    };
    await expect(start({ options: { [which]: String(target) } })).rejects.toMatchObject(database);
  });
});

describeNeeding('redis', 'The Redis of an application that fails to start', () => {
  it.each<[string, Partial<ApplicationParts>]>([
    ['one of its parts is of no use', { override: (builder) => builder.overrideProvider(ZOO_CACHE_BUS).useValue({}) }],
    ['it is misled', { providers: [Misled] }],
  ])('is connected to no longer when %s', async (_, parts) => {
    const { url } = await connectionTo('redis');
    const connectionName = randomUUID();
    const target = new URL(url);
    target.searchParams.set('connectionName', connectionName);
    await expect(start({ ...parts, options: String(target) })).rejects.toMatchObject({ name: 'ZooCacheError' });
    const connection = await openRedis(new RedisTarget(url));
    await connection.attempted;
    expect(await connection.client.call('CLIENT', 'LIST')).not.toContain(connectionName);
    await connection.close();
  });
});
