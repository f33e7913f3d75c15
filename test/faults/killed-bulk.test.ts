import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { loadIdentity } from '../../local-daemon/access/identity/identity.ts'
import { homeAt } from '../../local-daemon/home/home.ts'
import { openStore } from '../../local-daemon/store/open-store.ts'
import { aDraft, aHome } from '../support/daemon/a-daemon.ts'
import { foreignHome } from '../support/bulk/signed-lines.ts'
import { seededRandom } from '../support/random.ts'

/** How often the daemon is killed; each round has a seed of its own, `SPL_SEED` and its number. */
const ROUNDS = Number(process.env['SPL_BULK_KILLS'] ?? 12)
const SEED = process.env['SPL_SEED'] ?? 'bulk'
const LINES = 3_000
const PROCESS = fileURLToPath(new URL('bulk-daemon.ts', import.meta.url))

interface Started {
  readonly child: ChildProcess
  readonly port: number
  readonly bearer: string | undefined
}

async function started(home: string): Promise<Started> {
  const child = spawn(process.execPath, [PROCESS, home], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [text] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, ...(JSON.parse(text.toString()) as Omit<Started, 'child'>) }
}

interface Told {
  readonly line: number
  readonly outcome?: string
  readonly id?: string
  readonly object?: string
}

/** Sends lines; `onOutcome` hears how many outcomes there are. Resolves with those that came whole. */
function send(
  { port }: Started,
  bearer: string,
  lines: readonly string[],
  onOutcome: (count: number) => void = () => {},
): Promise<readonly Told[]> {
  const told: Told[] = []
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/x-ndjson' }
    const sending = request({ port, path: '/v1/records', method: 'POST', headers }, (answer) => {
      answer.on('error', () => {})
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (more: string) => {
        text += more
        // A last line that was cut is no outcome.
        const whole = text.lastIndexOf('\n') + 1
        for (const line of text.slice(0, whole).split('\n').slice(0, -1)) {
          told.push(JSON.parse(line) as Told)
          onOutcome(told.length)
        }
        text = text.slice(whole)
      })
      answer.on('close', () => resolve(told))
    })
    sending.on('error', () => resolve(told))
    sending.end(lines.join(''))
  })
}

test(
  `a daemon that is killed ${ROUNDS} times in a bulk append keeps all it told, and takes the rest again`,
  { timeout: 30_000 + ROUNDS * 10_000 },
  async () => {
    using home = aHome()
    const foreign = foreignHome()
    const expected = new Map<string, string>()
    let bearer = ''
    for (let round = 0; round < ROUNDS; round += 1) {
      const random = seededRandom(`${SEED} ${round}`)
      const thread = `th_round_${round}`
      const lines = Array.from({ length: LINES }, (_, clock) => {
        const draft = aDraft({ thread, clock, body: { round, text: 'x'.repeat(clock % 700) } })
        return `${JSON.stringify(clock % 3 === 0 ? draft : foreign.sign(draft))}\n`
      })
      const daemon = await started(home.path)
      bearer = daemon.bearer ?? bearer
      const gone = once(daemon.child, 'exit')
      const [after, delayMs] = [random.whole(1, LINES - 500), random.whole(0, 20)]
      const told = await send(daemon, bearer, lines, (count) => {
        if (count === after) setTimeout(() => daemon.child.kill('SIGKILL'), delayMs)
      })
      if (daemon.child.exitCode === null) daemon.child.kill('SIGKILL')
      await gone
      const kept = told.filter(({ outcome }) => outcome !== undefined)
      expect(kept.length, `round ${round}`).toBeGreaterThanOrEqual(after)
      expect(kept.every(({ outcome }) => outcome === 'accepted')).toBe(true)
      for (const { id = '' } of kept) expected.set(id, thread)

      // What was told is there; of the rest each line is new or there, and none is refused.
      const again = await started(home.path)
      const rest = await send(again, bearer, lines)
      expect(rest.at(-1)).toMatchObject({ object: 'bulk_summary', lines: LINES, rejected: 0 })
      const outcomes = rest.filter(({ outcome }) => outcome !== undefined)
      const repeated = outcomes.slice(0, kept.length)
      expect(repeated.map(({ outcome, id }) => [outcome, id])).toEqual(
        kept.map(({ id }) => ['duplicate', id]),
      )
      for (const { id = '' } of outcomes) expected.set(id, thread)
      const ended = once(again.child, 'exit')
      again.child.kill('SIGKILL')
      await ended
    }

    const path = join(home.path, 'hub.db')
    const store = openStore({ path, origin: loadIdentity(homeAt(home.path)) })
    for (const [id, thread] of expected) expect(store.record(id)?.thread).toBe(thread)
    for (let round = 0; round < ROUNDS; round += 1) {
      expect(store.thread(`th_round_${round}`)?.records).toBe(LINES)
    }
    store.close()
    const database = new Database(path)
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
    database.close()
  },
)
