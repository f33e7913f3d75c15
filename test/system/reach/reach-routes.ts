import { ADA, aDraft } from '../../support/daemon/a-daemon.ts'
import { THREADS } from './reach-world.ts'

/** One request, and the threads or namespaces that its answer shows; undefined: it is refused. */
export interface Try {
  readonly target: string
  readonly body?: unknown
  /** The thread that it is about; undefined: all of them. */
  readonly thread?: string
  /** The namespace that it is about, with those below it. */
  readonly namespace?: string
}

/**
 * What a route means for a reach:
 * - `records`: its answers show the threads within the reach alone. Of a thread out of it, it says what it says of one that
 *   does not exist.
 * - `namespaces`: the same of namespaces.
 * - `caller`: about the caller or the daemon as such, the same for every reach.
 * - `daemon`: about the whole daemon. Its scopes never go with a reach, so it is refused.
 * - `other`: its own credential, or the daemon's own machine: no bearer counts.
 */
export type Meaning = 'records' | 'namespaces' | 'caller' | 'daemon' | 'other'

interface ReachRoute {
  readonly means: Meaning
  /** What is asked, for routes that a bearer with a reach may use. */
  readonly tries?: (ids: Readonly<Record<string, string>>) => readonly Try[]
}

const threads = [...Object.keys(THREADS), 'th_nothing']
/** Whole ones and parts of a reach, and one that does not exist. */
const inNamespaces = (path: string): readonly Try[] =>
  ['team', 'team/ops', 'team/ops/ci', 'team2', 'outpost', 'default', 'nothing'].map(
    (namespace) => ({
      target: `${path}${path.includes('?') ? '&' : '?'}namespace=${namespace}`,
      namespace,
    }),
  )
const daemon: ReachRoute = { means: 'daemon' }
const other: ReachRoute = { means: 'other' }

