import { afterEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { openRedisBus } from '../../lib/bus/redis/open-redis-bus.js';
import { Carriage, travelTogether } from '../../lib/drivers/redis/carriage.js';
import { openRedis } from '../../lib/drivers/redis/open-redis.js';
import { RedisTarget } from '../../lib/drivers/redis/redis-target.js';
import { openRedisStorage } from '../../lib/storage/redis/redis-storage.js';
import { redisVersions } from '../support/redis-versions.js';
import { connectionTo, describeNeeding } from '../support/services.js';

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const bytes = (text: string) => Buffer.from(text);
const MINUTE = 60_000;

describe.each(redisVersions)('By the connection of a bus, by $version,', ({ load }) => {
  describeNeeding('redis', 'in one Redis', () => {
    async function openWorld() {
      const target = new RedisTarget((await connectionTo('redis')).url);
      const opened = await openRedis(target, { load, connectionName: randomUUID() });
      await opened.attempted;
      const storage = openRedisStorage(target, { load, connectionName: randomUUID() });
      await storage.opened;
      const carriage = new Carriage(opened.client);
      const prefix = `${randomUUID()}:`;
      cleanUps.push(async () => {
        await storage.clear(prefix);
        await Promise.all([storage.close(), opened.close()]);
      });
      return { storage, carriage, connection: opened, key: `${prefix}key`, prefix };
    }

    /** How often something is written to the socket until the action is done. */
    async function packetsOf({ client }: Awaited<ReturnType<typeof openRedis>>, act: () => Promise<unknown>) {
      const stream = client.stream as unknown as Record<'_write' | '_writev', (...args: unknown[]) => unknown>;
      let packets = 0;
      for (const name of ['_write', '_writev'] as const) {
        const original = stream[name].bind(stream);
        stream[name] = (...args) => (packets++, original(...args));
      }
      await act();
      return packets;
    }

    it('a value travels in one packet with the command that was sent before it', async () => {
      const { storage, carriage, connection, key } = await openWorld();
      await storage.set(key, bytes('value'), MINUTE);
      storage.travelBy(carriage);
      const packets = await packetsOf(connection, async () => {
        const value = storage.get(key);
        await new Promise<void>((resolve, reject) => {
          // As a barrier leaves.
          process.nextTick(() => {
            carriage.gather();
            connection.client.call('PING').then(() => resolve(), reject);
          });
        });
        expect(await value).toEqual(new Uint8Array(bytes('value')));
      });
      expect(packets).toBe(1);
    });

    it('no more than a few values travel at once, and the others come by their own', async () => {
      const { storage, carriage, prefix } = await openWorld();
      const keys = Array.from({ length: 20 }, (_, at) => `${prefix}${at}`);
      for (const key of keys) await storage.set(key, bytes(key), MINUTE);
      storage.travelBy(carriage);
      const values: Promise<Uint8Array | undefined>[] = [];
      // Turn by turn, or they would ask together.
      for (const key of keys) {
        values.push(storage.get(key));
        await new Promise(process.nextTick);
        await new Promise(process.nextTick);
      }
      expect(carriage.hasRoomFor(1)).toBe(false);
      expect(await Promise.all(values)).toEqual(keys.map((key) => new Uint8Array(bytes(key))));
      expect(carriage.hasRoomFor(8)).toBe(true);
      expect(carriage.hasRoomFor(9)).toBe(false);
    });

    it('no value overtakes a write of its storage', async () => {
      const { storage, carriage, key } = await openWorld();
      storage.travelBy(carriage);
      for (let time = 0; time < 200; time++) {
        void storage.set(key, bytes(String(time)), MINUTE);
        await new Promise(process.nextTick);
        expect(String(Buffer.from((await storage.get(key))!))).toBe(String(time));
      }
    });

    it('values go their own way when the bus has lost its own', async () => {
      const { storage, carriage, connection, key } = await openWorld();
      await storage.set(key, bytes('value'), MINUTE);
      storage.travelBy(carriage);
      const value = storage.get(key);
      connection.client.disconnect();
      expect(await value).toEqual(new Uint8Array(bytes('value')));
      expect(await storage.get(key)).toEqual(new Uint8Array(bytes('value')));
    });
  });
});

describeNeeding('redis', 'A storage and a bus that are opened with one URL', () => {
  it('travel together, and a storage that is none of Redis alone', async () => {
    const { url } = await connectionTo('redis');
    const bus = await openRedisBus(url, { prefix: randomUUID() });
    const storage = openRedisStorage(new RedisTarget(url));
    cleanUps.push(() => Promise.all([bus.close(), storage.close()]));
    travelTogether(new Map(), bus);
    expect(bus.carriage?.isUsed).toBe(false);
    travelTogether(storage, bus);
    expect(bus.carriage?.isUsed).toBe(true);
  });
});
