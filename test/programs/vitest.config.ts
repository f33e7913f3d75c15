import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/**
 * What needs programs of the system beside Node.js: Caddy, nginx, and network namespaces made by root. Not part of `npm test`:
 * most machines cannot run it whole, and it takes minutes.
 */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/programs/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 4,
    env: {
      NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/node', import.meta.url)),
    },
  },
})
