import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LIMITS } from '../../../protocol/limits.ts'
import { aCode, aTeam, said, type Team } from '../../support/gateway/a-team.ts'
import { BASE } from '../../support/gateway/gateway-under-test.ts'
import { startOnWorkerd } from '../../support/gateway/gateway-under-test.ts'
import { HomeApp } from '../../support/daemon/home-app.ts'
import { anIdentity } from '../../support/test-identity.ts'
import { until } from '../../support/until.ts'

const admins = async (team: Team, method: string, path: string) =>
  said(await team.ask(team.admin, { method, path }))

describe('the registry', () => {
  let team: Team
  beforeAll(async () => {
    team = await aTeam(startOnWorkerd)
  })
  afterAll(() => team[Symbol.asyncDispose]())

  test('has at most so many open invites, until one is cancelled', async () => {
    const invites = await Promise.all(
      Array.from({ length: LIMITS.gatewayInvites }, (_, index) => team.invite(`i${index}.${BASE}`)),
    )
    await expect(team.invite(`more.${BASE}`)).rejects.toThrow('REGISTRY_FULL')
    for (const { inviteId } of invites) {
      expect(await admins(team, 'DELETE', `/invites/${inviteId}`)).toBe('200')
    }
    await team.invite(`more.${BASE}`)
  }, 60_000)

  test('has at most so many hostnames, until one is revoked', async () => {
    const owner = anIdentity()
    for (let from = 0; from < LIMITS.gatewayHostnames; from += 50) {
      await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          team.register(owner, `h${from + index}.${'x'.repeat(63)}.${BASE}`),
        ),
      )
    }
    const { code } = await team.invite(`*.${BASE}`)
    const join = () => team.join(owner, code, `last.${BASE}`)
    expect(said(await join())).toBe('409 REGISTRY_FULL')
    expect(await admins(team, 'DELETE', `/hostnames/h0.${'x'.repeat(63)}.${BASE}`)).toBe('200')
    expect(said(await join())).toBe('200')
    // The whole list still reaches the Worker.
    expect(said(await team.get(`last.${BASE}`, '/', owner.bearer))).toBe('503 TUNNEL_OFFLINE')
  }, 120_000)
})

test('a home that could not be cut off is told again until it is', async () => {
  await using team = await aTeam(startOnWorkerd, { unhearing: 2 })
  const owner = anIdentity()
  const hostname = `alice.${BASE}`
  await team.register(owner, hostname)
  await using tunnel = team.dial(owner, hostname, new HomeApp())
  await until('the tunnel is connected', () => tunnel.status.state === 'connected')
  const answer = await team.ask(team.admin, { method: 'DELETE', path: `/hostnames/${hostname}` })
  expect(answer.json()).toMatchObject({ hostname, connected: null })
  expect(tunnel.status.state).toBe('connected')
  // Until then the name is nobody else's: a Worker that still believes the old list would serve it from there.
  const [next, { code }] = [anIdentity(), await team.invite(hostname)]
  const early = await team.join(next, code)
  expect(said(early)).toBe('409 HOSTNAME_TAKEN')
  expect(early.json()).toMatchObject({ try: expect.stringContaining('again') })
  await until('it is cut off', () => tunnel.status.state !== 'connected', 25_000)
  await until('the name is free', async () => said(await team.join(next, code)) === '200')
}, 60_000)

test('an invited owner cannot block the admin by joining often', async () => {
  await using team = await aTeam(startOnWorkerd, { limits: { usedChallenges: 10 } })
  const { code } = await team.invite(`alice.${BASE}`)
  const guest = anIdentity()
  const refused = await Promise.all(
    Array.from({ length: 20 }, () => team.join(guest, code, `other.${BASE}`)),
  )
  expect(new Set(refused.map(said))).toEqual(new Set(['403 HOSTNAME_NOT_INVITED']))
  expect(await admins(team, 'GET', '/hostnames')).toBe('200')
  const joined = await Promise.all(Array.from({ length: 20 }, () => team.join(guest, code)))
  expect(new Set(joined.map(said))).toEqual(new Set(['200']))
  expect(await admins(team, 'DELETE', `/hostnames/alice.${BASE}`)).toBe('200')
})

test('requests are counted by address, not by who signs them', async () => {
  await using team = await aTeam(startOnWorkerd, {
    clientAddressHeader: 'x-real-ip',
    perMinute: { address: 60, stranger: 10 },
  })
  const from = async (address: string, code: string) => {
    const signed = await team.signed(anIdentity(), { path: '/join', body: { code } })
    return team.sendSigned(signed, [['x-real-ip', address]])
  }
  const { code } = await aCode(anIdentity(), Math.floor(Date.now() / 1000) + 60)
  const answers: string[] = []
  for (let count = 0; count < 12; count += 1) answers.push(said(await from('192.0.2.1', code)))
  expect(answers.slice(0, 10)).toEqual(Array(10).fill('401 INVITE_INVALID'))
  expect(answers.slice(10)).toEqual(Array(2).fill('429 RATE_LIMITED'))
  // Neither is there more to be had under invented hostnames.
  const host = [['host', `x.${BASE}:${team.gateway.port}`] as const]
  const { send } = await import('../../support/clients/send.ts')
  const stray = (address: string) =>
    send(team.gateway.port, { headers: [...host, ['x-real-ip', address]] }).then(said)
  expect(await stray('192.0.2.1')).toBe('429 RATE_LIMITED')
  expect(await stray('192.0.2.2')).toBe('421 HOSTNAME_UNKNOWN')
}, 60_000)

describe('a person who deploys a gateway', () => {
  test.for([
    [{ OWNER_DID: anIdentity().did }, 'both set'],
    [{ ADMIN_DID: 'did:web:example.com' }, 'ADMIN_DID is not'],
    [{ ADMIN_DID: '' }, 'OWNER_DID is not'],
  ] as const)('is told what is wrong with %o', async ([variables, words]) => {
    await using team = await aTeam(startOnWorkerd, { variables })
    const answer = await team.get(BASE, '/')
    expect(said(answer)).toBe('500 GATEWAY_MISCONFIGURED')
    expect(answer.text).toContain(words)
  })
})
