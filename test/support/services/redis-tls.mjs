import { spawnSync } from 'node:child_process';
import { findProgram, runToEnd } from './programs.mjs';
import { findRedis, freePort, startRedis } from './redis.mjs';

/** A Redis that takes encrypted connections, with a certificate that nobody signed. */
export const redisTls = {
  title: 'Redis with TLS',
  variable: 'ZOO_TEST_REDIS_TLS_URL',
  debianPackage: 'redis-server openssl',
  missingProgram() {
    if (!findProgram('openssl')) return 'openssl';
    return knowsTls() ? undefined : 'redis-server that was built with TLS';
  },
  fromUrl: (url) => ({ url }),

  async start(directory) {
    const [key, certificate] = [`${directory}/redis-tls.key`, `${directory}/redis-tls.pem`];
    await runToEnd(
      findProgram('openssl'),
      // prettier-ignore
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost',
       '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate],
      { cwd: directory },
    );
    const port = await freePort();
    const files = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate];
    const { stop } = await startRedis({
      directory,
      name: 'redis-tls',
      args: ['--tls-port', port, ...files, '--tls-auth-clients', 'no'],
    });
    return { connection: { url: `rediss://localhost:${port}?tls.ca=${certificate}` }, stop };
  },
};

/** Redis reads its settings in their order and stops at the first it does not know: at the port, when built without TLS. */
function knowsTls() {
  const program = findRedis();
  if (!program) return false;
  const { stdout, stderr } = spawnSync(program, ['--tls-port', '0', '--no-such-setting', '0'], { encoding: 'utf8' });
  return /no-such-setting/.test(stdout + stderr);
}
