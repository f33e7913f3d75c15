import { globSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test, vi } from 'vitest'
import { runHere } from '../../support/cli/run-here.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'

vi.setConfig({ testTimeout: 60_000 })

type KeptHome = ReturnType<typeof aKeptHome>

const SECRET = 'hunter2-geheim'

const spl = (home: KeptHome, ...args: readonly string[]) => runHere(args, { home: home.path })

async function written(home: KeptHome, thread: string, words: string): Promise<string> {
  const body = JSON.stringify({ thread, act: 'DO', body: { text: words } })
  const answer = await home.ask('/v1/records', { method: 'POST', body })
  expect(answer.status).toBe(201)
  return ((await answer.json()) as { id: string }).id
}

/** A diary: many threads, lines of many lengths, and one that was not for it. */
async function aDiary(home: KeptHome): Promise<string> {
  let secret = ''
  for (let day = 0; day < 60; day += 1) {
    for (let note = 0; note < 5; note += 1) {
      const words = `day ${day} `.repeat(1 + ((day * 7 + note * 13) % 40))
      await written(home, `th_day${day}`, words)
      if (day === 3 && note === 2) secret = await written(home, 'th_day3', `wifi ${SECRET}`)
    }
  }
  return secret
}

const redact = (home: KeptHome, id: string) =>
  home.told(`/v1/records/${id}/redact`, {
    method: 'POST',
    body: JSON.stringify({ reason: 'a password' }),
  })

function filesWith(home: KeptHome): readonly string[] {
  const files = globSync('hub*', { cwd: home.path })
  return files.filter((name) => readFileSync(join(home.path, name)).includes(SECRET))
}

test('a body that was redacted after the backup is in no file of the store that is restored', async () => {
  await using home = aKeptHome()
  await home.start()
  const id = await aDiary(home)
  await spl(home, 'backup', 'create')
  expect(await redact(home, id)).toBe('200')
  await home.stop()
  expect(filesWith(home)).toEqual([])
  // A fresh copy has nothing between the rows of a page either.
  const [backup = ''] = globSync('backups/*.db', { cwd: home.path })
  expect(readFileSync(join(home.path, backup)).toString('latin1').split(SECRET)).toHaveLength(2)
  const run = await spl(home, 'restore', '--yes')
  expect(run.code).toBe(0)
  for (const aside of globSync('replaced-*', { cwd: home.path }))
    rmSync(join(home.path, aside), { recursive: true })
  expect(filesWith(home)).toEqual([])
  await home.start()
  expect(filesWith(home)).toEqual([])
})

test('a body that was redacted is in no file of a copy of another program that is put back', async () => {
  await using home = aKeptHome()
  await home.start()
  const id = await aDiary(home)
  await home.stop()
  home.copyStore()
  // As many programs copy: what a page of a table held before it moved on stays between its rows.
  const plain = new Database(join(home.aside, 'hub.db'))
  plain.exec('VACUUM')
  plain.close()
  expect(
    readFileSync(join(home.aside, 'hub.db')).toString('latin1').split(SECRET).length,
  ).toBeGreaterThan(2)
  await home.start()
  expect(await redact(home, id)).toBe('200')
  await home.stop()
  expect(filesWith(home)).toEqual([])
  home.putStoreBack()
  await home.start()
  expect(filesWith(home)).toEqual([])
})
