const { availableParallelism } = require('node:os');

/** More tests at once than this wait for the servers that they share. */
const WORKERS_MAX = 4;

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // One Temporal server and one PostgreSQL for the whole run.
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  transform: {
    '^.+\\.(t|mj|j)s$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
      },
    ],
  },
  // Packages that come as ES modules only.
  transformIgnorePatterns: [
    '/node_modules/(?!(tinypool|html-to-text|@selderee|selderee|parseley|leac|peberminta|deepmerge-ts|json-canonicalize|request-filtering-agent|franc|jose|trigram-utils|n-gram|collapse-white-space)/)',
  ],
  testTimeout: 60_000,
  // Tests wait more than they calculate: no core is left to jest itself.
  maxWorkers: Math.min(WORKERS_MAX, availableParallelism()),
  reporters: [
    'default',
    '<rootDir>/test/support/slow-tests-reporter.cjs',
    '<rootDir>/test/support/failure-table-reporter.cjs',
  ],
};
