import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { threadTag } from '../../../protocol/identity/thread-tag.ts'
import type { Scope } from '../../../protocol/identity/scopes.ts'
import { aReachWorld, type Kind, type ReachWorld, THREADS } from './reach-world.ts'

const MINE = ['th_ops', 'th_ci', 'th_later']
const SECRET = 'th_acquisition_of_acme'
let world: ReachWorld
/** Bearers by what they reach. */
let bearers: Readonly<Record<string, string>>

beforeAll(async () => {
  world = await aReachWorld()
  bearers = {
    threads: await bearerOf({ namespaces: [], threads: MINE }),
    both: await bearerOf({ namespaces: ['team'], threads: ['th_far'] }),
    everything: await bearerOf(undefined),
    'threads to write': await bearerOf({ namespaces: [], threads: MINE }, ['records:write']),
  }
})
afterAll(() => world[Symbol.asyncDispose]())

function bearerOf(reach: Kind['reach'], scopes: readonly Scope[] = ['records:read']) {
  return world.bearerOf({ name: 'edge', reach, threads: [], namespaces: [] }, scopes)
}

interface Asked {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
}

/** An answer without what is of this one request, and which hop gave it. */
async function ask(way: string, token: string, { method, target, headers }: Asked) {
  const authorization = `Bearer ${token}`
  const base = world.ways[way]?.() ?? ''
  const answer = await fetch(base + target, { method, headers: { ...headers, authorization } })
  const text = await answer.text()
  const { hop, ...body } = JSON.parse(text === '' ? '{}' : text) as Record<string, unknown>
  const type = answer.headers.get('content-type')
  return { hop, told: { status: answer.status, type, body: { ...body, request_id: '' } } }
}
const atHome = (token: string, asked: Asked) => ask('at home', token, asked)
const throughGateway = (token: string, asked: Asked) => ask('through the gateway', token, asked)
const plain = (thread: string, part = 'records'): Asked => ({
  method: 'GET',
  target: `/v1/threads/${thread}/${part}`,
  headers: {},
})
/** The first of these in two of three cases. */
const oftenFirst = <Value>(first: Value, ...others: Value[]) =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant(first) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  )
const tokenOf = (name: string) => bearers[name] ?? ''

