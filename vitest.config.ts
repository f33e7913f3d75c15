import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { SlowFirst } from './test/slow-first.ts'

/** Small files that start no process: `npm run test:fast` runs them alone. A file that no list here names runs in `npm test`. */
const UNITS = [
  'test/daemon/access/{access-abuse,access,actor-claims,tokens}.test.ts',
  'test/daemon/cli/access/{cli-access-mistakes,cli-access-probe,cli-access-token,cli-access,cli-login-hostile,cli-login}.test.ts',
  'test/daemon/cli/{cli-exit-codes,cli-help,cli-json,cli-mistakes,cli-records}.test.ts',
  'test/daemon/cli/serve/{cli-start,start-arguments}.test.ts',
  'test/daemon/expose/{doctor-checks,expose-plan,exposure,network-door,plain-way,probe-judgements,recipe-files,recipes}.test.ts',
  'test/daemon/http/{bad-input,drain,foreign-request-guard,full-port,listen-host,plain-refusals}.test.ts',
  'test/daemon/http/{query-parameters,requests-under-way,routes,settings,subscribe-socket}.test.ts',
  'test/daemon/requests/{exposition,mask-secrets,metrics,request-log,rotating-file}.test.ts',
  'test/daemon/store/{cursor,feed,store-lineage,store-loss,store-queries}.test.ts',
  'test/daemon/tunnel/{link-meter,request-framer,tunnel-abort,tunnel-hostile-hosts,tunnel-hostile,tunnel-states,tunnel-stop,tunnel-waits}.test.ts',
  'test/daemon/tunnel/states/*.test.ts',
  'test/bench/{figures,cost/docs-cost,peers/peers,profile/profile}.test.ts',
  'test/docs/{docs-http-api,docs-shared-limits,docs-observability,docs-paths,docs-promises}.test.ts',
  'test/repository/layers.test.ts',
  'test/docs/{docs-reverse-proxy,docs-running,docs-threat-model,docs-tunnel-states,error-catalogue}.test.ts',
  'test/protocol/**/*.test.ts',
]
/** Floods, storms and locks, which measure what others get meanwhile: `npm run test:load`, with nothing beside them. */
const LOAD = [
  'test/daemon/store/{store-busy-reads,query/read-threads,query/slow-reads,reach/reach-speed}.test.ts',
  'test/daemon/http/{many-members,pipelined}.test.ts',
  'test/gateway/load/{home-shares,hostile-clients,policy-flood,shares,under-attack}.test.ts',
  'test/gateway/streams/unread-lists.test.ts',
  'test/system/restart-under-load.test.ts',
]
/**
 * They need Chromium, shells or systemd, wait long, repeat on miniflare what runs on workerd, or run whole machines, the build and
 * the linter: `npm run test:platform`.
 */
const PLATFORM = [
  'test/browser/cors.test.ts',
  'test/daemon/cli/cli-completion.test.ts',
  'test/daemon/cli/cli-full-disk.test.ts',
  'test/daemon/http/unread-answers.test.ts',
  'test/daemon/store/{kill/kill,redaction/redaction-kill,schemas/migration-kill}.test.ts',
  'test/daemon/store/search/{index-replaced,search-index}.test.ts',
  'test/docs/docs-second-machine.test.ts',
  'test/gateway/registry/{registry-limits,registry-miniflare}.test.ts',
  'test/gateway/relay/{gateway-metrics,hibernation,relay-miniflare}.test.ts',
  'test/repository/{build,lint-rules,suite}.test.ts',
  'test/system/{import-both-ways,tunnel-survives,tunnel-wake}.test.ts',
  'test/system/self-hosting/{gateway-connect,gateway-service,team-gateway}.test.ts',
]
/** Broken networks and killed processes: `npm run test:faults`. One short run, `chaos-once`, is in `npm test`. */
const FAULTS = 'test/faults/**/!(chaos-once).test.ts'
/**
 * They need programs of the system, or the npm registry, and minutes: `npm run test:programs`, `npm run test:package`;
 * for `test/s3-server` see CONTRIBUTING.md.
 */
const ELSEWHERE = ['test/programs/**', 'test/package/**', 'test/s3-server/**']

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
          // The files share workers: to load the sources anew costs a file a second, half of what most of them take.
          isolate: false,
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
