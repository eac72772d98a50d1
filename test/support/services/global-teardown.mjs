import { once } from 'node:events';

/** Ends the launcher's input, which makes it stop every server it started, and waits until it has. */
export default async function globalTeardown() {
  const launcher = globalThis.zooTestLauncher;
  if (!launcher || launcher.exitCode !== null) return;
  const ended = once(launcher, 'exit');
  launcher.stdin.end();
  const [code] = await ended;
  if (code !== 0) throw new Error(`The test services did not stop cleanly (launcher exit code ${code}).`);
}
