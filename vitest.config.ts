import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { SlowFirst } from './test/slow-first.ts'

/** Many small files without processes and state of their own: they share workers, whose start would take longer than they do. */
const UNITS = [
  'test/protocol/**/*.test.ts',
  'test/daemon/{access,access-abuse,actor-claims,bad-input,cli-access-probe,cli-help,cli-start,cursor}.test.ts',
  'test/daemon/{docs-cost,docs-http-api,docs-limits,docs-observability,docs-paths,docs-promises}.test.ts',
  'test/daemon/{docs-reverse-proxy,docs-running,docs-threat-model,docs-tunnel-states,doctor-checks}.test.ts',
  'test/daemon/{drain,error-catalogue,expose-plan,exposition,exposure,feed,full-port,link-meter}.test.ts',
  'test/daemon/{listen-host,loggable,loopback-shield,metrics,network-door}.test.ts',
  'test/daemon/{probe-judgements,query-parameters,recipes,request-framer,request-log}.test.ts',
  'test/daemon/{requests-under-way,rotating-file,routes,settings,start-arguments,store-lineage}.test.ts',
  'test/daemon/{store-loss,store-queries,subscribe-socket,tokens,tunnel-abort,tunnel-hostile}.test.ts',
  'test/daemon/{tunnel-states,tunnel-stop}.test.ts',
  'test/daemon/cli-{access,access-mistakes,access-token,exit-codes,json,login,mistakes,records}.test.ts',
  'test/daemon/{plain-refusals,plain-way}.test.ts',
]
/** Floods and storms, which measure what others get meanwhile: `npm run test:load`, with nothing beside them. */
const LOAD = [
  'test/daemon/many-members.test.ts',
  'test/daemon/pipelined.test.ts',
  'test/gateway/home-shares.test.ts',
  'test/gateway/hostile-clients.test.ts',
  'test/gateway/policy-flood.test.ts',
  'test/gateway/shares.test.ts',
  'test/gateway/under-attack.test.ts',
  'test/system/restart-under-load.test.ts',
]
/**
 * They need Chromium, shells or systemd, wait long, repeat on miniflare what runs on workerd, or run whole machines, the build and
 * the linter: `npm run test:platform`.
 */
const PLATFORM = [
  'test/browser/cors.test.ts',
  'test/daemon/cli-completion.test.ts',
  'test/gateway/hibernation.test.ts',
  'test/gateway/relay-miniflare.test.ts',
  'test/system/{build,docs-second-machine,gateway-connect,gateway-service,lint-rules,suite}.test.ts',
  'test/system/{team-gateway,tunnel-survives,tunnel-wake}.test.ts',
]
/** Broken networks and killed processes: `npm run test:faults`. */
const FAULTS = 'test/faults/*.test.ts'
/** They need programs of the system, or the npm registry, and minutes: `npm run test:programs`, `npm run test:package`. */
const ELSEWHERE = ['test/programs/**', 'test/package/**']

export default defineConfig({
  test: {
    globalSetup: ['test/bundle-spl.ts'],
    setupFiles: ['test/openapi/watch-answers.ts'],
    // Generous, because a busy machine starts processes slowly: what hangs is found all the same.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A shared machine may stand still for a second, which fails a bound of time once. What fails twice runs alone: `test/suite.ts`.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    // Suites start real workerd processes, and wait much: two cores serve six files at a time without starving them; five where
    // the silent streams of `.ci/run` are beside them.
    maxWorkers: process.env['CI'] === 'true' ? 5 : 6,
    sequence: { sequencer: SlowFirst },
    // The command line is started some hundred times: compiled once, each start takes half the time.
    env: {
      NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/node', import.meta.url)),
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'tests',
          include: ['test/**/*.test.ts'],
          exclude: [...UNITS, ...LOAD, ...PLATFORM, FAULTS, ...ELSEWHERE],
        },
      },
      { extends: true, test: { name: 'units', include: UNITS, isolate: false } },
      { extends: true, test: { name: 'platform', include: PLATFORM } },
      { extends: true, test: { name: 'load', include: LOAD } },
      // Each run has a seed, and a failed one is to be looked into: never again.
      { extends: true, test: { name: 'faults', include: [FAULTS], retry: 0 } },
    ],
  },
})