/** Every route of the daemon. A route that is missing here fails the test: say what it means for a reach. */
export const REACH_ROUTES: Readonly<Record<string, ReachRoute>> = {
  'GET /health': { means: 'caller', tries: () => [{ target: '/health' }] },
  'GET /.well-known/syncropel': {
    means: 'caller',
    tries: () => [{ target: '/.well-known/syncropel' }],
  },
  'GET /openapi.json': { means: 'caller', tries: () => [{ target: '/openapi.json' }] },
  'GET /v1/identity': { means: 'caller', tries: () => [{ target: '/v1/identity' }] },
  'GET /v1/identity/proof': {
    means: 'caller',
    tries: () => [{ target: '/v1/identity/proof?challenge=q83vASNFZ4mrze8BI0VniQ' }],
  },
  'POST /v1/records': {
    means: 'records',
    tries: () =>
      threads.map((thread) => ({
        target: '/v1/records',
        thread,
        body: aDraft({ thread, body: { text: 'mine' } }),
      })),
  },
  'GET /v1/records': {
    means: 'records',
    tries: () => [
      ...threads.map((thread) => ({ target: `/v1/records?thread=${thread}`, thread })),
      ...threads.map((thread) => ({ target: `/v1/records?thread=${thread}&actor=${ADA}`, thread })),
      { target: `/v1/records?actor=${ADA}` },
      ...inNamespaces('/v1/records'),
      ...inNamespaces(`/v1/records?actor=${ADA}`),
    ],
  },
  'GET /v1/records/{id}': {
    means: 'records',
    tries: (ids) =>
      threads.map((thread) => ({
        target: `/v1/records/${ids[thread] ?? '0'.repeat(64)}`,
        thread,
      })),
  },
  'POST /v1/records/query': {
    means: 'records',
    tries: (ids) => [
      ...threads.map((thread) => ({
        target: '/v1/records/query',
        thread,
        body: { thread, explain: true },
      })),
      ...threads.map((thread) => ({
        target: '/v1/records/query',
        thread,
        body: { filter: { thread, actor: ADA }, sort: { clock: -1 }, explain: true },
      })),
      ...threads.map((thread) => ({
        target: '/v1/records/query',
        thread,
        body: { filter: { id: ids[thread] ?? 'f'.repeat(64) } },
      })),
      { target: '/v1/records/query', body: { filter: { actor: ADA } } },
    ],
  },
  'GET /v1/search': {
    means: 'records',
    tries: () => [
      ...['canary', 'ca', 'y-th'].map((q) => ({ target: `/v1/search?q=${q}` })),
      ...threads.map((thread) => ({ target: `/v1/search?q=canary&thread=${thread}`, thread })),
    ],
  },
  'POST /v1/search/rebuild': daemon,
  'GET /v1/threads': {
    means: 'records',
    tries: () => [
      { target: '/v1/threads' },
      { target: '/v1/threads?limit=500' },
      ...inNamespaces('/v1/threads'),
    ],
  },
  'GET /v1/threads/{id}/records': {
    means: 'records',
    tries: () => threads.map((thread) => ({ target: `/v1/threads/${thread}/records`, thread })),
  },
  'GET /v1/threads/{id}/state': {
    means: 'records',
    tries: () => threads.map((thread) => ({ target: `/v1/threads/${thread}/state`, thread })),
  },
  'GET /v1/sync/changes': {
    means: 'records',
    tries: () => [
      { target: '/v1/sync/changes' },
      { target: '/v1/sync/changes?feed=longpoll' },
      ...inNamespaces('/v1/sync/changes'),
      ...threads.map((thread) => ({ target: `/v1/sync/changes?thread=${thread}`, thread })),
    ],
  },
  'GET /v1/sync/subscribe': {
    means: 'records',
    tries: () => [
      { target: '/v1/sync/subscribe' },
      ...inNamespaces('/v1/sync/subscribe'),
      ...threads.map((thread) => ({ target: `/v1/sync/subscribe?thread=${thread}`, thread })),
    ],
  },
  'POST /v1/stream-tickets': {
    means: 'caller',
    tries: () => [{ target: '/v1/stream-tickets', body: { path: '/v1/sync/subscribe' } }],
  },
  'GET /v1/namespaces': { means: 'namespaces', tries: () => [{ target: '/v1/namespaces' }] },
  'POST /v1/records/{id}/redact': daemon,
  'POST /v1/namespaces': daemon,
  'PATCH /v1/namespaces': daemon,
  'POST /v1/bootstrap/service-account': other,
  'POST /v1/service-accounts': daemon,
  'GET /v1/service-accounts': daemon,
  'GET /v1/service-accounts/{id}': daemon,
  'DELETE /v1/service-accounts/{id}': daemon,
  'POST /v1/service-accounts/{id}/rotate': daemon,
  'POST /v1/tokens': daemon,
  'GET /v1/tokens': daemon,
  'DELETE /v1/tokens/{id}': daemon,
  // It ends the bearer; its new one is in test/daemon/access/reach-threads.test.ts.
  'POST /v1/tokens/self/rotate': { means: 'caller' },
  'POST /v1/invites': daemon,
  'GET /v1/invites': daemon,
  'DELETE /v1/invites/{id}': daemon,
  'POST /v1/invites/redeem': other,
  'GET /v1/config': daemon,
  'POST /v1/config/{key}': daemon,
  'GET /v1/connection': { means: 'caller', tries: () => [{ target: '/v1/connection' }] },
  'GET /v1/connection/events': {
    means: 'caller',
    tries: () => [{ target: '/v1/connection/events?count=1&interval_ms=1' }],
  },
  'POST /v1/connection/upload': daemon,
  'GET /v1/tunnel': daemon,
  'GET /v1/tunnel/log': daemon,
  'GET /v1/engine/health': daemon,
  'POST /v1/admin/backup': daemon,
  'GET /v1/backups': daemon,
  'GET /metrics': daemon,
}
