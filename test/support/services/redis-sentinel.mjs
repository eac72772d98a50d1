import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './redis-cluster.mjs';
import { startServer } from './programs.mjs';
import { ask, findRedis, freePort, startRedis } from './redis.mjs';

/** What the sentinels call the primary. */
const NAME = 'zoo';

/** A primary with two replicas, and three sentinels of which two fail over within about a second. */
export const redisSentinel = {
  title: 'Redis Sentinel',
  variable: 'ZOO_TEST_REDIS_SENTINEL_URL',
  debianPackage: 'redis-server',
  missingProgram: () => (findRedis() ? undefined : 'redis-server'),
  fromUrl: (url) => ({ url }),

  async start(directory) {
    const started = [];
    const stop = () => Promise.all(started.map((server) => server.stop()));
    try {
      const primary = await startRedis({ directory, name: 'redis-primary', args: REPLICATION });
      started.push(primary);
      for (const name of ['redis-replica-1', 'redis-replica-2']) {
        const args = [...REPLICATION, '--replicaof', '127.0.0.1', primary.port];
        started.push(await startRedis({ directory, name, args }));
      }
      await until(async () =>
        /connected_slaves:2[^]*state=online[^]*state=online/.test(await ask(primary.port, 'INFO replication')),
      );
      const sentinels = [];
      for (let at = 0; at < 3; at++) sentinels.push(await startSentinel(directory, at, primary.port));
      started.push(...sentinels);
      await until(async () => {
        const views = await Promise.all(sentinels.map(({ port }) => ask(port, 'INFO sentinel')));
        return views.every((view) => /status=ok,.*slaves=2,sentinels=3/.test(view));
      });
      const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
      return { connection: { url: `redis+sentinel://${hosts}/${NAME}`, pid: primary.pid }, stop };
    } catch (error) {
      await stop();
      throw error;
    }
  },

  /** A further set, for a spec that fails over: what others ask meanwhile would be lost. */
  startAnother(directory) {
    return redisSentinel.start(mkdtempSync(join(directory, 'sentinels-')));
  },
};

/** A replica that is asked for the whole of the data gets it at once, and not with those that may ask five seconds later. */
const REPLICATION = ['--repl-diskless-sync-delay', 0];

async function startSentinel(directory, at, primaryPort) {
  const port = await freePort();
  const name = `redis-sentinel-${at}`;
  const file = `${directory}/${name}.conf`;
  // Sentinels write down what they learn, so each has a file of its own.
  writeFileSync(
    file,
    [
      'bind 127.0.0.1',
      `port ${port}`,
      `dir ${directory}`,
      `sentinel monitor ${NAME} 127.0.0.1 ${primaryPort} 2`,
      `sentinel down-after-milliseconds ${NAME} 400`,
      `sentinel failover-timeout ${NAME} 1000`,
      `sentinel parallel-syncs ${NAME} 2`,
      '',
    ].join('\n'),
  );
  const { pid, stop } = await startServer(findRedis(), [file, '--sentinel'], {
    cwd: directory,
    log: `${directory}/${name}.log`,
    stopSignal: 'SIGKILL',
    isReady: () => ask(port, 'PING'),
  });
  return { port, pid, stop };
}
