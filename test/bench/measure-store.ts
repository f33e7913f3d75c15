import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatDidKey } from '../../protocol/identity/did-key.ts'
import { STORE_LIMITS } from '../../local-daemon/store/limits.ts'
import { openStore, type Store } from '../../local-daemon/store/open-store.ts'
import { syncJson } from '../../local-daemon/store/stored-record.ts'
import { spread, type Spread } from './statistics.ts'

export interface StoreResult {
  readonly records: number
  /** Bytes of the closed file ÷ bytes of the canonical texts in it. */
  readonly bytesOfCanonical: number
  readonly bytesPerRecord: number
  /** Records per second out of the store as the texts of the changes feed, in pages; nothing is sent. */
  readonly changesPerSecond: Spread
}

const RECORDS = 40_000
const THREADS = 200
const ACTORS = 10
/** Bytes of a canonical text, as of the figures of 2026-11-30. */
const CANONICAL_BYTES = 333

/** A store of its own on the disk, filled by appends as any other; then it is read from the first record to the last. */
export async function measureStore(rounds: number): Promise<StoreResult> {
  const directory = mkdtempSync(join(tmpdir(), 'spl-bench-store-'))
  const path = join(directory, 'hub.db')
  try {
    const origin = anOrigin()
    const store = openStore({ path, origin })
    const canonical = await fill(store)
    store.close()
    const bytes = statSync(path).size
    const again = openStore({ path, origin })
    const rates = Array.from({ length: Math.max(3, rounds) }, () => readRate(again))
    again.close()
    return {
      records: RECORDS,
      bytesOfCanonical: bytes / canonical,
      bytesPerRecord: bytes / RECORDS,
      changesPerSecond: spread(rates),
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

function anOrigin() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { x = '' } = publicKey.export({ format: 'jwk' })
  const did = formatDidKey(new Uint8Array(Buffer.from(x, 'base64url')))
  const signNow = (bytes: Uint8Array) => sign(null, bytes, privateKey)
  return { did, sign: signNow, key: privateKey }
}
