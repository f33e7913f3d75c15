import { request } from 'node:http'
import { foreignHome } from '../../../support/bulk/signed-lines.ts'
import { aDraft } from '../../../support/daemon/a-daemon.ts'
import type { HomeUnderKill } from '../home-under-kill.ts'
import { AFTER } from '../kill.ts'
import { Renewed } from '../renewed.ts'
import type { Scene } from '../run-scene.ts'

const LINES = 2_500

interface Told {
  readonly outcome?: string
  readonly id?: string
  readonly object?: string
  readonly rejected?: number
}

/** A bulk append over HTTP: new records and signed ones in turns. */
export async function bulkScene(): Promise<Scene> {
  const homes = new Renewed()
  const foreign = foreignHome()
  let rounds = 0
  return {
    async round(kill, measured) {
      const home = await homes.next()
      rounds += 1
      const lines = Array.from({ length: LINES }, (_, clock) => {
        const body = { rounds, text: 'x'.repeat(clock % 700) }
        const draft = aDraft({ thread: `th_round_${rounds}`, clock, body })
        return `${JSON.stringify(clock % 3 === 0 ? draft : foreign.sign(draft))}\n`
      })
      await home.killDuring(kill, measured)
      const begun = performance.now()
      const told = outcomes(await sendLines(home, lines))
      const ms = performance.now() - begun
      const steps = await home.restart()
      if (told.some(({ outcome }) => outcome !== 'accepted'))
        throw new Error('a line was not accepted')
      home.told.push(...told.map(({ id = '' }) => id))
      // What was told is there; of the rest each line is new or there, and none is refused.
      const again = await sendLines(home, lines)
      const summary = again.at(-1)
      if (summary?.object !== 'bulk_summary' || summary.rejected !== 0)
        throw new Error(`sent again: ${JSON.stringify(summary)}`)
      const repeated = outcomes(again)
      for (const [n, { id }] of told.entries()) {
        const { id: now, outcome } = repeated[n] ?? {}
        if (now !== id || outcome !== 'duplicate') throw new Error(`line ${n}: ${id} became ${now}`)
      }
      home.told.push(...repeated.slice(told.length).map(({ id = '' }) => id))
      const records = await home.check()
      const here = records.filter(({ record }) => record.thread === `th_round_${rounds}`)
      if (here.length !== LINES) throw new Error(`${here.length} of ${LINES} lines`)
      const where =
        told.length === LINES ? AFTER : `after ${fifth(told.length / LINES)} of the lines`
      return { ms, steps, where }
    },
    [Symbol.asyncDispose]: () => homes[Symbol.asyncDispose](),
  }
}

/** A share in fifths, as words for the report. */
export function fifth(share: number): string {
  return `${Math.floor(Math.min(0.99, share) * 5) * 20}%`
}

function outcomes(told: readonly Told[]): readonly Told[] {
  return told.filter(({ outcome }) => outcome !== undefined)
}

/** Sends lines. Resolves with what was told, also by a daemon that died. */
function sendLines(home: HomeUnderKill, lines: readonly string[]): Promise<readonly Told[]> {
  const told: Told[] = []
  return new Promise((resolve) => {
    const headers = {
      authorization: `Bearer ${home.bearer}`,
      'content-type': 'application/x-ndjson',
    }
    const url = `${home.base}/v1/records`
    const sending = request(url, { method: 'POST', headers, agent: false }, (answer) => {
      answer.on('error', () => {})
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (more: string) => {
        text += more
        // A last line that was cut is no outcome.
        const whole = text.lastIndexOf('\n') + 1
        const cut = text.slice(0, whole).split('\n').slice(0, -1)
        told.push(...cut.map((line) => JSON.parse(line) as Told))
        text = text.slice(whole)
      })
      answer.on('close', () => resolve(told))
    })
    sending.on('error', () => resolve(told))
    sending.end(lines.join(''))
  })
}
