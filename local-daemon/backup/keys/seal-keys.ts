import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { armor } from 'age-encryption'
import { identityAt } from '../../access/identity/identity.ts'
import { readSuccessions } from '../../access/identity/succession.ts'
import type { Home } from '../../home/home.ts'
import { refuseOthers } from '../../home/prepare-home.ts'
import { StartError } from '../../problem/start-error.ts'
import { seal } from '../seal/seal.ts'

/** What of `keys/` cannot be made again: the identity, what it replaced, and kept keys of those. */
export const KEY_FILE = /^(?:instance\.key|successions\.json|instance\.key\.[\w-]{8}\.old)$/u

/** What a file of keys holds, before it is encrypted. */
export interface KeysText {
  readonly object: 'spl_keys'
  readonly version: 1
  readonly did: string
  /** ISO 8601. */
  readonly made_at: string
  /** The files of `keys/`, by name. */
  readonly files: Readonly<Record<string, string>>
}

export interface SealedKeys {
  readonly did: string
  readonly files: readonly string[]
  /** ASCII, as `age --armor` writes it. */
  readonly text: string
}

/**
 * The keys of a home, encrypted with a passphrase as `age -p` does (scrypt, work factor 18). It needs a second and 256 MiB.
 *
 * @throws StartError HOME_NOT_OURS, KEY_MISSING, KEY_UNREADABLE, SUCCESSION_INVALID
 */
export async function sealKeys(home: Home, passphrase: string, now: Date): Promise<SealedKeys> {
  refuseOthers(home.root)
  if (!existsSync(home.instanceKey)) {
    throw new StartError(
      'KEY_MISSING',
      `There is no identity in ${home.root} that could be backed up`,
      'spl serve --daemon makes one; --home names another home',
    )
  }
  const { did } = identityAt(home.instanceKey)
  // What cannot be read must not be found out when it is needed.
  readSuccessions(home, did)
  const names = readdirSync(home.keys).filter((name) => KEY_FILE.test(name))
  const files = Object.fromEntries(
    names.toSorted().map((name) => [name, readFileSync(join(home.keys, name), 'utf8')]),
  )
  const keys: KeysText = { object: 'spl_keys', version: 1, did, made_at: now.toISOString(), files }
  const plain = Readable.from([Buffer.from(JSON.stringify(keys))])
  const sealed = await buffer(await seal(plain, { passphrase }))
  return { did, files: Object.keys(files), text: armor.encode(sealed).trimEnd() }
}
