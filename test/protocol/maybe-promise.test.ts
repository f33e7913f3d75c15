import { describe, expect, test } from 'vitest'
import { andThen } from '../../protocol/maybe-promise.ts'

describe('andThen', () => {
  const add = (value: number, more: number, most: number) => value + more + most

  test('goes on in the same turn with a value that is there', () => {
    expect(andThen(1, add, 2, 3)).toBe(6)
  })

  test('goes on with a promised value once it comes', async () => {
    const later = andThen(Promise.resolve(1), add, 2, 3)
    expect(later).toBeInstanceOf(Promise)
    expect(await later).toBe(6)
  })

  test('throws what the next step throws, and rejects where it waited', async () => {
    const fail = () => {
      throw new Error('no')
    }
    expect(() => andThen(1, fail)).toThrow('no')
    await expect(andThen(Promise.resolve(1), fail)).rejects.toThrow('no')
    await expect(andThen(Promise.reject(new Error('before')), fail)).rejects.toThrow('before')
  })
})
