import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { runCopy } from '../../../local-daemon/backup/run-copy.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'

const COPY = fileURLToPath(
  new URL('../../../local-daemon/backup/copy/copy-process.ts', import.meta.url),
)

test('the process that copies a store ends with the one that wants the copy, and not before', async () => {
  await using home = aKeptHome()
  await home.start()
  await home.append(20)
  const whole = await runCopy(
    home.database,
    join(home.aside, 'whole.db'),
    new AbortController().signal,
  )
  expect(whole).toMatchObject({ records: expect.any(Number) })
  const locked = join(home.aside, 'locked.db')
  const holder = new Database(locked)
  holder.exec('CREATE TABLE records (seq INTEGER); BEGIN EXCLUSIVE')
  // It waits in SQLite, as it does in a long copy.
  const child = spawn(process.execPath, [COPY, locked, join(home.aside, 'left.db')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end()
  const [said, [, signal]] = await Promise.all([text(child.stdout), once(child, 'close')])
  holder.close()
  expect([said, signal]).toEqual(['', 'SIGKILL'])
})
