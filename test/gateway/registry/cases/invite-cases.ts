import { describe, expect, test } from 'vitest'
import { aCode, said, type Team } from '../../../support/gateway/a-team.ts'
import { BASE } from '../../../support/gateway/gateway-under-test.ts'
import { anIdentity } from '../../../support/test-identity.ts'
import { until } from '../../../support/until.ts'
import { aName, nowSeconds } from '../registry-names.ts'

/** Invites, from the admin to the owner that joins. */
export function inviteCases(team: () => Team): void {
  describe('an invite', () => {
    test('is for one owner and one hostname, and used up then', async () => {
      const [alice, eve] = [anIdentity(), anIdentity()]
      const { code } = await team().invite(aName())
      const answer = await team().join(alice, code)
      expect(answer.json()).toMatchObject({ object: 'gateway_hostname', owner: alice.did })
      expect(said(await team().join(eve, code))).toBe('410 CODE_USED')
      // An answer that was lost can be had again, by the same key alone.
      expect((await team().join(alice, code)).json()).toEqual(answer.json())
    })

    test('in a race goes to one', async () => {
      const { code } = await team().invite(`*.${BASE}`)
      const answers = await Promise.all(
        Array.from({ length: 12 }, () => team().join(anIdentity(), code, aName())),
      )
      const won = answers.filter(({ status }) => status === 200)
      expect(won).toHaveLength(1)
      expect(answers.filter((answer) => said(answer) === '410 CODE_USED')).toHaveLength(11)
    })

    test('for a hostname that is taken is refused, and stays valid for another', async () => {
      const taken = aName()
      const { code } = await team().invite(`*.${BASE}`)
      const { code: late } = await team().invite(taken)
      await team()
        .register(anIdentity(), taken)
        .catch(() => {})
      const owner = anIdentity()
      expect(said(await team().join(owner, late))).toBe('409 HOSTNAME_TAKEN')
      expect(said(await team().join(owner, code, taken))).toBe('409 HOSTNAME_TAKEN')
      expect(said(await team().join(owner, code, aName()))).toBe('200')
    })

    test.for([
      ['another name', 'other.example'],
      ['the gateway’s own name', BASE],
      ['a name a level below', `a.b.${BASE}`],
      ['a name that may look like another', `xn--lice-koa.${BASE}`],
    ])('for one level is refused for %s', async ([, hostname]) => {
      const { code } = await team().invite(`*.${BASE}`)
      expect(said(await team().join(anIdentity(), code, hostname))).toBe('403 HOSTNAME_NOT_INVITED')
    })

    test('for one level does not say which name, and for a name no other', async () => {
      const { code } = await team().invite(`*.${BASE}`)
      expect(said(await team().join(anIdentity(), code))).toBe('403 HOSTNAME_NOT_INVITED')
      const { code: fixed } = await team().invite(aName())
      expect(said(await team().join(anIdentity(), fixed, aName()))).toBe('403 HOSTNAME_NOT_INVITED')
      for (const hostname of ['A.spl.test', 'a.spl.test.', 'a.spl.test:443', 'ä.spl.test']) {
        expect(said(await team().join(anIdentity(), code, hostname))).toBe('400 INVALID_REQUEST')
      }
    })

    test('that is invented, forged, altered, expired, or of another kind is refused', async () => {
      const alice = anIdentity()
      const later = nowSeconds() + 600
      const invalid = '401 INVITE_INVALID'
      // By the admin’s key, and never noted; by another; noted under the admin’s name by neither.
      expect(said(await team().join(alice, (await aCode(team().admin, later)).code))).toBe(invalid)
      expect(said(await team().join(alice, (await aCode(anIdentity(), later)).code))).toBe(invalid)
      const { code } = await team().invite(aName())
      expect(said(await team().join(alice, `spi_${code.slice(4)}`))).toBe(invalid)
      expect(
        said(await team().join(alice, `${code.slice(0, -1)}${code.endsWith('1') ? '2' : '1'}`)),
      ).toBe(invalid)
      expect(said(await team().join(alice, `${code}${'1'.repeat(3000)}`))).toBe(invalid)
      const over = nowSeconds() + 2
      const { code: brief } = await team().invite(aName(), 2)
      await until('it has expired', () => nowSeconds() > over)
      expect(said(await team().join(alice, brief))).toBe(invalid)
    })

    test('that was taken back is refused, and one that was used cannot be', async () => {
      const { code, inviteId } = await team().invite(aName())
      const cancel = (id: string) =>
        team().ask(team().admin, { method: 'DELETE', path: `/invites/${id}` })
      expect(said(await cancel(inviteId))).toBe('200')
      expect(said(await cancel(inviteId))).toBe('404 NOT_FOUND')
      expect(said(await team().join(anIdentity(), code))).toBe('401 INVITE_INVALID')
      const other = await team().invite(aName())
      await team().join(anIdentity(), other.code)
      expect(said(await cancel(other.inviteId))).toBe('410 CODE_USED')
    })

    test('needs a signature by the key that is to own the name, over this very code', async () => {
      const eve = anIdentity()
      const alice = anIdentity()
      const { code } = await team().invite(aName())
      const signed = await team().signed(
        { ...eve, did: alice.did },
        { path: '/join', body: { code } },
      )
      expect(said(await team().sendSigned(signed))).toBe('401 SIGNATURE_INVALID')
      const hers = await team().signed(eve, { path: '/join', body: { code: 'spg_x' } })
      const body = JSON.stringify({ code })
      expect(said(await team().sendSigned({ ...hers, body }))).toBe('401 SIGNATURE_INVALID')
    })
  })
}
