/**
 * Builds lib/ twice: dist/esm for everything that can load ES modules, which includes `require()` on every supported
 * Node through the `module-sync` condition, and dist/cjs for tools that cannot, such as Jest without its ESM flag.
 *
 * Plain tsc, because it alone emits the decorator metadata that Nest injects by; two passes take two seconds.
 */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

rmSync(`${root}dist`, { recursive: true, force: true });
for (const [format, type] of [
  ['esm', 'module'],
  ['cjs', 'commonjs'],
]) {
  const { status } = spawnSync(process.execPath, [tsc, '-p', `tsconfig.${format}.json`], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(`${root}dist/${format}/package.json`, `{ "type": "${type}" }\n`);
}
