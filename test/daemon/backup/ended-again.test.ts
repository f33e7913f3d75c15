import { copyFileSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runHere } from '../../support/cli/run-here.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'

type KeptHome = ReturnType<typeof aKeptHome>

const spl = (home: KeptHome, ...args: readonly string[]) => runHere(args, { home: home.path })
const listOf = (home: KeptHome) => join(home.path, 'ended.list')

async function backedUp(home: KeptHome): Promise<string> {
  const { stdout } = await spl(home, 'backup', 'create', '--json')
  return (JSON.parse(stdout) as { name: string }).name
}

/** A phone with a token, and what a request with it is answered. */
async function aPhone(home: KeptHome) {
  const request = { name: 'phone', scopes: ['records:read'] as const }
  const made = await home.daemon().access.accounts.createWithToken(request, null)
  const headers = { authorization: `Bearer ${made.token}` }
  return { ...made, told: () => home.told('/v1/threads', { headers }) }
}

const revokeToken = (home: KeptHome, id: string) => home.daemon().access.accounts.revokeToken(id)

async function restored(home: KeptHome, ...args: readonly string[]) {
  const run = await spl(home, 'restore', ...args, '--yes', '--json')
  expect([run.code, run.stderr]).toEqual([0, expect.any(String)])
  for (const aside of globSync('replaced-*', { cwd: home.path }))
    rmSync(join(home.path, aside), { recursive: true })
  return { ...(JSON.parse(run.stdout) as Record<string, unknown>), stderr: run.stderr }
}

const redact = (home: KeptHome, id: string | undefined) =>
  home.told(`/v1/records/${id}/redact`, {
    method: 'POST',
    body: JSON.stringify({ reason: 'a password' }),
  })

async function bodyOf(home: KeptHome, id: string | undefined): Promise<unknown> {
  return ((await (await home.ask(`/v1/records/${id}`)).json()) as { body: unknown }).body
}

function filesWith(home: KeptHome, text: string): readonly string[] {
  const files = globSync('{hub*,.restoring*/**}', { cwd: home.path })
  return files.filter((name) => readFileSync(join(home.path, name)).includes(text))
}

describe('what was revoked', () => {
  test('stays revoked by two restores in a row, also if what they replaced is removed', async () => {
    await using home = aKeptHome()
    await home.start()
    const first = await backedUp(home)
    const phone = await aPhone(home)
    const second = await backedUp(home)
    await revokeToken(home, phone.tokenId)
    expect(await phone.told()).toBe('401 AUTH_INVALID')
    await home.stop()
    // Too far back, where nobody has heard of the phone, and then forward again.
    await restored(home, first)
    expect(await restored(home, second)).toMatchObject({
      revived: { tokens: [{ token_id: phone.tokenId }] },
      ended_list: 'whole',
    })
    await home.start()
    expect(await phone.told()).toBe('401 AUTH_INVALID')
  })

  test('stays revoked if the store was emptied in between, with all that it remembers', async () => {
    await using home = aKeptHome()
    await home.start()
    const phone = await aPhone(home)
    await backedUp(home)
    await spl(home, 'service-account', 'revoke', phone.account)
    await home.stop()
    home.removeStore()
    rmSync(join(home.path, 'store.state'))
    await restored(home)
    await home.start()
    expect(await phone.told()).toBe('401 AUTH_INVALID')
  })

  test('stays revoked in a store that was put back with cp', async () => {
    await using home = aKeptHome()
    await home.start()
    const phone = await aPhone(home)
    const { access } = home.daemon()
    const invite = await access.invites.create({
      device: 'tablet',
      scopes: ['records:read'],
      issuer: null,
      ttlSeconds: 600,
    })
    await home.stop()
    home.copyStore()
    await home.start()
    await revokeToken(home, phone.tokenId)
    await home.daemon().access.invites.redeem(`Bearer ${invite.code}`)
    await home.stop()
    home.putStoreBack()
    await home.start()
    expect(await phone.told()).toBe('401 AUTH_INVALID')
    await expect(home.daemon().access.invites.redeem(`Bearer ${invite.code}`)).rejects.toThrow(
      'too old',
    )
  })

  test('is added to the list at the next start, if a kill came between the store and the list', async () => {
    await using home = aKeptHome()
    await home.start()
    const phone = await aPhone(home)
    const name = await backedUp(home)
    copyFileSync(listOf(home), join(home.aside, 'list'))
    await revokeToken(home, phone.tokenId)
    await home.stop()
    copyFileSync(join(home.aside, 'list'), listOf(home))
    await home.start()
    await home.stop()
    home.removeStore()
    await restored(home, name)
    await home.start()
    expect(await phone.told()).toBe('401 AUTH_INVALID')
  })

  test('counts wherever a kill has cut the last line of the list', async () => {
    await using home = aKeptHome()
    await home.start()
    const phone = await aPhone(home)
    const name = await backedUp(home)
    const before = readFileSync(listOf(home)).length
    await revokeToken(home, phone.tokenId)
    await home.stop()
    const whole = readFileSync(listOf(home))
    expect(whole.length).toBeGreaterThan(before)
    home.copyHome()
    for (const cut of [before, before + 1, before + 100, whole.length - 1]) {
      writeFileSync(listOf(home), whole.subarray(0, cut))
      expect(await restored(home, name)).toMatchObject({ ended_list: 'whole' })
      await home.start()
      expect([cut, await phone.told()]).toEqual([cut, '401 AUTH_INVALID'])
      await home.stop()
      home.putHomeBack()
    }
  })

  test('is valid again after --no-revoke, also after the next start', async () => {
    await using home = aKeptHome()
    await home.start()
    const phone = await aPhone(home)
    const other = await aPhone(home)
    await revokeToken(home, other.tokenId)
    await backedUp(home)
    await revokeToken(home, phone.tokenId)
    await home.stop()
    await restored(home, '--no-revoke')
    for (const _start of [1, 2]) {
      await home.start()
      expect([await phone.told(), await other.told()]).toEqual(['200', '401 AUTH_INVALID'])
      await home.stop()
    }
  })

  test('is told to be unknown where the list is missing or damaged', async () => {
    await using home = aKeptHome()
    await home.start()
    const phone = await aPhone(home)
    const kept = await aPhone(home)
    await backedUp(home)
    await revokeToken(home, phone.tokenId)
    await revokeToken(home, kept.tokenId)
    await home.stop()
    home.removeStore()
    const lines = readFileSync(listOf(home), 'utf8').split('\n')
    const damaged = lines.map((line) =>
      line.includes(phone.tokenId) ? line.replace('"tokens"', '"takens"') : line,
    )
    writeFileSync(listOf(home), damaged.join('\n'))
    home.copyHome()
    const run = await spl(home, 'restore', '--yes')
    expect(run.stderr).toContain('ended.list is damaged: nothing here says what was revoked')
    await home.start()
    // One line is of no use, and takes no other with it.
    expect([await phone.told(), await kept.told()]).toEqual(['200', '401 AUTH_INVALID'])
    const told = await spl(home, 'doctor', '--json')
    expect(told.stdout).toContain('ended.list.damaged')
    await home.stop()
    home.putHomeBack()
    rmSync(listOf(home))
    const without = await spl(home, 'restore', '--yes')
    expect(without.stderr).toContain('ended.list is missing')
  })

  test('is not taken from the list of another home', async () => {
    await using home = aKeptHome()
    await using other = aKeptHome()
    await home.start()
    const phone = await aPhone(home)
    await home.stop()
    await other.start()
    writeFileSync(listOf(other), '')
    const { store } = other.daemon()
    expect(store.ended()?.tokens.size).toBe(0)
    await other.stop()
    const line = readFileSync(listOf(home), 'utf8')
    const forged = { ...(JSON.parse(line) as object), tokens: [phone.tokenId] }
    writeFileSync(listOf(home), `${JSON.stringify(forged)}\n`)
    await home.start()
    expect(await phone.told()).toBe('200')
  })
})

