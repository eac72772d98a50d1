import { expect, it } from '@jest/globals';
import { slotOf } from '../../lib/drivers/redis/key-slot.js';
import { openRedis } from '../../lib/drivers/redis/open-redis.js';
import { RedisTarget } from '../../lib/drivers/redis/redis-target.js';
import { connectionTo, describeNeeding } from '../support/services.js';

describeNeeding('redis-cluster', 'The slot of a key', () => {
  it('is the one that the cluster says', async () => {
    const connection = await openRedis(new RedisTarget((await connectionTo('redis-cluster')).url));
    await connection.attempted;
    const keys = ['', '123456789', 'ä😀', '{a}b', 'b{a}', '{}a', 'a{}{b}', 'a{{b}}c', 'a{b', 'a}b{c}', 'x'.repeat(300)];
    for (const key of keys)
      expect([key, slotOf(key)]).toEqual([key, await connection.client.call('CLUSTER', 'KEYSLOT', key)]);
    await connection.close();
  });
});
