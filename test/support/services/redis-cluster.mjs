import { setTimeout as pause } from 'node:timers/promises';
import { ask, findRedis, freePort, startRedis } from './redis.mjs';

const SLOTS = 16_384;

/** Three primaries of a Redis Cluster, each with a third of the slots. */
export const redisCluster = {
  title: 'Redis Cluster',
  variable: 'ZOO_TEST_REDIS_CLUSTER_URL',
  debianPackage: 'redis-server',
  missingProgram: () => (findRedis() ? undefined : 'redis-server'),
  fromUrl: (url) => ({ url }),

  async start(directory) {
    const nodes = [];
    const stop = () => Promise.all(nodes.map((node) => node.stop()));
    try {
      for (let at = 0; at < 3; at++) nodes.push(await startNode(directory, at));
      for (const [at, { port }] of nodes.entries()) {
        const [first, next] = [at, at + 1].map((third) => Math.floor((third * SLOTS) / nodes.length));
        await command(port, `CLUSTER ADDSLOTSRANGE ${first} ${next - 1}`);
        await command(port, `CLUSTER MEET 127.0.0.1 ${nodes[0].port} ${nodes[0].busPort}`);
      }
      await until(async () => {
        const views = await Promise.all(nodes.map(({ port }) => ask(port, 'CLUSTER INFO')));
        return views.every((view) => /cluster_state:ok/.test(view) && /cluster_known_nodes:3/.test(view));
      });
    } catch (error) {
      await stop();
      throw error;
    }
    return { connection: { url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}` }, stop };
  },
};

async function startNode(directory, at) {
  const busPort = await freePort();
  const args = ['--cluster-enabled', 'yes', '--cluster-port', busPort, '--cluster-node-timeout', 2000];
  const node = await startRedis({ directory, name: `redis-cluster-${at}`, args });
  return { ...node, busPort };
}

/** Sends a command that is to be answered with OK. */
export async function command(port, text) {
  const answer = await ask(port, text);
  if (!answer.startsWith('+OK')) throw new Error(`'${text}' was answered with ${answer}`);
}

/** Asks again until the answer is yes; a minute is long enough for every server here. */
export async function until(isSo) {
  const deadline = performance.now() + 60_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error('The servers did not find each other within a minute.');
    await pause(20);
  }
}
