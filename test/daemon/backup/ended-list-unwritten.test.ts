import { mkdirSync, readFileSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { rotateIdentity } from '../../../local-daemon/access/identity/rotate-identity.ts'
import { homeAt } from '../../../local-daemon/home/home.ts'
import { runHere } from '../../support/cli/run-here.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'

type KeptHome = ReturnType<typeof aKeptHome>

const listOf = (home: KeptHome) => join(home.path, 'ended.list')

async function aToken(home: KeptHome): Promise<string> {
  const request = { name: 'phone', scopes: ['records:read'] as const }
  return (await home.daemon().access.accounts.createWithToken(request, null)).tokenId
}
const revoke = (home: KeptHome, id: string) => home.daemon().access.accounts.revokeToken(id)

async function seen(home: KeptHome) {
  const failure = (
    (await (await home.ask('/v1/backups')).json()) as { ended_list_failure: unknown }
  ).ended_list_failure
  const doctor = await runHere(['doctor', '--json'], { home: home.path })
  const { checks } = JSON.parse(doctor.stdout) as {
    readonly checks: readonly { readonly name: string; readonly status: string }[]
  }
  const status = await runHere(['status', '--json'], { home: home.path })
  const { backups } = JSON.parse(status.stdout) as { backups: { ended_list_failure: unknown } }
  const text = (await runHere(['status'], { home: home.path })).stdout
  const check = checks.find(({ name }) => name === 'ended-list')
  return { failure, check, status: backups.ended_list_failure, text }
}

describe('a list of what has ended', { timeout: 60_000 }, () => {
  test('that cannot be written is shown until it can be, and has then what ended meanwhile', async () => {
    await using home = aKeptHome()
    await home.start()
    const [first, second] = [await aToken(home), await aToken(home)]
    const list = listOf(home)
    renameSync(list, `${list}.before`)
    mkdirSync(list)
    await revoke(home, first)
    const failure = { code: 'ENDED_LIST_UNWRITTEN', message: expect.stringContaining(list) }
    const bad = await seen(home)
    expect(bad.failure).toMatchObject({ ...failure, at: expect.any(Number) })
    expect(bad.status).toMatchObject(failure)
    expect(bad.text).toContain('ENDED_LIST_UNWRITTEN')
    expect(bad.check).toMatchObject({ status: 'fail', fix: expect.stringContaining('make room') })
    rmdirSync(list)
    await revoke(home, second)
    const good = await seen(home)
    expect([good.failure, good.status]).toEqual([null, null])
    expect(good.check).toMatchObject({ status: 'pass' })
    expect(good.text).not.toContain('ENDED_LIST_UNWRITTEN')
    expect(readFileSync(list, 'utf8')).toContain(first)
    expect(readFileSync(list, 'utf8')).toContain(second)
  })

  test('is signed by the new identity as soon as there is one', async () => {
    await using home = aKeptHome()
    await home.start()
    const token = await aToken(home)
    await revoke(home, token)
    await home.stop()
    const { from, to } = await rotateIdentity(homeAt(home.path), false)
    const lines = readFileSync(listOf(home), 'utf8').trimEnd().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { by: string }).by)).toEqual([to])
    expect(lines.join('')).toContain(token)
    expect(lines.join('')).not.toContain(from)
  })

  test('does not stop a change of the identity if it cannot be written then', async () => {
    await using home = aKeptHome()
    await home.start()
    const token = await aToken(home)
    await revoke(home, token)
    await home.stop()
    mkdirSync(`${listOf(home)}.part`)
    const { to } = await rotateIdentity(homeAt(home.path), false)
    rmSync(`${listOf(home)}.part`, { recursive: true })
    await home.start()
    expect(home.daemon().identity.did).toBe(to)
    expect(readFileSync(listOf(home), 'utf8')).toContain(`"by":"${to}"`)
    expect(readFileSync(listOf(home), 'utf8')).toContain(token)
  })
})
