import { generateKeyPairSync, sign } from 'node:crypto'
import { request } from 'node:http'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatDidKey } from '../../protocol/identity/did-key.ts'
import { STORE_LIMITS } from '../../local-daemon/store/limits.ts'
import { openStore, type Store } from '../../local-daemon/store/open-store.ts'
import { syncJson } from '../../local-daemon/store/stored-record.ts'
import { postLines } from './import/post-lines.ts'
import type { Stage } from './stage.ts'
import { spread, type Spread, spreadOfPairs } from './statistics.ts'

export interface StoreResult {
  readonly records: number
  /** Bytes of the closed file ÷ bytes of the canonical texts in it. */
  readonly bytesOfCanonical: number
  readonly bytesPerRecord: number
  /** Records per second out of the store as the texts of the changes feed, in pages; nothing is sent. */
  readonly changesPerSecond: Spread
  /** The same records per second over HTTP at home, as NDJSON, to a client that reads and counts them. */
  readonly ndjsonPerSecond: Spread
  readonly ndjsonOfStore: Spread
}

const LINE_FEED = 0x0a
const RECORDS = 40_000
const THREADS = 200
const ACTORS = 10
/** Bytes of a canonical text, as of the figures of 2026-11-30. */
const CANONICAL_BYTES = 333

/** A store of its own on the disk, filled by appends as any other; then it is read from the first record to the last. */
export async function measureStore(stage: Stage, rounds: number): Promise<StoreResult> {
  const directory = mkdtempSync(join(tmpdir(), 'spl-bench-store-'))
  const path = join(directory, 'hub.db')
  try {
    const origin = anOrigin()
    const store = openStore({ path, origin })
    const canonical = await fill(store)
    store.close()
    const bytes = statSync(path).size
    const again = openStore({ path, origin })
    await postLines(stage, exportOf(again), RECORDS)
    const rates: number[] = []
    const overHttp: number[] = []
    for (let round = 0; round < Math.max(3, rounds); round += 1) {
      rates.push(readRate(again))
      overHttp.push(await ndjsonRate(stage))
    }
    again.close()
    return {
      records: RECORDS,
      bytesOfCanonical: bytes / canonical,
      bytesPerRecord: bytes / RECORDS,
      changesPerSecond: spread(rates),
      ndjsonPerSecond: spread(overHttp),
      ndjsonOfStore: spreadOfPairs(overHttp, rates),
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Returns the bytes of the canonical texts. */
async function fill(store: Store): Promise<number> {
  let bytes = 0
  for (let from = 0; from < RECORDS; from += STORE_LIMITS.commitRecords) {
    const appended = await Promise.all(
      Array.from({ length: STORE_LIMITS.commitRecords }, () => store.append(aDraft())),
    )
    for (const { record } of appended) bytes += record.raw.length
  }
  return bytes
}

function aDraft() {
  const thread = `th_${String(Math.floor(Math.random() * THREADS)).padStart(64, '0')}`
  const actor = `did:sync:agent:worker-${Math.floor(Math.random() * ACTORS)}`
  const other = `{"act":"DO","actor":"${actor}","body":{"text":""},"clock":100,"data_type":"SCALAR","parents":[],"thread":"${thread}"}`
  const text = 'tea '.repeat(100).slice(0, CANONICAL_BYTES - other.length)
  const fields = { thread, actor, act: 'DO', data_type: 'SCALAR' } as const
  return { ...fields, body: { text }, parents: [], judged_by: null }
}

function readRate(store: Store): number {
  const head = store.head()
  let [after, bytes] = [0, 0]
  const startedAt = performance.now()
  while (after < head) {
    const { records } = store.page({}, after, head, STORE_LIMITS.pageRecords)
    for (const record of records) bytes += syncJson(record).length
    after = records.at(-1)?.seq ?? head
  }
  if (bytes === 0) throw new Error('nothing was read')
  return (head / (performance.now() - startedAt)) * 1000
}

/** All of them as lines of an export. */
function exportOf(store: Store): Buffer {
  const lines: string[] = []
  for (let after = 0; after < store.head();) {
    const { records } = store.page({}, after, store.head(), STORE_LIMITS.pageRecords)
    for (const record of records) lines.push(`${syncJson(record)}\n`)
    after = records.at(-1)?.seq ?? store.head()
  }
  return Buffer.from(lines.join(''))
}

/** Records per second of the whole feed as NDJSON. */
async function ndjsonRate({ directUrl, bearer }: Stage): Promise<number> {
  const headers = { authorization: `Bearer ${bearer}`, accept: 'application/x-ndjson' }
  const startedAt = performance.now()
  const lines = await new Promise<number>((resolve, reject) => {
    const asking = request(`${directUrl}/v1/sync/changes`, { headers }, (answer) => {
      let count = 0
      answer.on('data', (chunk: Buffer) => {
        for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, at + 1)) {
          count += 1
        }
      })
      answer.on('end', () => resolve(count))
      answer.on('error', reject)
    })
    asking.on('error', reject)
    asking.end()
  })
  if (lines < RECORDS) throw new Error(`the feed has ${lines} lines`)
  return (lines / (performance.now() - startedAt)) * 1000
}

function anOrigin() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { x = '' } = publicKey.export({ format: 'jwk' })
  const did = formatDidKey(new Uint8Array(Buffer.from(x, 'base64url')))
  const signNow = (bytes: Uint8Array) => sign(null, bytes, privateKey)
  return { did, sign: signNow, key: privateKey }
}
