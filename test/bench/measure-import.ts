import { generateKeyPairSync, hash, sign, verify } from 'node:crypto'
import { Agent, request } from 'node:http'
import { formatDidKey } from '../../protocol/identity/did-key.ts'
import { recordPreimage } from '../../protocol/records/record-id.ts'
import { rawSqliteRate } from './raw-sqlite.ts'
import type { Stage } from './stage.ts'
import { median, percentile, type Spread, spread, spreadOfPairs } from './statistics.ts'

export interface ImportResult {
  /** Records per second: signed elsewhere, and drafts that the daemon signs. */
  readonly signedPerSecond: number
  readonly draftsPerSecond: number
  /** Signatures per second that the thread pool verifies by itself, on all cores. */
  readonly verifyPerSecond: number
  readonly rawSqlitePerSecond: number
  /** 99th percentile of a single append, milliseconds. */
  readonly singleP99Ms: number
  readonly singleDuringP99Ms: number
  readonly signedOfVerify: Spread
  readonly draftsOfRawSqlite: Spread
  readonly singleP99During: Spread
}

const RECORDS = 20_000
/** Verifications under way at once: enough for any number of cores. */
const VERIFYING = 128
/** Records in one transaction of a bulk append. */
const BATCH = 128

/** Bulk appends over one connection on loopback, in turns with what they are compared with. */
export async function measureImport(
  stage: Stage,
  rounds: number,
  seconds: number,
): Promise<ImportResult> {
  const results = {
    signed: [] as number[],
    verify: [] as number[],
    drafts: [] as number[],
    raw: [] as number[],
    alone: [] as number[],
    during: [] as number[],
  }
  for (let round = 0; round < rounds; round += 1) {
    const signed = signedLines(`th_import_${round}`)
    results.verify.push(await verifyRate(signed))
    results.signed.push(await importRate(stage, signed.lines))
    results.drafts.push(await importRate(stage, draftLines(`th_drafts_${round}`)))
    results.raw.push(rawSqliteRate(stage.directory, 100 + round, Math.min(seconds, 1), BATCH))
    results.alone.push(await singleP99(stage, seconds))
    const busy = signedLines(`th_busy_${round}`)
    const [, p99] = await Promise.all([
      importRate(stage, busy.lines),
      singleP99(stage, Math.min(seconds, 1)),
    ])
    results.during.push(p99)
  }
  return {
    signedPerSecond: median(results.signed),
    draftsPerSecond: median(results.drafts),
    verifyPerSecond: median(results.verify),
    rawSqlitePerSecond: median(results.raw),
    singleP99Ms: median(results.alone),
    singleDuringP99Ms: median(results.during),
    signedOfVerify: spreadOfPairs(results.signed, results.verify),
    draftsOfRawSqlite: spreadOfPairs(results.drafts, results.raw),
    singleP99During: spread([median(results.during) / median(results.alone)]),
  }
}

interface SignedLines {
  readonly lines: Buffer
  readonly verifyOne: (n: number, done: () => void) => void
}

function recordOf(thread: string, clock: number) {
  return {
    parents: [],
    thread,
    actor: 'did:sync:user:bench',
    act: 'DO' as const,
    body: { n: clock, text: 'x'.repeat(150) },
    clock,
    data_type: 'SCALAR' as const,
    judged_by: null,
  }
}

function signedLines(thread: string): SignedLines {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { x = '' } = publicKey.export({ format: 'jwk' })
  const origin = formatDidKey(new Uint8Array(Buffer.from(x, 'base64url')))
  const signed = Array.from({ length: RECORDS }, (_, clock) => {
    const record = recordOf(thread, clock)
    const text = recordPreimage(record)
    const preimage = Buffer.from(text)
    const sig = sign(null, preimage, privateKey)
    const line = { id: hash('sha256', text), record, origin, sig: sig.toString('base64url') }
    return { preimage, sig, line: `${JSON.stringify(line)}\n` }
  })
  return {
    lines: Buffer.from(signed.map(({ line }) => line).join('')),
    verifyOne(n, done) {
      const { preimage, sig } = signed[n % RECORDS] as (typeof signed)[number]
      verify(null, preimage, publicKey, sig, done)
    },
  }
}

function draftLines(thread: string): Buffer {
  // As the account itself: each record of an admin as somebody else has a second one in the audit.
  const lines = Array.from({ length: RECORDS }, (_, clock) =>
    JSON.stringify({ ...recordOf(thread, clock), actor: undefined }),
  )
  return Buffer.from(`${lines.join('\n')}\n`)
}

/** Per second, on the thread pool alone. */
async function verifyRate({ verifyOne }: SignedLines): Promise<number> {
  const startedAt = performance.now()
  let begun = 0
  await new Promise<void>((resolve) => {
    let open = 0
    const next = () => {
      if (begun === RECORDS) return open === 0 ? resolve() : undefined
      begun += 1
      open += 1
      verifyOne(begun, () => {
        open -= 1
        next()
      })
    }
    for (let n = 0; n < VERIFYING; n += 1) next()
  })
  return (RECORDS / (performance.now() - startedAt)) * 1000
}

/** Records per second from the first byte sent to the summary. Throws if not all are accepted. */
async function importRate({ directUrl, bearer }: Stage, lines: Buffer): Promise<number> {
  const startedAt = performance.now()
  const last = await new Promise<string>((resolve, reject) => {
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/x-ndjson' }
    const sending = request(`${directUrl}/v1/records`, { method: 'POST', headers }, (answer) => {
      let tail = ''
      answer.setEncoding('utf8')
      answer.on('data', (text: string) => (tail = (tail + text).slice(-400)))
      answer.on('end', () => resolve(tail.trim().split('\n').at(-1) ?? ''))
      answer.on('error', reject)
    })
    sending.on('error', reject)
    sending.end(lines)
  })
  const perSecond = (RECORDS / (performance.now() - startedAt)) * 1000
  const { accepted } = JSON.parse(last) as { readonly accepted?: number }
  if (accepted !== RECORDS) throw new Error(`import records: ${last}`)
  return perSecond
}

/** Milliseconds, of one writer that waits for each answer. */
async function singleP99({ directUrl, bearer }: Stage, seconds: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const times: number[] = []
  const until = performance.now() + seconds * 1000
  while (performance.now() < until) {
    const startedAt = performance.now()
    await appendOne(agent, directUrl, bearer)
    times.push(performance.now() - startedAt)
  }
  agent.destroy()
  return percentile(times, 0.99)
}

function appendOne(agent: Agent, url: string, bearer: string): Promise<void> {
  const body = JSON.stringify({ thread: 'th_single', act: 'DO', body: { text: 'tea' } })
  const headers = {
    authorization: `Bearer ${bearer}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  }
  return new Promise((resolve, reject) => {
    const sending = request(`${url}/v1/records`, { method: 'POST', headers, agent }, (answer) => {
      answer.resume()
      answer.on('end', () =>
        answer.statusCode === 201 ? resolve() : reject(new Error(`append: ${answer.statusCode}`)),
      )
    })
    sending.on('error', reject)
    sending.end(body)
  })
}
