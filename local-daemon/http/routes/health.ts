import { VERSION } from '../../process/version.ts'
import { processStart } from '../../home/process-start.ts'
import type { Store } from '../../store/open-store.ts'
import { jsonAnswer } from '../answers/answer.ts'
import { answers } from '../schemas/describe.ts'
import { Health } from '../schemas/schemas.ts'
import type { RouteParts } from './route-parts.ts'

/**
 * `GET /health`: alive, and its identity. Open, so it says nothing else; how it is secured only to the
 * daemon's own user, on the socket.
 */
export function addHealth({
  router,
  did,
  process: name,
  authorise,
  settings,
  store,
}: RouteParts): void {
  const known = { status: 'ok', version: VERSION, instance_did: did } as const
  const body = JSON.stringify(known)
  const started = processStart(process.pid) ?? ''

  function forOwner(): string {
    const { auth_required } = settings.values
    const security = { auth_required, insecure_localhost: auth_required && !authorise.required }
    const runtime = { node: process.versions.node, sqlite: store.sqliteVersion }
    // Which process, so that no other one is ever stopped instead.
    const own = { pid: process.pid, started, name }
    const held = storeHealth(store)
    const status = held.problem === null ? 'ok' : 'failing'
    return JSON.stringify({ ...known, status, runtime, process: own, store: held, security })
  }

  router.on(
    {
      method: 'get',
      path: '/health',
      operationId: 'getHealth',
      summary: 'Whether the daemon answers, and which one',
      responses: { 200: answers(Health, 'It does') },
    },
    (c) => jsonAnswer(c.env, 200, c.env.via === 'socket' ? forOwner() : body),
  )
}

function storeHealth(store: Pick<Store, 'trouble' | 'head' | 'epoch' | 'lineageBroken' | 'sizes'>) {
  const trouble = store.trouble()
  const { message, try: next } = trouble?.owner ?? trouble ?? {}
  return {
    records: store.head(),
    writable: trouble?.stopsWrites !== true,
    epoch: store.epoch,
    lineage_broken: store.lineageBroken ?? null,
    size: store.sizes.now(),
    problem:
      trouble === undefined
        ? null
        : { code: trouble.code, message, try: next, since: trouble.since },
  }
}
