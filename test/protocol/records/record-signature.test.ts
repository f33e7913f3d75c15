import { generateKeyPairSync, sign } from 'node:crypto'

import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { encodeBase64Url } from '../../../protocol/encoding/base64url.ts'
import { formatDidKey } from '../../../protocol/identity/did-key.ts'
import { recordId, recordPreimage } from '../../../protocol/records/record-id.ts'
import { signingBytes, verifyRecord } from '../../../protocol/records/record-signature.ts'
import { parseRecord } from '../../../protocol/records/record.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const origin = formatDidKey(
  new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)),
)
const record = parseRecord({
  thread: 'th_demo',
  actor: origin,
  act: 'KNOW',
  body: { text: 'The kettle is on.' },
  clock: 3,
})
const sig = encodeBase64Url(sign(null, signingBytes(record), privateKey))
const signed = recordPreimage(record)
const claim = { id: await recordId(signed), record, origin, sig }

test('a signed record is verified, and comes with the bytes that were signed', async () => {
  const verified = await verifyRecord(claim)
  expect(verified).toEqual({ kind: 'verified', ...claim, preimage: signed })
})

test('judged_by is outside of id and signature, so the judge may be named later', async () => {
  const judged = { ...record, judged_by: 'a'.repeat(64) }
  expect(await verifyRecord({ ...claim, record: judged })).toMatchObject({
    kind: 'verified',
    id: claim.id,
    record: judged,
  })
})

test('one field of another record is enough to be refused', async () => {
  const changes = [
    { parents: ['a'.repeat(64)] },
    { thread: 'th_other' },
    { actor: 'did:sync:user:eve' },
    { act: 'LEARN' },
    { body: { text: 'The kettle is off.' } },
    { clock: 4 },
    { data_type: 'VOID' },
  ]
  for (const change of changes) {
    const forged = { ...record, ...change }
    expect(await verifyRecord({ ...claim, record: forged })).toMatchObject({ reason: 'ID' })
    const id = await recordId(recordPreimage(parseRecord(forged)))
    expect(await verifyRecord({ ...claim, id, record: forged })).toMatchObject({
      reason: 'SIGNATURE',
      code: 'INVALID_RECORD',
    })
  }
})

test('nothing that a peer may send makes the check throw, or pass', async () => {
  const anything = fc.anything({ withBigInt: true, withNullPrototype: true, withSparseArray: true })
  const part = fc.constantFrom('id', 'record', 'origin', 'sig')
  const field = fc.constantFrom(...Object.keys(record).filter((name) => name !== 'judged_by'))
  await fc.assert(
    fc.asyncProperty(part, field, anything, async (part, field, value) => {
      expect((await verifyRecord({ ...claim, [part]: value })).kind).toBe('fault')
      // By chance the value may be the signed one (`parents: []`); nothing else may pass.
      const result = await verifyRecord({ ...claim, record: { ...record, [field]: value } })
      const passed = result.kind === 'fault' ? signed : result.preimage
      expect(passed).toBe(signed)
    }),
    { numRuns: 1_000 },
  )
})
