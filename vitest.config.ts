import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Suites start real workerd processes; two cores serve two files at a time without starving them.
    maxWorkers: 2,
  },
})
