import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { takeExclusiveLock } from '../../../local-daemon/home/exclusive-lock.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'

const module = new URL('../../../local-daemon/home/exclusive-lock.ts', import.meta.url).href

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

test('it is held again soon after somebody has removed its file', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    using home = aHome()
    const path = join(home.path, 'x.lock')
    const lock = takeExclusiveLock(path)
    for (let times = 0; times < 2; times += 1) {
      rmSync(path)
      vi.advanceTimersByTime(1_000)
      expect(othersGet(path)).toBe(false)
    }
    lock?.release()
    rmSync(path)
    vi.advanceTimersByTime(5_000)
    expect(existsSync(path)).toBe(false)
  } finally {
    vi.useRealTimers()
  }
})

test('it is not taken in a directory that has come in place of the own one', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    using home = aHome()
    const path = join(home.path, 'own', 'x.lock')
    mkdirSync(join(home.path, 'own'))
    const lock = takeExclusiveLock(path)
    renameSync(join(home.path, 'own'), join(home.path, 'moved'))
    mkdirSync(join(home.path, 'own'))
    vi.advanceTimersByTime(1_000)
    expect(existsSync(path)).toBe(false)
    lock?.release()
  } finally {
    vi.useRealTimers()
  }
})