describe('what was redacted', () => {
  test('is redacted again by a restore of a backup from before, in every file', async () => {
    await using home = aKeptHome()
    await home.start()
    const [id, other] = await home.append(2, 'canary in the mine')
    const name = await backedUp(home)
    expect(await redact(home, id)).toBe('200')
    await home.stop()
    expect(await restored(home, name)).toMatchObject({ redacted_again: 1 })
    expect(filesWith(home, '"n":0,"text":"canary in the mine"')).toEqual([])
    expect(filesWith(home, '"n":1,"text":"canary in the mine"')).toEqual(['hub.db'])
    await home.start()
    expect([await bodyOf(home, id), await bodyOf(home, other)]).toEqual([
      {},
      { text: 'canary in the mine', n: 1 },
    ])
    const note = await (await home.ask('/v1/records?thread=th_audit_redactions&limit=10')).text()
    expect(note).toContain('redacted again')
    await redact(home, other)
    await home.stop()
    expect(filesWith(home, 'canary in the mine')).toEqual([])
    expect(await spl(home, 'verify')).toMatchObject({ code: 0 })
  })

  test('stays away from a store that never had it', async () => {
    await using home = aKeptHome()
    await home.start()
    const name = await backedUp(home)
    const [id = ''] = await home.append(1, 'canary')
    const line = await (
      await home.ask('/v1/sync/changes', { headers: { accept: 'application/x-ndjson' } })
    ).text()
    const file = join(home.aside, 'export.ndjson')
    writeFileSync(file, line)
    expect(await redact(home, id)).toBe('200')
    await home.stop()
    await restored(home, name)
    await home.start()
    expect(await home.told(`/v1/records/${id}`)).toBe('404 NOT_FOUND')
    const run = await spl(home, 'import', file, '--json')
    expect(JSON.parse(run.stdout)).toMatchObject({ redacted: 1 })
    expect(await home.told(`/v1/records/${id}`)).toBe('404 NOT_FOUND')
  })

  test('is redacted again in a store that was put back with cp', async () => {
    await using home = aKeptHome()
    await home.start()
    const [id] = await home.append(1, 'canary')
    await home.stop()
    home.copyStore()
    await home.start()
    await redact(home, id)
    await home.stop()
    home.putStoreBack()
    await home.start()
    expect(await bodyOf(home, id)).toEqual({})
    await home.stop()
    expect(filesWith(home, 'canary')).toEqual([])
  })
})
