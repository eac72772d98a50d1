import { expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { ZooCacheService } from '../../lib/index.js';
import { Product, database, start } from '../nest/application.js';
import { connectionTo, describeNeeding } from '../support/services.js';
import { databases } from '../support/test-database.js';

/** An application that shares a Redis with the others of its prefix, as one in another process does. */
async function startOne(prefix: string, dataSource?: DataSourceOptions): Promise<INestApplication> {
  const { url } = await connectionTo('redis');
  const imports = [dataSource === undefined ? database() : TypeOrmModule.forRoot(dataSource)];
  return start({ options: { storage: url, prefix }, imports });
}

async function startSeveral(count = 2): Promise<ZooCacheService[]> {
  const prefix = randomUUID();
  const services: ZooCacheService[] = [];
  while (services.length < count) services.push((await startOne(prefix)).get(ZooCacheService));
  return services;
}

describeNeeding('redis', 'The values of several processes', () => {
  it('replace each other, whoever sets them', async () => {
    const [one, other] = await startSeveral();
    await one.set('key', 'first', { tags: [] });
    expect(await other.get('key')).toBe('first');
    await other.set('key', 'second', { tags: [] });
    expect(await one.get('key')).toBe('second');
  });

  it('go to one process when several add or pop them', async () => {
    const [one, other] = await startSeveral();
    const added = await Promise.all([one.add('key', 'of one'), other.add('key', 'of the other')]);
    expect(added.filter(Boolean)).toHaveLength(1);
    const value = added[0] ? 'of one' : 'of the other';
    expect(await Promise.all([one.get('key'), other.get('key')])).toEqual([value, value]);
    const popped = await Promise.all([one.pop('key'), other.pop('key')]);
    expect(popped.filter((each) => each !== undefined)).toEqual([value]);
    expect(await Promise.all([one.has('key'), other.has('key')])).toEqual([false, false]);
  });

  it('live as long as the last touch says, and not at all after a touch of 0', async () => {
    const [one, other, third] = await startSeveral(3);
    await one.setMany({ long: 1, short: 2, gone: 3 }, { ttl: '1s', tags: [] });
    expect(await other.getMany(['long', 'short', 'gone'])).toEqual([1, 2, 3]);
    expect(await other.touch('long', '1m')).toBe(true);
    expect(await other.touch('gone', 0)).toBe(true);
    expect(await one.get('gone')).toBeUndefined();
    await pause(1_100);
    expect(await third.getMany(['long', 'short'])).toEqual([1, undefined]);
  });

  it('are counted by all of them together', async () => {
    const [one, other] = await startSeveral();
    const counts = await Promise.all([one, other, one, other].map((each) => each.increment('visits', 2)));
    expect(counts.sort((a, b) => a - b)).toEqual([2, 4, 6, 8]);
    expect(await one.get('visits')).toBe(8);
    expect(await other.touch('visits', 0)).toBe(true);
    expect(await one.increment('visits')).toBe(1);
  });
});

describeNeeding('redis', 'What a process finds in the storage when it starts', () => {
  describeNeeding('postgres', 'on PostgreSQL,', () => {
    /** Two programs, one before the other, and what happened to the database in between past all of them. */
    async function startTwoAround(sql: string): Promise<readonly number[]> {
      const { createOptions } = databases().find(({ family }) => family === 'postgres')!;
      const options = await createOptions([Product]);
      const psql = new pg.Client({ ...(await connectionTo('postgres')), database: options.database as string });
      await psql.connect();
      try {
        await psql.query(`CREATE TABLE migrations (id int, name text); INSERT INTO migrations VALUES (1, 'First')`);
        const prefix = randomUUID();
        const countIn = (app: INestApplication): Promise<number> =>
          app.get(ZooCacheService).getOrLoad('products', () => app.get(DataSource).getRepository(Product).count());
        const one = await startOne(prefix, options);
        const before = await countIn(one);
        await psql.query(`INSERT INTO product (name) VALUES ('Zebra'); ${sql}`);
        const other = await startOne(prefix, options);
        return [before, await countIn(other), await countIn(one)];
      } finally {
        await psql.end();
      }
    }

    it('is what was stored there before, when no migration has run since', async () => {
      expect(await startTwoAround('')).toEqual([0, 0, 0]);
    });

    it('is gone for everybody when one has, because nobody heard of what it changed', async () => {
      expect(await startTwoAround(`INSERT INTO migrations VALUES (2, 'Second')`)).toEqual([0, 1, 1]);
    });
  });
});
