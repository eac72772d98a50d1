/**
 * A process beside Jest that owns the private servers of one run.
 *
 * It listens on the unix socket `launcher.sock` in the directory it is given and answers each line with `{ connection }`
 * or `{ error }` as JSON. The line is the name of a service, which the first to ask starts, so a run pays only for the
 * servers that its specs use; or a name with options as JSON, which always starts another server; or `stop` and the
 * process id of such a one. It ends when its standard input does, which happens however Jest dies, and then stops every server by pid
 * and removes the directory. Ctrl-C reaches the whole group: it is left to Jest.
 */
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { services } from './services.mjs';

const directory = process.argv[2];
const started = new Map();
/** Servers that specs have to themselves, by their process id. */
const others = new Map();

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

async function startAnother(name, options) {
  const other = await services[name].startAnother(directory, options);
  others.set(other.connection.pid, other);
  return other;
}

async function answer(line) {
  const [, name, rest] = /^(\S+)\s*(.*)$/.exec(line);
  if (name === 'stop') {
    await others.get(Number(rest)).stop();
    return {};
  }
  return rest ? startAnother(name, JSON.parse(rest)) : start(name);
}

const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', (chunk) => {
    answer(String(chunk).trim()).then(
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
  await Promise.allSettled([...started.values(), ...others.values()].map(async (server) => (await server).stop()));
  await rm(directory, { recursive: true, force: true });
  process.exit(0);
}

process.on('SIGINT', () => {});
process.on('SIGTERM', () => void stopAll());
process.stdin.on('end', () => void stopAll()).resume();
server.listen(`${directory}/launcher.sock`, () => process.stdout.write('ready\n'));
