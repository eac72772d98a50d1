/** Finding and running the programs of a private service; nothing here knows which service it is. */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readFileSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Where Debian puts server programs that it keeps off the PATH, the newest PostgreSQL first. */
function systemDirectories() {
  const versions = '/usr/lib/postgresql';
  let postgres = [];
  try {
    postgres = readdirSync(versions)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(versions, version, 'bin'));
  } catch {
    // Not a Debian machine: the PATH is all there is.
  }
  return [...postgres, '/usr/sbin', '/usr/local/sbin'];
}

/** The full path of the first of these programs that is installed, or undefined. */
export function findProgram(...names) {
  const directories = [...(process.env.PATH ?? '').split(delimiter), ...systemDirectories()];
  for (const name of names) {
    for (const directory of directories) {
      const path = join(directory, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here; look in the next directory.
      }
    }
  }
  return undefined;
}

/**
 * Whom PostgreSQL runs as: it refuses root, so root hands it to `postgres`, or to `nobody` where there is no such user;
 * anybody else runs it as themselves.
 */
export function unprivilegedUser() {
  if (process.getuid?.() !== 0) return {};
  for (const user of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout));
    if (uid > 0) return { uid, gid };
  }
  throw new Error('PostgreSQL refuses to run as root, and there is neither a user postgres nor a user nobody.');
}

/** Runs a set-up program to its end, off this thread; throws with what it printed if it failed. */
export async function runToEnd(program, args, options) {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`${program} ended with ${code}:\n${printed.slice(-2000)}`);
}

/**
 * Starts a server and resolves to `{ pid, stop }` once `isReady` no longer throws; rejects with the end of its log when it stops first or
 * is not ready within 60 seconds.
 */
export async function startServer(program, args, { log, isReady, stopSignal, ...options }) {
  const output = openSync(log, 'a');
  const child = spawn(program, args, { ...options, stdio: ['ignore', output, output] });
  closeSync(output);
  const ended = new Promise((resolve) => child.once('error', resolve).once('exit', resolve));
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));

  const stop = async () => {
    if (!hasEnded) child.kill(stopSignal);
    await ended;
  };
  const deadline = performance.now() + 60_000;
  for (;;) {
    try {
      await isReady();
      return { pid: child.pid, stop };
    } catch (error) {
      if (hasEnded || performance.now() > deadline) {
        await stop();
        throw new Error(`${program} did not start:\n${readFileSync(log, 'utf8').slice(-2000)}`, { cause: error });
      }
      await pause(20);
    }
  }
}
