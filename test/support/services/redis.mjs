import { mkdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { findProgram, startServer } from './programs.mjs';

/** Valkey speaks the same. */
export const findRedis = () => findProgram('redis-server', 'valkey-server');

/** A private Redis on a free port and a unix socket, keeping nothing on disk. */
export const redis = {
  title: 'Redis',
  variable: 'ZOO_TEST_REDIS_URL',
  debianPackage: 'redis-server',
  missingProgram: () => (findRedis() ? undefined : 'redis-server'),
  fromUrl: (url) => ({ url }),

  async start(directory) {
    const socketPath = `${directory}/redis.sock`;
    const { port, stop } = await startRedis({ directory, name: 'redis', args: ['--unixsocket', socketPath] });
    return { connection: { url: `redis://127.0.0.1:${port}`, socketPath }, stop };
  },

  /** One more, for a spec that kills, pauses and restarts it: on the port it is given, if it is given one. */
  async startAnother(directory, { port, args = [] }) {
    const { stop, ...server } = await startRedis({ directory, name: `redis-${++others}`, port, args });
    return { connection: server, stop };
  },
};

let others = 0;

/** Starts a redis-server with a directory of its own, which keeps nothing on disk unless `args` say so. */
export async function startRedis({ directory, name, port, args = [] }) {
  const home = `${directory}/${name}`;
  mkdirSync(home, { mode: 0o700 });
  const chosen = port ?? (await freePort());
  const own = ['--bind', '127.0.0.1', '--port', chosen, '--save', '', '--appendonly', 'no'];
  const { pid, stop } = await startServer(findRedis(), [...own, ...args].map(String), {
    cwd: home,
    log: `${directory}/${name}.log`,
    stopSignal: 'SIGKILL',
    isReady: async () => {
      const answer = await ask(chosen, 'PING');
      if (!answer.startsWith('+PONG')) throw new Error(`Redis answered ${answer}`);
    },
  });
  return { port: chosen, pid, stop };
}

/** A port nobody listens on: the system chose it, and gave it back a moment ago. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** What a server answers to one command, as it is on the wire. */
export function ask(port, command) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
    socket.once('error', reject).once('data', (answer) => {
      socket.destroy();
      resolve(String(answer));
    });
  });
}
