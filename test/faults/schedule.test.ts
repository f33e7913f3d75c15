import { expect, test } from 'vitest'
import { seededRandom } from '../support/random.ts'
import { makeSchedule } from './schedule.ts'

const scheduleOf = (seed: string) => makeSchedule(seededRandom(seed).branch('schedule'))

test('a seed makes the same schedule again, and another seed another one', () => {
  expect(scheduleOf('tea')).toEqual(scheduleOf('tea'))
  expect(scheduleOf('tea')).not.toEqual(scheduleOf('coffee'))
})

test('a schedule has four to eight faults in order, and all kinds have their turn', () => {
  const kinds = new Set<string>()
  for (let run = 0; run < 200; run += 1) {
    const schedule = scheduleOf(`run ${run}`)
    expect(schedule.length).toBeGreaterThanOrEqual(4)
    expect(schedule.length).toBeLessThanOrEqual(8)
    expect(schedule).toEqual(schedule.toSorted((left, right) => left.atMs - right.atMs))
    for (const { kind } of schedule) kinds.add(kind)
  }
  expect(kinds.size).toBe(31)
})
