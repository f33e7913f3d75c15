import { expect, test } from 'vitest'
import lock from '../../package-lock.json' with { type: 'json' }

interface Locked {
  readonly version?: string
  readonly integrity?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

test('the lock file has the binaries of every platform, or npm ci refuses a clean clone', () => {
  const packages: Readonly<Record<string, Locked>> = lock.packages
  const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
    Object.entries(optionalDependencies),
  )
  const locked = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)))
  expect(wanted.filter(([name]) => !locked.has(name))).toEqual([])
  expect(wanted.length).toBeGreaterThan(50)
})

test('the lock file has the hash of every package, so that none can be replaced on the way', () => {
  const packages: Readonly<Record<string, Locked>> = lock.packages
  const unsure = Object.entries(packages).filter(
    ([path, { integrity }]) => path !== '' && integrity?.startsWith('sha512-') !== true,
  )
  expect(unsure.map(([path]) => path)).toEqual([])
})
