import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { takeExclusiveLock } from '../../local-daemon/config/exclusive-lock.ts'
import { aHome } from './a-daemon.ts'

const module = new URL('../../local-daemon/config/exclusive-lock.ts', import.meta.url).href

/** Whether another process gets the lock. */
function othersGet(path: string): boolean {
  const script = `
    const { takeExclusiveLock } = await import(${JSON.stringify(module)})
    console.log(takeExclusiveLock(${JSON.stringify(path)}) !== undefined)`
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script])
  return JSON.parse(output.toString()) as boolean
}

test('one process has it, until it releases it', () => {
  using home = aHome()
  const path = join(home.path, 'x.lock')
  const lock = takeExclusiveLock(path)
  expect(lock).toBeDefined()
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(othersGet(path)).toBe(false)
  lock?.release()
  lock?.release()
  expect(othersGet(path)).toBe(true)
})

test('asking again in the same process does not lose it', () => {
  using home = aHome()
  const path = join(home.path, 'x.lock')
  const lock = takeExclusiveLock(path)
  expect(takeExclusiveLock(path)).toBeUndefined()
  expect(othersGet(path)).toBe(false)
  lock?.release()
})
