import { createHash } from 'node:crypto'
import { encodeBase64Url } from '../../../protocol/encoding/base64url.ts'
import {
  headerLine,
  partLine,
  partText,
  type ExportHeader,
} from '../../../protocol/records/export-lines.ts'
import { recordId, recordPreimage } from '../../../protocol/records/record-id.ts'
import { parseRecord } from '../../../protocol/records/record.ts'
import { anIdentity, type TestIdentity } from '../test-identity.ts'

/** What an export is made of, so that a test can spoil it before it becomes a file. */
export interface ExportShape {
  /** Whose key signs the parts; the header names `exporter`, by default the same. */
  readonly signer?: TestIdentity
  readonly exporter?: TestIdentity
  readonly query?: ExportHeader['query']
  /** Records of each part. */
  readonly parts?: readonly number[]
  /** The place before the first record. */
  readonly from?: number
}

/** The signed line of a record, by an origin of its own or a given one. */
export async function aRecordLine(n: number, origin = anIdentity()): Promise<string> {
  const record = parseRecord({
    thread: `th_${n % 3}`,
    actor: 'did:sync:user:ada',
    act: 'DO',
    body: { n, text: 'the kettle is on' },
    clock: n,
  })
  const preimage = recordPreimage(record)
  const sig = encodeBase64Url(origin.sign(Buffer.from(preimage)))
  const id = await recordId(preimage)
  return `${JSON.stringify({ id, namespace: 'default', record, origin: origin.did, sig })}\n`
}

/** The lines of an export, each with its line feed. */
export async function anExport(shape: ExportShape = {}): Promise<string[]> {
  const { signer = anIdentity(), query = {}, parts = [2, 3, 1], from = 0 } = shape
  const header: ExportHeader = {
    exporter: (shape.exporter ?? signer).did,
    query,
    since: cursorAt(from),
  }
  const lines = [headerLine(header)]
  let seq = from
  for (const [index, count] of parts.entries()) {
    const records: string[] = []
    for (let n = 0; n < count; n += 1) records.push(await aRecordLine(seq + n, signer))
    const part = {
      created_at: 1_764_491_841,
      since: cursorAt(seq),
      next_cursor: cursorAt(seq + count),
      records: count,
      sha256: createHash('sha256').update(records.join('')).digest('hex'),
      has_more: index < parts.length - 1,
    }
    seq += count
    const sig = encodeBase64Url(signer.sign(Buffer.from(partText(header, part))))
    lines.push(...records, partLine(part, sig))
  }
  return lines
}

function cursorAt(seq: number): string {
  return `d03f54e6da8cf790:${seq}:${String(seq).padStart(12, '0')}`
}
