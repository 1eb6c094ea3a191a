/**
 * For `npm run test:live`: tests that cost money, which `npm test` leaves alone.
 * @type {import('jest').Config}
 */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['<rootDir>/test/live/*.live.ts'],
  testTimeout: 300_000,
};
