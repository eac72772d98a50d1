import type { RedisClient } from '../../drivers/redis/redis-client.js';

/** Keys that a server looks at in one step of a search, in well under a millisecond: others wait meanwhile. */
const KEYS_PER_STEP = 1_000;

/**
 * Deletes the texts whose key starts with the prefix, on every primary.
 *
 * What is no text was not set by a storage, and stays: a bus may keep its log under the same prefix. Keys set meanwhile
 * may stay too.
 */
export async function clearKeys(client: RedisClient, prefix: string): Promise<void> {
  const primaries = client.isCluster ? await primariesOf(client) : [client];
  await Promise.all(primaries.map((primary) => clearNode(primary, prefix, client.isCluster)));
}

async function clearNode(node: RedisClient, prefix: string, isInCluster: boolean): Promise<void> {
  const pattern = `${escapeGlob(prefix)}*`;
  let cursor = '0';
  do {
    const step = await node.call('SCAN', cursor, 'MATCH', pattern, 'COUNT', KEYS_PER_STEP, 'TYPE', 'string');
    const [next, keys] = step as [string, string[]];
    if (keys.length > 0) await unlink(node, keys, isInCluster);
    cursor = next;
  } while (cursor !== '0');
}

async function unlink(node: RedisClient, keys: readonly string[], isInCluster: boolean): Promise<void> {
  if (!isInCluster) {
    await node.call('UNLINK', ...keys);
    return;
  }
  // A node refuses one command with keys of several slots.
  const pipeline = node.pipeline();
  for (const key of keys) pipeline.call('UNLINK', key);
  for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
}

/** All that have slots; a client forgets a node that it lost, and its keys must not be left behind in silence. */
async function primariesOf(client: RedisClient): Promise<RedisClient[]> {
  const ranges = (await client.call('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
  const expected = new Set(ranges.map(([, , [host, port]]) => `${host}:${port}`)).size;
  const connected = client.nodes!('master');
  if (connected.length < expected) {
    throw new Error(`Only ${connected.length} of the ${expected} primaries of the Redis Cluster are connected`);
  }
  return connected;
}

function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\]/g, '\\$&');
}
