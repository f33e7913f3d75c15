import type { Daemon } from '../../../local-daemon/daemon.ts'
import { ADA, aDraft } from '../../support/daemon/a-daemon.ts'
import type { Asking } from './access-table-stage.ts'

/** The well-formed request of each route that succeeds if its sender may send it. */
export type RouteRequests = Readonly<Record<string, () => Asking | Promise<Asking>>>

/** What a request destroys is made for it alone, so that no cell sees another. */
export async function routeRequests({ store, access }: Daemon): Promise<RouteRequests> {
  const { accounts } = access
  const { record } = await store.append(aDraft({ thread: 'th_table' }))
  const passerBy = { name: 'passer-by', scopes: [] }
  const lasting = await accounts.create(passerBy)
  const account = () => accounts.create(passerBy)
  const invite = async () => {
    const request = { device: 'phone', scopes: [], ttlSeconds: 60, issuer: null }
    return (await access.invites.create(request)).id
  }
  await access.namespaces.create('table', null)
  let namespaces = 0
  const note = { thread: 'th_notes', act: 'DO', actor: ADA, body: { text: 'tea' } }
  return {
    'GET /health': get('/health'),
    'GET /.well-known/syncropel': get('/.well-known/syncropel'),
    'GET /openapi.json': get('/openapi.json'),
    'GET /v1/identity': get('/v1/identity'),
    'GET /v1/identity/proof': get('/v1/identity/proof?challenge=q83vASNFZ4mrze8BI0VniQ'),
    'POST /v1/records': post('/v1/records', note),
    'GET /v1/records': get('/v1/records?thread=th_table'),
    'GET /v1/records/{id}': get(`/v1/records/${record.id}`),
    'POST /v1/records/query': post('/v1/records/query', { thread: 'th_table' }),
    'GET /v1/search': get('/v1/search?q=note'),
    'POST /v1/search/rebuild': post('/v1/search/rebuild', {}),
    'POST /v1/namespaces': () => post('/v1/namespaces', { name: `made-${(namespaces += 1)}` })(),
    'GET /v1/namespaces': get('/v1/namespaces?limit=2'),
    'PATCH /v1/namespaces': () => ({
      method: 'PATCH',
      target: '/v1/namespaces',
      json: { name: 'table', archived: false },
    }),
    'GET /v1/threads': get('/v1/threads'),
    'POST /v1/records/{id}/redact': async () => {
      const drafted = await store.append(aDraft({ thread: 'th_table' }))
      return post(`/v1/records/${drafted.record.id}/redact`, { reason: 'table' })()
    },
    'GET /v1/threads/{id}/records': get('/v1/threads/th_table/records'),
    'GET /v1/threads/{id}/state': get('/v1/threads/th_table/state'),
    'GET /v1/sync/changes': get('/v1/sync/changes?thread=th_table'),
    'GET /v1/sync/subscribe': get('/v1/sync/subscribe?thread=th_table'),
    'POST /v1/stream-tickets': post('/v1/stream-tickets', { path: '/v1/sync/subscribe' }),
    'POST /v1/bootstrap/service-account': post('/v1/bootstrap/service-account', {}),
    'POST /v1/service-accounts': post('/v1/service-accounts', { name: 'made' }),
    'GET /v1/service-accounts': get('/v1/service-accounts?limit=2'),
    'GET /v1/service-accounts/{id}': get(`/v1/service-accounts/${lasting}`),
    'DELETE /v1/service-accounts/{id}': async () =>
      remove(`/v1/service-accounts/${await account()}`),
    'POST /v1/service-accounts/{id}/rotate': async () =>
      post(`/v1/service-accounts/${await account()}/rotate`, {})(),
    'POST /v1/tokens': post('/v1/tokens', { service_account_id: lasting }),
    'GET /v1/tokens': get('/v1/tokens?limit=2'),
    async 'DELETE /v1/tokens/{id}'() {
      const { tokenId } = await accounts.createWithToken(passerBy, null)
      return remove(`/v1/tokens/${tokenId}`)
    },
    'POST /v1/tokens/self/rotate': post('/v1/tokens/self/rotate', {}),
    'POST /v1/invites': post('/v1/invites', { device: 'phone' }),
    'GET /v1/invites': get('/v1/invites?limit=2'),
    'DELETE /v1/invites/{id}': async () => remove(`/v1/invites/${await invite()}`),
    'POST /v1/invites/redeem': post('/v1/invites/redeem', {}),
    'GET /v1/config': get('/v1/config'),
    'GET /v1/connection': get('/v1/connection'),
    'GET /v1/connection/events': get('/v1/connection/events?count=1'),
    'POST /v1/connection/upload': () => ({
      method: 'POST',
      target: '/v1/connection/upload',
      octets: 'tea',
    }),
    'GET /v1/tunnel': get('/v1/tunnel'),
    'GET /v1/tunnel/log': get('/v1/tunnel/log'),
    'GET /v1/engine/health': get('/v1/engine/health'),
    'POST /v1/admin/backup': post('/v1/admin/backup', { unknown: true }),
    'GET /v1/backups': get('/v1/backups'),
    'GET /metrics': get('/metrics'),
    // The value that it has: the table's own requests must not run into it.
    'POST /v1/config/{key}': post('/v1/config/token_burst', { value: 10_000_000 }),
  }
}

function get(target: string): () => Asking {
  return () => ({ method: 'GET', target })
}

function post(target: string, json: unknown): () => Asking {
  return () => ({ method: 'POST', target, json })
}

function remove(target: string): Asking {
  return { method: 'DELETE', target }
}
