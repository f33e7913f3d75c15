import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { aCleanUser, type CleanUser } from './a-clean-user.ts'
import { anInstallation, type Installation } from './an-installation.ts'
import { NEWEST, OLDEST, TOO_OLD } from './node-versions.ts'

const tarball = inject('tarball')

interface Status {
  readonly pid: number
  readonly instance_did: string
}

interface List {
  readonly data: readonly { readonly id: string; readonly sig: string }[]
}

describe('a home', () => {
  let older: Installation
  let newer: Installation
  let user: CleanUser
  let thread = ''

  beforeAll(async () => {
    older = await anInstallation(OLDEST)
    newer = await anInstallation(NEWEST)
    for (const installation of [older, newer]) await installation.install(tarball.path)
    user = aCleanUser()
  })

  afterAll(async () => {
    await user.run(binsOf(newer), 'spl', ['serve', '--stop'])
    for (const held of [user, older, newer]) held[Symbol.dispose]()
  })

  test('moves to a newer Node.js and back, and keeps every record and the identity', async () => {
    const identities = new Set<string>()
    const written: string[] = []
    for (const { node, text } of [
      { node: older, text: 'written by the older one' },
      { node: newer, text: 'written by the newer one' },
      { node: older, text: 'written by the older one again' },
    ]) {
      const bins = binsOf(node)
      await user.spl(bins, 'serve', '--daemon', '--port', '0')
      const { instance_did: identity } = await user.json<Status>(bins, 'status')
      identities.add(identity)
      const verb = thread === '' ? ['intend', text] : ['do', text, '--thread', thread]
      const record = await user.json<{ id: string; thread: string }>(bins, ...verb)
      thread = record.thread
      written.push(record.id)
      const { data } = await user.json<List>(bins, 'thread', 'records', thread)
      expect(data.map(({ id }) => id)).toEqual(written)
      await user.spl(bins, 'serve', '--stop')
    }
    expect(identities.size).toBe(1)
  })

  test('goes on while another package is installed under its daemon, and after spl serve --restart', async () => {
    const bins = binsOf(newer)
    await user.spl(bins, 'serve', '--daemon', '--port', '0')
    const before = await user.json<Status>(bins, 'status')
    await newer.install(tarball.path)
    await user.spl(bins, 'know', 'the old one still answers', '--thread', thread)
    await user.spl(bins, 'serve', '--restart')
    const after = await user.json<Status>(bins, 'status')
    expect(after.instance_did).toBe(before.instance_did)
    expect(after.pid).not.toBe(before.pid)
    const { data } = await user.json<List>(bins, 'thread', 'records', thread)
    expect(data).toHaveLength(4)
    await user.spl(bins, 'serve', '--stop')
  })

  test('stays when the package is removed, and is taken up again by the next one', async () => {
    await older.uninstall()
    expect(existsSync(join(older.splBin, 'spl'))).toBe(false)
    expect(existsSync(join(user.directory, 'home/.syncro/hub.db'))).toBe(true)
    const bins = binsOf(newer)
    await user.spl(bins, 'serve', '--daemon', '--port', '0')
    const { data } = await user.json<List>(bins, 'thread', 'list')
    expect(data[0]).toMatchObject({ id: thread, records: 4 })
    await user.spl(bins, 'serve', '--stop')
  })
})

test('on a Node.js that is too old it says so, and what to do', async () => {
  using old = await anInstallation(TOO_OLD)
  using user = aCleanUser()
  await old.install(tarball.path)
  const run = await user.run(binsOf(old), 'spl', ['serve', '--daemon'])
  expect(run.stderr).toMatch(
    /^error: spl needs Node\.js 22\.14, 23\.6 or newer; this is 20\.\S+ \[NODE_TOO_OLD\]\ntry: \S/,
  )
  expect(run).toMatchObject({ code: 1, stdout: '' })
})

function binsOf({ splBin, nodeBin }: Installation): readonly string[] {
  return [splBin, nodeBin]
}