describe('the gateway, of a bearer that reaches threads alone,', () => {
  it('refuses every other thread itself, in home’s own words', async () => {
    const others = Object.keys(THREADS).filter((thread) => !MINE.includes(thread))
    for (const thread of [...others, 'th_nothing', 'th_engine_config', 'th_audit_x']) {
      for (const part of ['records', 'state']) {
        const asked = plain(thread, part)
        const refused = await throughGateway(tokenOf('threads'), asked)
        expect(refused).toMatchObject({
          hop: 'gateway',
          told: { status: 404, body: { code: 'NOT_FOUND', try: expect.any(String) } },
        })
        expect(refused.told).toEqual((await atHome(tokenOf('threads'), asked)).told)
      }
    }
    for (const thread of ['th_ops', 'th_ci']) {
      expect((await throughGateway(tokenOf('threads'), plain(thread))).told.status).toBe(200)
    }
    expect((await throughGateway(tokenOf('threads'), plain('th_later'))).hop).toBe('daemon')
  })

  it('never says anything else than home, whatever is asked', async () => {
    const thread = fc.constantFrom(...Object.keys(THREADS), 'th_later', 'th_engine_config', 'th_no')
    const id = fc.oneof(
      { weight: 4, arbitrary: thread },
      thread.map((one) => one.replace('th_', 'th%5F')),
      fc.constantFrom('th_', 'TH_OPS', 'th_ops.', 'th_ops%20', 'x', `th_${'x'.repeat(129)}`),
    )
    const asked = fc.record({
      method: oftenFirst('GET', 'HEAD', 'POST', 'DELETE'),
      target: fc
        .tuple(
          id,
          oftenFirst('/records', '/state', '/record', '', '/records/', '/state/x'),
          oftenFirst('', '?', '?limit=1', '?limit=0', '?cursor=x', '?thread=th_ops'),
        )
        .map(([name, part, query]) => `/v1/threads/${name}${part}${query}`),
      headers: oftenFirst<Asked['headers']>(
        {},
        { accept: 'text/html' },
        { 'x-syncropel-actor': 'did:sync:user:nobody' },
        { 'x-syncropel-actor': 'nonsense' },
        { range: 'bytes=0-1' },
      ),
    })
    const hops = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(oftenFirst('threads', ...Object.keys(bearers)), asked, async (name, one) => {
        const by = await throughGateway(tokenOf(name), one)
        const home = await atHome(tokenOf(name), one)
        const hop = `${name} ${String(by.hop)} ${by.told.status}`
        hops.set(hop, 1 + (hops.get(hop) ?? 0))
        // What lacks a scope is refused by both, in words of their own.
        if (home.told.status === 403) expect(by.told.status).toBe(403)
        else expect(by.told).toEqual(home.told)
      }),
      { numRuns: 400 },
    )
    expect([...hops.keys()]).toEqual(
      expect.arrayContaining(['threads gateway 404', 'threads daemon 404', 'both daemon 404']),
    )
    // By the name of a thread alone it judges no other bearer.
    expect([...hops.keys()].filter((hop) => /^(?:both|everything) gateway 404/.test(hop))).toEqual(
      [],
    )
  })

  it('asks home about a name that fits by chance, which refuses it as well', async () => {
    const tags = MINE.map(threadTag)
    let name = ''
    for (let n = 0; !tags.includes(threadTag(name)); n += 1) name = `th_guess_${n}`
    const by = await throughGateway(tokenOf('threads'), plain(name))
    expect([by.hop, by.told.status]).toEqual(['daemon', 404])
  })

  it('is told no name of a thread or a namespace', async () => {
    await bearerOf({ namespaces: ['team/ops'], threads: [SECRET] })
    await bearerOf({ namespaces: [], threads: [SECRET] })
    const policy = Buffer.from(world.home.daemon().access.edge.payload() ?? []).toString()
    expect(policy).toContain(`"threads":"${threadTag(SECRET)}"`)
    for (const name of [SECRET, 'acquisition', 'th_', 'team', 'outpost']) {
      expect(policy).not.toContain(name)
    }
  })

  it('knows what a bearer reaches from its first request on, also after it was narrowed', async () => {
    const token = await bearerOf({ namespaces: [], threads: ['th_ops', 'th_ci'] })
    expect((await throughGateway(token, plain('th_ci'))).told.status).toBe(200)
    for (const [way, mine, other] of [
      ['at home', 'th_ops', 'th_ci'],
      ['through the gateway', 'th_ci', 'th_ops'],
    ] as const) {
      const wide = await bearerOf({ namespaces: [], threads: ['th_ops', 'th_ci'] })
      const answer = await fetch(`${world.ways[way]?.() ?? ''}/v1/tokens/self/rotate`, {
        method: 'POST',
        headers: { authorization: `Bearer ${wide}`, 'content-type': 'application/json' },
        body: JSON.stringify({ reach: { threads: [mine] } }),
      })
      const narrow = (await answer.json()) as { token: string; edge: { state: string } }
      expect(narrow.edge.state).toBe('applied')
      const refused = await throughGateway(narrow.token, plain(other))
      expect([way, refused.hop, refused.told.status]).toEqual([way, 'gateway', 404])
      expect((await throughGateway(narrow.token, plain(mine))).told.status).toBe(200)
      expect((await throughGateway(wide, plain(mine))).told.status).toBe(401)
    }
  })

  it('refuses while home is away too, and holds what home decides', async () => {
    await world.home.daemon().stop()
    const refused = await throughGateway(tokenOf('threads'), plain('th_far'))
    expect([refused.hop, refused.told.status]).toEqual(['gateway', 404])
    const held = throughGateway(tokenOf('threads'), plain('th_ops'))
    await world.home.startDaemon()
    expect((await held).told.status).toBe(200)
  })
})

it('a bearer with a reach has no scope for the whole daemon at the gateway either', async () => {
  const sly = await bearerOf({ namespaces: [], threads: ['th_ops'] }, [
    'records:read',
    'config:read',
    'admin',
  ])
  for (const target of ['/.well-known/spl-gateway/metrics', '/metrics', '/v1/tokens']) {
    const by = await throughGateway(sly, { method: 'GET', target, headers: {} })
    expect([target, by.hop, by.told.status]).toEqual([target, 'gateway', 403])
  }
})
