import { generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto'
import { formatDidKey } from '../../../protocol/identity/did-key.ts'
import { recordPreimage } from '../../../protocol/records/record-id.ts'
import { exportJson } from '../../../local-daemon/store/stored-record.ts'

/** Records that another home has signed, and what a bulk append of them sends: lines as an export has them. */
export interface SignedLines {
  readonly lines: Buffer
  readonly preimages: readonly string[]
  readonly ids: readonly string[]
  readonly signatures: readonly Buffer[]
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
  /** 32 bytes. */
  readonly rawKey: Uint8Array
}

export function signedLines(thread: string, count: number): SignedLines {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { x = '' } = publicKey.export({ format: 'jwk' })
  const rawKey = new Uint8Array(Buffer.from(x, 'base64url'))
  const origin = formatDidKey(rawKey)
  const records = Array.from({ length: count }, (_, clock) => {
    const { actor, ...record } = recordOf(thread, clock)
    const raw = recordPreimage({ actor, ...record })
    const sig = sign(null, Buffer.from(raw), privateKey)
    return { seq: 0, id: hash('sha256', raw), thread, actor, raw, judgedBy: null, origin, sig }
  })
  return {
    lines: Buffer.from(records.map((record) => `${exportJson(record, 'default')}\n`).join('')),
    preimages: records.map(({ raw }) => raw),
    ids: records.map(({ id }) => id),
    signatures: records.map(({ sig }) => sig),
    publicKey,
    privateKey,
    rawKey,
  }
}

/** As the account itself: each record of an admin as somebody else has a second one in the audit. */
export function draftLines(thread: string, count: number): Buffer {
  const lines = Array.from({ length: count }, (_, clock) =>
    JSON.stringify({ ...recordOf(thread, clock), actor: undefined }),
  )
  return Buffer.from(`${lines.join('\n')}\n`)
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
