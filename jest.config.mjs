/**
 * Two ways to run the same specs. With Node's flag (`npm test`) they are ES modules, as published. Without it (a bare
 * `npx jest`, the runner of an editor) everything is compiled to CommonJS, packages that are ES modules included.
 */
const isNative = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(' ')].includes(
  '--experimental-vm-modules',
);

const typescript = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2023',
    keepClassNames: true,
  },
  module: { type: isNative ? 'es6' : 'commonjs' },
};

const modes = {
  native: {
    extensionsToTreatAsEsm: ['.ts'],
    transform: { '^.+\\.ts$': ['@swc/jest', typescript] },
  },
  compiled: {
    transform: {
      '^.+\\.ts$': ['@swc/jest', typescript],
      '^.+\\.m?js$': ['@swc/jest', { jsc: { target: 'es2023' }, module: { type: 'commonjs' } }],
    },
    transformIgnorePatterns: [
      '/node_modules/(?!(@nestjs|uid|file-type|load-esm|token-types|strtok3|@tokenizer|pg-query-stream)/)',
    ],
  },
};

export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/pack/'],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/test/pack/'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    // Samples name the package; their specs are to run on the sources beside them.
    '^nestjs-zoocache$': '<rootDir>/lib/index.ts',
    // Installed below test/, and asked for by TypeORM from the root.
    '^better-sqlite3$': '<rootDir>/test/node_modules/better-sqlite3',
  },
  globalSetup: '<rootDir>/test/support/services/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/services/global-teardown.mjs',
  testSequencer: '<rootDir>/test/support/slow-first.sequencer.mjs',
  reporters: ['default', '<rootDir>/test/support/left-out.reporter.mjs'],
  maxWorkers: 2,
  // An old worker is slow, as each promise pays for every AsyncLocalStorage that was ever used in it: the exhaustive simulation
  // took 289 s in one, and 40 s in a new one.
  workerIdleMemoryLimit: '300MB',
  testTimeout: 15_000,
  ...modes[isNative ? 'native' : 'compiled'],
};
