import { connect, createServer } from 'node:net';
import { findProgram, startServer } from './programs.mjs';

/** A private Redis on a free port and a unix socket, keeping nothing on disk. */
export const redis = {
  title: 'Redis',
  variable: 'ZOO_TEST_REDIS_URL',
  debianPackage: 'redis-server',
  missingProgram: () => (findProgram('redis-server', 'valkey-server') ? undefined : 'redis-server'),
  fromUrl: (url) => ({ url }),

  async start(directory) {
    const port = await freePort();
    const socketPath = `${directory}/redis.sock`;
    const stop = await startServer(
      findProgram('redis-server', 'valkey-server'),
      ['--bind', '127.0.0.1', '--port', port, '--unixsocket', socketPath, '--save', '', '--appendonly', 'no'].map(
        String,
      ),
      { cwd: directory, log: `${directory}/redis.log`, stopSignal: 'SIGKILL', isReady: () => ping(socketPath) },
    );
    return { connection: { url: `redis://127.0.0.1:${port}`, socketPath }, stop };
  },
};

/** A port nobody listens on: the system chose it, and gave it back a moment ago. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function ping(socketPath) {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => socket.write('PING\r\n'));
    socket.once('error', reject).once('data', (answer) => {
      socket.destroy();
      if (String(answer).startsWith('+PONG')) resolve();
      else reject(new Error(`Redis answered ${String(answer)}`));
    });
  });
}
