/**
 * Installs the packed tarball in applications outside of this repository and runs them: the Nest and TypeORM versions
 * at both ends of the supported range, as ES modules and as CommonJS, in plain Node and inside Jest.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

const jest = { jest: '^30.5.0', '@jest/globals': '^30.5.0' };
const nest12 = {
  '@nestjs/common': '^12.0.0',
  '@nestjs/core': '^12.0.0',
  '@nestjs/typeorm': '^12.0.0',
  typeorm: '^1.0.0',
  rxjs: '^7.8.0',
  'reflect-metadata': '^0.2.0',
  'sql.js': '^1.12.0',
};
const nest11 = {
  ...nest12,
  '@nestjs/common': '^11.0.0',
  '@nestjs/core': '^11.0.0',
  '@nestjs/typeorm': '^11.0.0',
  typeorm: '0.3.20',
};

const esModules = { module: 'nodenext', moduleResolution: 'nodenext' };
const consumers = [
  {
    name: 'Nest 12, TypeORM 1, ES modules',
    type: 'module',
    dependencies: { ...nest12, ...jest },
    resolutions: [
      esModules,
      { module: 'node16', moduleResolution: 'node16' },
      { module: 'esnext', moduleResolution: 'bundler' },
    ],
    jestFlags: ['--experimental-vm-modules'],
  },
  {
    name: 'Nest 12, TypeORM 1, CommonJS',
    type: 'commonjs',
    dependencies: nest12,
    resolutions: [esModules],
  },
  {
    name: 'Nest 11, TypeORM 0.3.20, CommonJS',
    type: 'commonjs',
    dependencies: { ...nest11, ...jest },
    resolutions: [esModules, { module: 'node16', moduleResolution: 'node16' }],
    jestFlags: [],
  },
];

/** npm hands its settings for this repository down to its scripts; a consumer is another project. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_OPTIONS$)/i.test(name)),
);

/** Runs to the end and resolves to what it printed on stdout; throws with all it printed if it failed or took too long. */
async function run(program, args, { cwd, timeoutMs = 300_000 }) {
  const child = spawn(program, args, { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs });
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].on('data', (chunk) => (printed[name] += chunk));
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (...outcome) => resolve(outcome));
  });
  if (code === 0) return printed.stdout;
  const reason = signal ? `was still running after ${timeoutMs / 1000} s` : `ended with ${code}`;
  throw new Error(`${program} ${args.join(' ')} ${reason}\n${printed.stdout}${printed.stderr}`);
}

function writeProject(directory, { type, dependencies, jestFlags }, tarball) {
  mkdirSync(directory);
  cpSync(join(root, 'test/pack/consumer'), directory, { recursive: true });
  const manifest = {
    name: 'consumer',
    private: true,
    type,
    dependencies: { ...dependencies, 'nestjs-zoocache': `file:${tarball}` },
    jest: { testEnvironment: 'node', testMatch: ['<rootDir>/out/**/*.spec.js'], transform: {} },
  };
  writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
  if (!jestFlags) rmSync(join(directory, 'scenario.spec.ts'));
}

async function compile(directory, resolution) {
  const compilerOptions = {
    target: 'es2022',
    ...resolution,
    strict: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    skipLibCheck: false,
    typeRoots: [join(root, 'node_modules/@types')],
    types: ['node'],
    rootDir: '.',
    outDir: 'out',
  };
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  await run(process.execPath, [tsc, '-p', '.'], { cwd: directory });
}

/** The checks of one consumer, in order; each is a title and what must not throw. */
function checksOf({ resolutions, jestFlags }, directory) {
  const node = (args, timeoutMs) => run(process.execPath, args, { cwd: directory, timeoutMs });
  return [
    // The first of the list is compiled last, and so is the one that runs.
    ...[...resolutions].reverse().map((resolution) => ({
      title: `its types hold with moduleResolution ${resolution.moduleResolution}`,
      check: () => compile(directory, resolution),
    })),
    { title: 'loads, hits, stays fresh, and ends by itself', check: () => node(['out/main.js'], 20_000) },
    { title: 'import and require give the same classes', check: () => node(['identity.mjs'], 20_000) },
    ...(jestFlags
      ? [{ title: 'works inside Jest', check: () => node([...jestFlags, 'node_modules/jest/bin/jest.js'], 120_000) }]
      : []),
  ];
}

const workshop = mkdtempSync(join(tmpdir(), 'zoo-pack-'));
let passed = 0;
let failed = 0;

async function attempt(title, check) {
  try {
    await check();
    passed++;
    console.log(`  ✓ ${title}`);
    return true;
  } catch (error) {
    failed++;
    console.log(`  ✗ ${title}\n${error.message.replaceAll(/^/gm, '      ')}`);
    return false;
  }
}

try {
  console.log('Packing');
  let tarball;
  const isPacked = await attempt('builds and packs', async () => {
    const printed = await run('npm', ['pack', '--silent', '--pack-destination', workshop], { cwd: root });
    tarball = join(workshop, printed.trim().split('\n').at(-1));
  });
  for (const [index, consumer] of isPacked ? consumers.entries() : []) {
    const directory = join(workshop, `consumer-${index}`);
    console.log(consumer.name);
    writeProject(directory, consumer, tarball);
    const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--loglevel=error'];
    const isInstalled = await attempt('installs, with its peers in range', () =>
      run('npm', install, { cwd: directory }),
    );
    for (const { title, check } of isInstalled ? checksOf(consumer, directory) : []) await attempt(title, check);
  }
} finally {
  rmSync(workshop, { recursive: true, force: true });
}
console.log(`pack: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
