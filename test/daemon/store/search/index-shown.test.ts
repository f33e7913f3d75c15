import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runHere } from '../../../support/cli/run-here.ts'
import { aKeptHome } from '../../../support/daemon/a-kept-home.ts'
import { until } from '../../../support/until.ts'

test('an index that does not get on is told by status and by doctor, until it does', async () => {
  await using home = aKeptHome()
  const spl = (...args: readonly string[]) => runHere(args, { home: home.path })
  const shown = async () => {
    const status = JSON.parse((await spl('status', '--json')).stdout) as { search: object }
    const doctor = JSON.parse((await spl('doctor', '--no-outside', '--json')).stdout) as {
      checks: { name: string }[]
    }
    return { status: status.search, doctor: doctor.checks.find(({ name }) => name === 'search') }
  }
  const inItsPlace = join(home.path, 'hub.search.db-wal')
  mkdirSync(inItsPlace)
  await home.start()
  await home.append(3)
  const index = () => home.daemon().store.searchIndex.status
  await until('it fails', () => index().state === 'failing')
  expect(await shown()).toMatchObject({
    status: { state: 'failing', problem: expect.any(String) },
    doctor: {
      status: 'warn',
      message: expect.stringContaining('the index fails'),
      fix: expect.stringContaining('spl search --rebuild'),
    },
  })
  expect((await spl('status')).stdout).toMatch(/^Search +the index fails: \S/mu)
  rmSync(inItsPlace, { recursive: true })
  await spl('search', '--rebuild')
  await until('it gets on', () => index().state === 'ready')
  expect(await shown()).toMatchObject({ status: { state: 'ready' }, doctor: { status: 'pass' } })
  expect((await spl('status')).stdout).not.toMatch(/^Search/mu)
  await spl('config', 'set', 'search_enabled', 'false')
  expect(await shown()).toMatchObject({ status: { state: 'off' }, doctor: { status: 'skip' } })
})
