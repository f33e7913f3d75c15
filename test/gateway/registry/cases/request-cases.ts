import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../../protocol/limits.ts'
import { aCode, said, type Team } from '../../../support/gateway/a-team.ts'
import { BASE } from '../../../support/gateway/gateway-under-test.ts'
import { HomeApp } from '../../../support/daemon/home-app.ts'
import { aChallenge, proofFields } from '../../../support/wire/raw-tunnel.ts'
import { anIdentity } from '../../../support/test-identity.ts'
import { aName, connected, nowSeconds } from '../registry-names.ts'

/** What a request to the registry must be. */
export function requestCases(team: () => Team): void {
  describe('the registry accepts', () => {
    const anInvite = async () => {
      const expires = nowSeconds() + 600
      const { inviteId } = await aCode(team().admin, expires)
      return { invite_id: inviteId, hostname: aName(), expires_at: expires }
    }

    test('no other key than the admin’s', async () => {
      const stranger = anIdentity()
      const owner = anIdentity()
      const hostname = aName()
      await team().register(owner, hostname)
      for (const identity of [stranger, owner, { ...stranger, did: team().admin.did }]) {
        for (const ask of [
          { path: '/hostnames' },
          { path: '/invites' },
          { path: '/invites', body: await anInvite() },
          { path: `/hostnames/${hostname}`, method: 'DELETE' },
        ]) {
          expect(said(await team().ask(identity, ask))).toBe('401 SIGNATURE_INVALID')
        }
      }
    })

    test('no request without a signature, and none with a part changed after it', async () => {
      const good = await team().signed(team().admin, { path: '/invites', body: await anInvite() })
      const { fields } = good
      const changed = [
        { ...good, method: 'PUT' },
        { ...good, target: `${good.target}?x=1` },
        { ...good, host: `other.test:${team().gateway.port}` },
        { ...good, body: good.body.replace(/n\d+/, 'stolen') },
        { ...good, body: '' },
        { ...good, fields: { ...fields, signature: '' } },
        { ...good, fields: { ...fields, 'signature-input': '' } },
        { ...good, fields: { ...fields, 'content-digest': '' } },
        { ...good, fields: { ...fields, signature: fields.signature.replace(/.{8}:$/, ':') } },
        {
          ...good,
          fields: {
            ...fields,
            'signature-input': fields['signature-input'].replace(' "content-digest"', ''),
          },
        },
        {
          ...good,
          fields: {
            ...fields,
            'signature-input': fields['signature-input'].replace('spl-gateway-registry', 'other'),
          },
        },
      ]
      for (const one of changed) {
        expect(said(await team().sendSigned(one))).toMatch(
          /^(401 SIGNATURE_INVALID|405 METHOD_NOT|421 HOSTNAME_UNKNOWN)/,
        )
      }
      expect(said(await team().sendSigned(good))).toBe('200')
    })

    test('no body that names a member twice', async () => {
      const body = `{"invite_id":"${'ab'.repeat(32)}","hostname":"a.test","hostname":"b.test"}`
      const answer = await team().ask(team().admin, { path: '/invites', body })
      expect(said(answer)).toBe('400 INVALID_REQUEST')
      expect(answer.json()).toMatchObject({ field: 'hostname', hop: 'gateway' })
      const join = await team().ask(anIdentity(), {
        path: '/join',
        body: '{"code":"x","code":"y"}',
      })
      expect(join.json()).toMatchObject({ code: 'INVALID_REQUEST', field: 'code' })
    })

    test.for([
      ['/hostnames?curser=a', 'curser', 'cursor'],
      ['/hostnames?cursor=a&cursor=b', 'cursor', 'once'],
      ['/invites?all=1', 'all', 'query'],
    ] as const)('no query that it does not know: %s', async ([path, field, hint]) => {
      const answer = await team().ask(team().admin, { path })
      expect(said(answer)).toBe('400 INVALID_REQUEST')
      expect(answer.json()).toMatchObject({ field, try: expect.stringContaining(hint) })
    })

    test('a request once', async () => {
      const signed = await team().signed(team().admin, { path: '/hostnames' })
      expect(said(await team().sendSigned(signed))).toBe('200')
      expect(said(await team().sendSigned(signed))).toBe('401 CHALLENGE_REPLAYED')
    })

    test('nothing over a challenge that is not its own, of now', async () => {
      for (const challenge of [
        randomBytes(18).toString('base64url'),
        randomBytes(48).toString('base64url'),
      ]) {
        const answer = await team().ask(team().admin, { path: '/hostnames', challenge })
        expect(said(answer)).toBe('401 CHALLENGE_STALE')
      }
    })

    test('nothing over a challenge for another hostname of the gateway, which is its home’s', async () => {
      const owner = anIdentity()
      const hostname = aName()
      await team().register(owner, hostname)
      const challenge = await aChallenge(team().gateway.port, `${hostname}:${team().gateway.port}`)
      expect(challenge).toMatch(/^[\w-]{64}$/)
      const answer = await team().ask(team().admin, { path: '/hostnames', challenge })
      expect(said(answer)).toBe('401 CHALLENGE_STALE')
    })

    test('no connect proof, and a connect accepts nothing that is signed for the registry', async () => {
      const proof = await proofFields(team().admin, team().gateway.port, {
        authority: `${BASE}:${team().gateway.port}`,
        challenge: randomBytes(48).toString('base64url'),
      })
      const signed = await team().signed(team().admin, { path: '/hostnames' })
      const fields = { ...signed.fields, ...proof }
      expect(said(await team().sendSigned({ ...signed, fields }))).toBe('401 SIGNATURE_INVALID')
    })

    test('requests on any of its hosts, and does not pass them to their home', async () => {
      const owner = anIdentity()
      const hostname = aName()
      await team().register(owner, hostname)
      const app = new HomeApp()
      await using tunnel = team().dial(owner, hostname, app)
      await connected(tunnel)
      const answer = await team().ask(team().admin, { path: '/hostnames', host: hostname })
      expect(said(answer)).toBe('200')
      expect(
        said(await team().get(hostname, '/.well-known/spl-gateway/registry', owner.bearer)),
      ).toBe('404 NOT_FOUND')
      expect(app.seen).toHaveLength(0)
    })

    test.for([
      ['a hostname with a port', { hostname: 'a.spl.test:8443' }],
      ['in capitals', { hostname: 'A.spl.test' }],
      ['with a dot at its end', { hostname: 'a.spl.test.' }],
      ['that is an address', { hostname: '192.0.2.7' }],
      ['that is an address in hex', { hostname: 'a.0x7f' }],
      ['of another script', { hostname: 'älice.spl.test' }],
      ['that is a pattern of patterns', { hostname: '*.*.spl.test' }],
      ['a pattern in the middle', { hostname: 'a.*.test' }],
      ['that is no text', { hostname: 7 }],
      ['of 254 characters', { hostname: `${'a.'.repeat(126)}aa` }],
      ['with a label of 64', { hostname: `${'a'.repeat(64)}.test` }],
      ['that is over already', { expires_at: nowSeconds() - 1 }],
      ['for longer than a month', { expires_at: nowSeconds() + LIMITS.gatewayInviteSeconds + 600 }],
      ['for ever', { expires_at: null }],
      ['without an id', { invite_id: undefined }],
      ['with an id in capitals', { invite_id: 'A'.repeat(64) }],
    ] as [string, Record<string, unknown>][])('no invite for %s', async ([, part]) => {
      const answer = await team().ask(team().admin, {
        path: '/invites',
        body: { ...(await anInvite()), ...part },
      })
      expect(said(answer)).toBe('400 INVALID_REQUEST')
      expect(answer.json()['field']).toBe(Object.keys(part)[0])
    })

    test('no body that is no object, or too large', async () => {
      for (const body of ['', '[]', 'null', '7', '{', '"x"']) {
        const ask = { path: '/invites', body, method: 'POST' }
        expect(said(await team().ask(team().admin, ask))).toBe('400 INVALID_REQUEST')
      }
      const body = JSON.stringify({ ...(await anInvite()), x: 'x'.repeat(5000) })
      expect(said(await team().ask(team().admin, { path: '/invites', body }))).toBe(
        '413 BODY_TOO_LARGE',
      )
    })

    test('no unknown path and no unknown method', async () => {
      for (const path of [
        '',
        '/',
        '/x',
        '/hostnames/',
        '/hostnames/A.test',
        '/invites/7',
        '/join/x',
      ]) {
        expect(said(await team().ask(team().admin, { path }))).toBe('404 NOT_FOUND')
      }
      const answer = await team().ask(team().admin, { path: '/join', method: 'DELETE' })
      expect([said(answer), answer.header('allow')]).toEqual(['405 METHOD_NOT_ALLOWED', 'POST'])
    })
  })
}
