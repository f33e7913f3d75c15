import { verify } from 'node:crypto'
import type { Unproven } from '../../../protocol/records/record-signature.ts'
import { usableKey } from './usable-key.ts'

/** Verifies one signature on the thread pool of the runtime. Rejects only if that fails. */
export function verifySoon({ key, preimage, signature }: Unproven): boolean | Promise<boolean> {
  const publicKey = usableKey(key, signature)
  if (publicKey === undefined) return false
  return new Promise((resolve, reject) => {
    verify(null, Buffer.from(preimage), publicKey, signature, (error, holds) => {
      if (error === null) resolve(holds)
      else reject(error)
    })
  })
}
