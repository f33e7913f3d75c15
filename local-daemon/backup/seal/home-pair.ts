import { hash } from 'node:crypto'
import { bech32 } from '@scure/base'
import { identityToRecipient } from 'age-encryption'
import type { AgePair } from './age-keys.ts'

/** No record, token or proof begins like this, so nobody else ever gets this signature. */
const PURPOSE = 'spl-backup-notes.1\n'

/**
 * The pair of age that a home has of itself: it follows from its identity key (Ed25519 signatures are deterministic, RFC 8032), so
 * it needs no file and no backup. It opens the notes beside the daemon's own backups in a bucket, and no backup.
 */
export async function homePair(sign: (bytes: Uint8Array) => Uint8Array): Promise<AgePair> {
  const seed = hash('sha256', sign(Buffer.from(PURPOSE)), 'buffer')
  const identity = bech32.encodeFromBytes('AGE-SECRET-KEY-', seed).toUpperCase()
  return { identity, recipient: await identityToRecipient(identity) }
}
