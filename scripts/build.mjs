/**
 * Builds lib/ for two loaders: dist/esm for everything that can load ES modules, which includes `require()` on every
 * supported Node through the `module-sync` condition, and dist/cjs for tools that cannot, such as Jest without its flag.
 *
 * First plain tsc, because it alone emits the decorator metadata that Nest injects by; then each loader gets all of it
 * in one file per entry, without comments and white space: loading 120 small ones took 85 ms of every start where one takes
 * 30, and one character in a comment that is not ASCII makes V8 read the whole file as text of two bytes a character. The
 * source map has what is left out.
 */
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

rmSync(`${root}dist`, { recursive: true, force: true });
const compiled = `${root}dist/compiled`;
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', compiled], {
  cwd: root,
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);

/**
 * tsc writes a decorated class as `let Name = class Name {`, and in one file esbuild must call the inner of the two
 * `Name2`, which Nest's log and its errors would show. Without a name of its own it is called as the variable.
 */
const namesOfClasses = {
  name: 'names of classes',
  setup(bundle) {
    bundle.onLoad({ filter: /\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll(/^((?:export )?let (\w+) = class) \2\b/gm, '$1'),
    }));
  },
};

const ENTRIES = ['index.js', 'testing/index.js'];

/** What two entries hold exists twice. Constants and functions do not care; of a class, `instanceof` would know one only. */
function refuseSharedClasses({ outputs }) {
  const bundles = Object.values(outputs).filter(({ entryPoint }) => entryPoint !== undefined);
  const files = bundles.flatMap(({ inputs }) => Object.keys(inputs).filter((file) => inputs[file].bytesInOutput > 0));
  const shared = files.filter((file, index) => files.indexOf(file) < index);
  const withClasses = shared.filter((file) => /^(?:export )?(?:let \w+ = )?class\b/m.test(readFileSync(file, 'utf8')));
  if (withClasses.length > 0) throw new Error(`Several entries hold the classes of ${withClasses.join(', ')}`);
}

for (const [format, type] of [
  ['esm', 'module'],
  ['cjs', 'commonjs'],
]) {
  const directory = `${root}dist/${format}`;
  cpSync(compiled, directory, { recursive: true, filter: (path) => !/\.js(?:\.map)?$/.test(path) });
  writeFileSync(`${directory}/package.json`, `{ "type": "${type}" }\n`);
  const { metafile } = await build({
    entryPoints: ENTRIES.map((entry) => `${compiled}/${entry}`),
    outdir: directory,
    outbase: compiled,
    bundle: true,
    metafile: true,
    packages: 'external',
    format,
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    minifyWhitespace: true,
    // A place in a stack trace is of use without the source map, too.
    lineLimit: 120,
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [namesOfClasses],
  });
  refuseSharedClasses(metafile);
}
rmSync(compiled, { recursive: true, force: true });
