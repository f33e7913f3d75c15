import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/openapi/watch-answers.ts'],
    // They need programs of the system, or the npm registry, and minutes: `npm run test:programs`, `npm run test:package`.
    exclude: ['test/programs/**', 'test/package/**'],
    // Generous, because a busy machine starts processes slowly: what hangs is found all the same.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Suites start real workerd processes, and wait much: two cores serve six files at a time without starving them; four where
    // the silent streams of `.ci/run` are beside them.
    maxWorkers: process.env['CI'] === 'true' ? 4 : 6,
    // The command line is started some hundred times: compiled once, each start takes half the time.
    env: {
      NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/node', import.meta.url)),
    },
  },
})
