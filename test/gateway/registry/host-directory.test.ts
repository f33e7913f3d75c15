import { describe, expect, test } from 'vitest'
import { HostDirectory } from '../../../edge-gateway/registry/host-directory.ts'
import type { Directory } from '../../../edge-gateway/registry/registration.ts'
import { anIdentity } from '../../support/test-identity.ts'

const owner = anIdentity().did
const names = (count: number) =>
  Array.from({ length: count }, (_, serial) => ({
    serial,
    hostname: `h${serial}.test`,
    owner,
    since: 0,
  }))

/** A registry that says what it is set to, or nothing at all. */
function aRegistry() {
  const registry = {
    asked: 0,
    answer: { version: 1, registrations: names(2) } as Directory,
    fails: false,
    ask: async (known: number | undefined) => {
      registry.asked += 1
      if (registry.fails) throw new Error('gone')
      return known === registry.answer.version ? undefined : registry.answer
    },
  }
  return registry
}

describe('what a Worker knows of hostnames', () => {
  test('is asked for once, and then known without waiting for as long as it is fresh', async () => {
    const [directory, registry] = [new HostDirectory(), aRegistry()]
    const owner = await directory.find('h0.test', registry.ask, 0)
    expect(owner).toMatchObject({ objectName: expect.stringContaining('h0.test') })
    for (const now of [0, 1, 29_999]) {
      expect(directory.find('h0.test', registry.ask, now)).toBe(owner)
      expect(directory.find('h1.test', registry.ask, now)).toBeTypeOf('object')
    }
    expect(registry.asked).toBe(1)
    // Nothing has changed: the same owner, with what is known of their bearers.
    expect(await directory.find('h0.test', registry.ask, 30_001)).toBe(owner)
    expect(registry.asked).toBe(2)
  })

  test('a name that was taken back is unknown when the answer has become old', async () => {
    const [directory, registry] = [new HostDirectory(), aRegistry()]
    await directory.find('h0.test', registry.ask, 0)
    registry.answer = { version: 2, registrations: names(1) }
    expect(directory.find('h1.test', registry.ask, 29_000)).toBeTypeOf('object')
    expect(await directory.find('h1.test', registry.ask, 30_001)).toBe('unknown')
  })

  test('where a home connects it is old much sooner', async () => {
    const [directory, registry] = [new HostDirectory(), aRegistry()]
    await directory.find('h0.test', registry.ask, 0)
    expect(directory.find('h0.test', registry.ask, 2_999, true)).toBeTypeOf('object')
    await directory.find('h0.test', registry.ask, 3_001, true)
    expect(registry.asked).toBe(2)
  })

  test('a name that is assigned again is another owner’s, with nothing of the one before', async () => {
    const [directory, registry] = [new HostDirectory(), aRegistry()]
    const before = await directory.find('h0.test', registry.ask, 0)
    const again = { serial: 9, hostname: 'h0.test', owner, since: 7 }
    registry.answer = { version: 2, registrations: [again] }
    directory.changed()
    const after = await directory.find('h0.test', registry.ask, 1)
    expect(after).not.toBe(before)
    expect(after).toMatchObject({ objectName: `9 h0.test ${owner}` })
  })

  test('a flood of invented names asks once in three seconds, and leaves nothing behind', async () => {
    const [directory, registry] = [new HostDirectory(), aRegistry()]
    await directory.find('h0.test', registry.ask, 0)
    for (let now = 1; now <= 12_000; now += 1) {
      expect(await directory.find(`x${now}.test`, registry.ask, now)).toBe('unknown')
    }
    expect(registry.asked).toBeLessThanOrEqual(5)
  })

  test('of many at once, while an answer is under way, few ask, and the others may come again', async () => {
    const [directory, registry] = [new HostDirectory(), aRegistry()]
    await directory.find('h0.test', registry.ask, 0)
    const found = Array.from({ length: 1_000 }, (_, index) =>
      directory.find(`x${index}.test`, registry.ask, 10_000),
    )
    expect(registry.asked).toBe(1 + 1 + 4)
    expect(found.filter((one) => one === 'unavailable')).toHaveLength(995)
    expect(directory.find('h0.test', registry.ask, 10_000)).toBeTypeOf('object')
  })

  test('and while nothing is known yet, at most so many ask', async () => {
    const [directory, registry] = [new HostDirectory(), aRegistry()]
    const found = Array.from({ length: 1_000 }, (_, index) =>
      directory.find(`x${index}.test`, registry.ask, 0),
    )
    expect(registry.asked).toBeLessThanOrEqual(100)
    expect(found.filter((one) => one === 'unavailable').length).toBeGreaterThanOrEqual(900)
    expect(await found[0]).toBe('unknown')
  })

  test('a new name is found while another’s question is under way, or was never answered', async () => {
    const [directory, registry] = [new HostDirectory(), aRegistry()]
    await directory.find('h0.test', registry.ask, 0)
    void directory.find('x.test', () => new Promise(() => {}), 10_000)
    registry.answer = { version: 2, registrations: names(3) }
    expect(await directory.find('h2.test', registry.ask, 10_000)).toBeTypeOf('object')
  })

  test('outlives a registry that does not answer, for ten minutes', async () => {
    const [directory, registry] = [new HostDirectory(), aRegistry()]
    await directory.find('h0.test', registry.ask, 0)
    registry.fails = true
    expect(await directory.find('h0.test', registry.ask, 60_000)).toBeTypeOf('object')
    // Left alone for a second each time.
    expect(directory.find('h0.test', registry.ask, 60_500)).toBeTypeOf('object')
    expect(await directory.find('h0.test', registry.ask, 600_001)).toBe('unavailable')
    registry.fails = false
    expect(await directory.find('h0.test', registry.ask, 602_000)).toBeTypeOf('object')
  })

  test('without any answer nothing is unknown', async () => {
    const [directory, registry] = [new HostDirectory(), aRegistry()]
    registry.fails = true
    expect(await directory.find('h0.test', registry.ask, 0)).toBe('unavailable')
  })

  test('an answer that comes late does not undo a newer one', async () => {
    const [directory, registry] = [new HostDirectory(), aRegistry()]
    const late = Promise.withResolvers<Directory>()
    const first = directory.find('h1.test', () => late.promise, 0)
    registry.answer = { version: 5, registrations: names(1) }
    await directory.find('h0.test', registry.ask, 1)
    late.resolve({ version: 4, registrations: names(2) })
    expect(await first).toBe('unknown')
  })
})
