import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  findSealed,
  removeSealed,
  sealed,
  writeSealed,
} from '../../../local-daemon/cli/serve/service/sealed-file.ts'
import { homeAt } from '../../../local-daemon/home/home.ts'
import { lineagePath } from '../../../local-daemon/home/lineage-path.ts'
import { isSamePlace } from '../../../local-daemon/home/same-place.ts'
import { runFitting as spl } from '../../support/cli/run-here.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'

// Each of these starts the command line some times, and daemons behind it.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

let place: ReturnType<typeof aHome>
let real: string
let link: string

beforeEach(() => {
  place = aHome()
  real = join(place.path, 'real')
  link = join(place.path, 'link')
  mkdirSync(real, { mode: 0o700 })
  symlinkSync(real, link)
})
afterEach(async () => {
  await spl(['serve', '--stop'], { home: real })
  place[Symbol.dispose]()
})

async function ok(home: string, ...args: string[]): Promise<string> {
  const run = await spl(args, { home })
  expect([run.code, run.stderr]).toEqual([0, expect.anything()])
  return run.stdout
}

/** What `spl doctor` says of the content of the store. */
async function contentSeen(home: string): Promise<unknown> {
  const run = await spl(['doctor', '--no-outside', '--json'], { home })
  const { checks } = JSON.parse(run.stdout) as { checks: readonly { name: string }[] }
  return checks.find(({ name }) => name === 'store-content')
}

describe('a home with two paths', () => {
  test.for([
    ['the real one', false],
    ['a symbolic link', true],
  ] as const)('is intact by both when started by %s', async ([, isLink]) => {
    const [first, second] = isLink ? [link, real] : [real, link]
    await ok(first, 'serve', '--daemon', '--port', '0')
    await ok(first, 'intend', 'hello')
    for (const home of [first, second]) {
      expect(await ok(home, 'verify')).toContain('all intact')
      expect(await contentSeen(home)).toMatchObject({ status: 'pass' })
    }
    await ok(second, 'serve', '--restart')
    expect(readFileSync(homeAt(real).logFile, 'utf8')).not.toContain('changed while no daemon ran')
  })

  test('names its own store by either path, and damage in it is then no damage of a copy', async () => {
    await ok(real, 'serve', '--daemon', '--port', '0')
    await ok(real, 'intend', 'hello')
    await ok(real, 'serve', '--stop')
    // What remembers the store is lost: a copy would not need it.
    rmSync(homeAt(real).lineage)
    for (const home of [real, link]) {
      const run = await spl(['verify', '--store', join(home, 'hub.db')], { home: real })
      expect([run.code, run.stderr]).toEqual([1, expect.stringContaining('spl serve --stop')])
    }
  })

  test('is one home for the service manager', () => {
    const path = join(place.path, 'service')
    const text = (home: string) => sealed('a\n', home, (line) => `# ${line}`)
    writeSealed(path, text(real), real)
    expect(writeSealed(path, text(link), link)).toBe(true)
    expect(removeSealed(path, real)).toBe(true)
    expect(findSealed(path)).toEqual({ kind: 'absent' })
  })

  test('is remembered once: by its own store, and by another one that a link names', () => {
    const home = homeAt(real)
    const other = join(place.path, 'other.db')
    const alias = join(place.path, 'alias.db')
    writeFileSync(other, '')
    symlinkSync(other, alias)
    expect(lineagePath(homeAt(link), join(real, 'hub.db'))).toBe(homeAt(link).lineage)
    expect(lineagePath(home, join(link, 'hub.db'))).toBe(home.lineage)
    expect(lineagePath(home, alias)).toBe(lineagePath(home, other))
    expect(lineagePath(home, other)).not.toBe(home.lineage)
  })

  test('differs from another one, also where nothing is or a link leads in a circle', () => {
    symlinkSync(join(place.path, 'b'), join(place.path, 'a'))
    symlinkSync(join(place.path, 'a'), join(place.path, 'b'))
    expect(isSamePlace(join(place.path, 'a'), join(place.path, 'a'))).toBe(true)
    expect(isSamePlace(join(place.path, 'a'), real)).toBe(false)
    expect(isSamePlace(join(real, 'none'), join(link, 'none'))).toBe(true)
    expect(isSamePlace(join(real, 'none'), real)).toBe(false)
  })
})
