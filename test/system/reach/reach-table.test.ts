import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isInNamespace } from '../../../protocol/identity/namespace-name.ts'
import { ROUTE_ACCESS } from '../../../protocol/http/route-access.ts'
import type { Scope } from '../../../protocol/identity/scopes.ts'
import { REACH_ROUTES, type Try } from './reach-routes.ts'
import { aReachWorld, KINDS, type Kind, type ReachWorld, THREADS } from './reach-world.ts'

/** Every scope that goes with a reach. */
const SCOPES: readonly Scope[] = [
  'records:read',
  'records:write',
  'threads:write',
  'federation:manage',
]
let world: ReachWorld
beforeAll(async () => {
  world = await aReachWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

interface Seen {
  readonly status: number
  readonly text: string
}

async function send(base: string, route: string, { target, body }: Try, token: string) {
  const [method = ''] = route.split(' ')
  const leaving = new AbortController()
  const answer = await fetch(base + target, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: leaving.signal,
  })
  let text = ''
  for await (const piece of answer.body ?? []) {
    text += Buffer.from(piece).toString()
    if (text.includes('event: ready')) break
  }
  leaving.abort()
  return { status: answer.status, text: text.replaceAll(/"request_id":"[^"]*"/g, '') }
}

/** The threads whose records, or whose rows, are in an answer. */
function threadsIn(text: string): readonly string[] {
  return Object.keys(THREADS).filter(
    (thread) => text.includes(`"thread":"${thread}"`) || text.includes(`"id":"${thread}"`),
  )
}

/** What no answer to a bearer may hold: the names, ids and contents of what it does not see. */
function canariesFor(kind: Kind): readonly string[] {
  const hidden = Object.keys(THREADS).filter((thread) => !kind.threads.includes(thread))
  return hidden.flatMap((thread) => {
    const namespace = THREADS[thread] ?? ''
    // Everybody knows of `default`.
    const known = ['default', ...kind.namespaces, ...kind.threads.map((one) => THREADS[one])]
    const names = known.includes(namespace) ? [] : [`"${namespace}"`]
    return [`canary-${thread}`, world.ids[thread] ?? '', ...names]
  })
}

it('every route of the daemon is in the table of what it means for a reach', () => {
  expect(Object.keys(REACH_ROUTES).toSorted()).toEqual(Object.keys(ROUTE_ACCESS).toSorted())
  const unbounded: readonly Scope[] = ['admin', 'config:read', 'config:write']
  for (const [route, { means }] of Object.entries(REACH_ROUTES)) {
    const scopes = ROUTE_ACCESS[route]?.scopes ?? 'open'
    const isDaemons = typeof scopes !== 'string' && scopes.every((one) => unbounded.includes(one))
    expect([route, means === 'daemon']).toEqual([route, isDaemons])
  }
})

describe.each(['at home', 'through the gateway'])('%s, a bearer', (way) => {
  describe.each(KINDS)('that reaches $name', (kind) => {
    let token: string
    beforeAll(async () => {
      token = await world.bearerOf(kind, SCOPES)
    })
    const ask = (route: string, what: Try) => send(world.ways[way]?.() ?? '', route, what, token)
    const routes = Object.entries(REACH_ROUTES)

    it.each(routes.filter(([, { means }]) => means === 'records'))(
      'tries %s on everything, and sees what it reaches alone',
      async (route, { tries }) => {
        for (const what of tries?.(world.ids) ?? []) {
          const answer = await ask(route, what)
          const { thread, namespace = '' } = what
          const isAsked = (one: string) =>
            what.namespace === undefined || isInNamespace(THREADS[one] ?? '', namespace)
          expect([what.target, threadsIn(answer.text)]).toEqual([
            what.target,
            kind.threads.filter((one) => (thread === undefined || one === thread) && isAsked(one)),
          ])
          if (kind.reach === undefined) continue
          for (const canary of canariesFor(kind)) expect(answer.text).not.toContain(canary)
          if (thread === undefined || kind.threads.includes(thread)) continue
          const missing = await ask(route, like(what, thread))
          expect(same(answer, thread)).toEqual(same(missing, 'th_nothing'))
        }
      },
    )

    it('tries every other route, and learns nothing of what it does not reach', async () => {
      for (const [route, { means, tries }] of routes) {
        if (means === 'records' || means === 'other') continue
        const [, path = ''] = route.split(' ')
        const target = path.replace('{key}', 'token_burst').replace('{id}', '0'.repeat(64))
        const body = route.startsWith('GET') || route.startsWith('DELETE') ? {} : { body: {} }
        const asked = tries?.(world.ids) ?? (means === 'daemon' ? [{ target, ...body }] : [])
        for (const what of asked) {
          const answer = await ask(route, what)
          // The gateway of the tests has another name than the daemon was told: it proves nothing there.
          const fine = means === 'daemon' ? [403] : [200, 201, 421]
          expect([route, fine]).toEqual([route, expect.arrayContaining([answer.status])])
          if (kind.reach === undefined) continue
          for (const canary of canariesFor(kind)) expect(answer.text).not.toContain(canary)
        }
      }
    })

    it('lists the namespaces that it reaches', async () => {
      const { text } = await ask('GET /v1/namespaces', { target: '/v1/namespaces' })
      const { data } = JSON.parse(text) as { data: { name: string }[] }
      expect(data.map(({ name }) => name)).toEqual(kind.namespaces)
    })
  })
})

/** The same request about a thread and a record that do not exist. */
function like({ target, body }: Try, thread: string): Try {
  const id = world.ids[thread] ?? 'no id'
  const nothing = (text: string) =>
    text.replaceAll(`${thread}`, 'th_nothing').replaceAll(id, 'f'.repeat(64))
  return {
    target: nothing(target),
    ...(body !== undefined && { body: JSON.parse(nothing(JSON.stringify(body))) as unknown }),
  }
}

function same({ status, text }: Seen, thread: string): Seen {
  // How far the index is depends on when it is asked, not on what.
  const progress = /"indexed_to":"[^"]*","behind":\d+/u
  return { status, text: text.replaceAll(thread, '-').replace(progress, '') }
}
