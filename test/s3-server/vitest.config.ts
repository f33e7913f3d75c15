import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/**
 * What runs other programs: Caddy, nginx, network namespaces made by root, and wrangler again and again. Not part of
 * `npm test`: most machines cannot run it whole, and it takes minutes.
 */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/s3-server/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    maxWorkers: 4,
    env: {
      NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/node', import.meta.url)),
    },
  },
})
