import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** What is installed from the packed tarball. Not part of `npm test`: it fetches some hundred megabytes from the npm registry. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/package/*.test.ts'],
    globalSetup: [fileURLToPath(new URL('./pack-once.ts', import.meta.url))],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    // Two at a time: each installs, and starts a gateway.
    maxWorkers: 2,
  },
})
