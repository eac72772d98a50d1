/**
 * A process beside Jest that owns the private servers of one run.
 *
 * It listens on the unix socket `launcher.sock` in the directory it is given: who writes the name of a service gets
 * `{ connection }` or `{ error }` as JSON, and the first to ask starts it, so a run pays only for the servers that its
 * specs use. It ends when its standard input does, which happens however Jest dies, and then stops every server by pid
 * and removes the directory. Ctrl-C reaches the whole group: it is left to Jest.
 */
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { services } from './services.mjs';

const directory = process.argv[2];
const started = new Map();

function start(name) {
  let starting = started.get(name);
  if (!starting) {
    const { variable, fromUrl, start: startPrivate } = services[name];
    const url = process.env[variable];
    starting = url ? Promise.resolve({ connection: fromUrl(url), stop: () => {} }) : startPrivate(directory);
    started.set(name, starting);
  }
  return starting;
}

const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', (chunk) => {
    start(String(chunk).trim()).then(
      ({ connection }) => socket.end(JSON.stringify({ connection })),
      ({ message }) => socket.end(JSON.stringify({ error: message })),
    );
  });
});

let isStopping = false;
async function stopAll() {
  if (isStopping) return;
  isStopping = true;
  server.close();
  // One that failed to start has stopped already, and the spec that asked for it has heard why.
  await Promise.allSettled([...started.values()].map((starting) => starting.then(({ stop }) => stop())));
  await rm(directory, { recursive: true, force: true });
  process.exit(0);
}

process.on('SIGINT', () => {});
process.on('SIGTERM', () => void stopAll());
process.stdin.on('end', () => void stopAll()).resume();
server.listen(`${directory}/launcher.sock`, () => process.stdout.write('ready\n'));
