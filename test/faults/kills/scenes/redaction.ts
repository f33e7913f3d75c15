import { filesWith } from '../../../support/files-with.ts'
import type { HomeUnderKill } from '../home-under-kill.ts'
import { AFTER } from '../kill.ts'
import { Renewed } from '../renewed.ts'
import type { Scene } from '../run-scene.ts'

const EACH_ROUND = 5

interface Canary {
  readonly id: string
  /** A text that nothing else has. */
  readonly text: string
}

async function writeCanaries(home: HomeUnderKill, round: number): Promise<readonly Canary[]> {
  const made: Canary[] = []
  for (let n = 0; n < EACH_ROUND; n += 1) {
    const text = `canary-${round}-${n}-bird `
    // Large ones have pages of their own.
    const body = { goal: text, text: text.repeat(n % 2 === 0 ? 900 : 2) }
    const record = { thread: `th_${round}_${n % 2}`, act: 'INTEND', body }
    const told = await home.asked<{ id: string }>('/v1/records', record)
    if (told === undefined) throw new Error('write a canary')
    home.told.push(told.id)
    made.push({ id: told.id, text })
  }
  return made
}

/** Redactions one after the other: each is done or not done. What was told is in no file, nor is what turns out to be done. */
export async function redactionScene(): Promise<Scene> {
  const homes = new Renewed(async (home) => {
    await home.write('th_before', 40)
  })
  let rounds = 0
  return {
    async round(kill, measured) {
      const home = await homes.next()
      rounds += 1
      const canaries = await writeCanaries(home, rounds)
      await home.killDuring(kill, measured)
      const begun = performance.now()
      const told: Canary[] = []
      for (const canary of canaries) {
        const path = `/v1/records/${canary.id}/redact`
        const done = await home.asked<{ readonly erased: boolean }>(path, { reason: 'it must go' })
        if (done === undefined) break
        if (!done.erased) throw new Error('nobody reads, and it was not erased')
        told.push(canary)
        refuseTraces(home, canary)
      }
      const ms = performance.now() - begun
      for (const canary of told) refuseTraces(home, canary)
      const steps = await home.restart()
      const records = new Map((await home.check()).map((seen) => [seen.id, seen]))
      for (const canary of canaries) {
        const seen = records.get(canary.id)
        if (seen?.redacted !== undefined) refuseTraces(home, canary)
        else if (told.includes(canary)) throw new Error(`${canary.id} was redacted, and is back`)
        else if (seen?.record.body['goal'] !== canary.text)
          throw new Error(`${canary.id} is neither whole nor redacted`)
      }
      const notes = await home.records('?thread=th_audit_redactions')
      const redacted = [...records.values()].filter((one) => one.redacted !== undefined)
      if (notes.length !== redacted.length)
        throw new Error(`${redacted.length} are redacted, with ${notes.length} notes`)
      const done = canaries.filter(({ id }) => records.get(id)?.redacted !== undefined).length
      const half = done > told.length ? ', one done and not told' : ''
      const where = told.length === EACH_ROUND ? AFTER : `${told.length} told${half}`
      return { ms, steps, where }
    },
    [Symbol.asyncDispose]: () => homes[Symbol.asyncDispose](),
  }
}

function refuseTraces(home: HomeUnderKill, { text }: Canary): void {
  const files = filesWith(home.path, text)
  if (files.length > 0) throw new Error(`${text} is in ${files.join(' ')}`)
}
