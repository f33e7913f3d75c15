import {
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import { armor } from 'age-encryption'
import { z } from 'zod'
import { flushDirectory, identityAt } from '../../access/identity/identity.ts'
import type { Home } from '../../home/home.ts'
import { prepareHome } from '../../home/prepare-home.ts'
import { takeSingleInstance } from '../../home/single-instance.ts'
import { fileFault } from '../../problem/file-fault.ts'
import { unseal } from '../seal/seal.ts'
import { KeysError } from './keys-error.ts'
import { KEY_FILE, type KeysText } from './seal-keys.ts'

/** Keys are some hundred bytes each. */
const LONGEST_FILE = 1024 * 1024

const Keys = z.object({
  object: z.literal('spl_keys'),
  version: z.literal(1),
  did: z.string(),
  made_at: z.string(),
  files: z.record(z.string().regex(KEY_FILE), z.string()),
})

export interface RestoredKeys {
  readonly did: string
  readonly made_at: string
  readonly files: readonly string[]
  /** Where the keys of before are; null if there were none, or the same. */
  readonly aside: string | null
}

/**
 * The keys in a file that `sealKeys` wrote.
 *
 * @throws KeysError KEYS_FILE_UNREADABLE, KEYS_FILE_INVALID; SealError PASSPHRASE_WRONG, AGE_FILE_DAMAGED, AGE_FILE_INVALID
 */
export async function openKeys(path: string, passphrase: string): Promise<KeysText> {
  const sealed = unarmored(path, readBytes(path))
  const plain = await unseal(Readable.from([sealed]), { passphrase })
  const text = await textOf(plain)
  const parsed = Keys.safeParse(jsonOf(text))
  if (parsed.success && parsed.data.files['instance.key'] !== undefined) return parsed.data
  throw notKeys(path)
}

/**
 * Puts keys into a home, while no daemon runs in it. Keys of another identity are refused, or with `force` copied aside first. A kill
 * leaves the identity of before or the new one.
 *
 * @throws KeysError IDENTITY_OTHER, KEYS_FILE_INVALID; StartError DAEMON_RUNNING and of `prepareHome`
 */
export function restoreKeys(home: Home, keys: KeysText, force: boolean): RestoredKeys {
  prepareHome(home)
  const instance = takeSingleInstance(home, 'spl identity restore')
  try {
    const before = existsSync(home.instanceKey) ? identityAt(home.instanceKey).did : undefined
    if (before !== undefined && before !== keys.did && !force) throw other(home, before, keys.did)
    const isOther = before !== undefined && before !== keys.did
    const fresh = writtenKeys(home, keys)
    const aside = isOther ? setAside(home, before) : null
    const names = Object.keys(keys.files).filter((name) => name !== 'instance.key')
    // Renaming the identity is the decisive step: what the others say of another one has no effect.
    for (const name of [...names, 'instance.key'])
      renameSync(join(fresh, name), join(home.keys, name))
    flushDirectory(home.keys)
    rmSync(fresh, { recursive: true })
    if (isOther) removeOthers(home, keys)
    return { did: keys.did, made_at: keys.made_at, files: Object.keys(keys.files), aside }
  } finally {
    instance.release()
  }
}

/** Copies all keys to a directory beside them, and returns its path. */
function setAside(home: Home, did: string): string {
  const aside = freeName(join(home.root, `keys.${did.slice(-8)}.old`))
  cpSync(home.keys, aside, { recursive: true, preserveTimestamps: true })
  chmodSync(aside, 0o700)
  flushDirectory(home.root)
  return aside
}

/** They are aside. */
function removeOthers(home: Home, { files }: KeysText): void {
  for (const name of readdirSync(home.keys)) {
    if (KEY_FILE.test(name) && files[name] === undefined) rmSync(join(home.keys, name))
  }
}

/** A directory beside `keys/` with the files, on the disk, whose key is that of the identity named. */
function writtenKeys(home: Home, { did, files }: KeysText): string {
  const directory = mkdtempSync(`${home.keys}.new-`)
  try {
    for (const [name, text] of Object.entries(files)) {
      const file = openSync(join(directory, name), 'wx', 0o600)
      try {
        writeSync(file, text)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
    }
    flushDirectory(directory)
    if (identityAt(join(directory, 'instance.key')).did === did) return directory
    throw notKeys(dirname(directory))
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    throw error
  }
}

function readBytes(path: string): Buffer {
  try {
    if (statSync(path).size <= LONGEST_FILE) return readFileSync(path)
  } catch (cause) {
    throw new KeysError(
      'KEYS_FILE_UNREADABLE',
      `Read ${path}: ${fileFault(cause)}`,
      'give the file that spl identity backup wrote',
      { cause },
    )
  }
  throw notKeys(path)
}

function unarmored(path: string, bytes: Buffer): Uint8Array {
  if (bytes.toString('latin1', 0, 5) !== '-----') return bytes
  try {
    return armor.decode(bytes.toString('latin1').trim())
  } catch {
    throw notKeys(path)
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function freeName(path: string): string {
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? path : `${path}.${n}`
    if (!existsSync(name)) return name
  }
}

function notKeys(path: string): KeysError {
  return new KeysError(
    'KEYS_FILE_INVALID',
    `${path} is not a whole file of keys`,
    'give the file that spl identity backup wrote; copy it again if it was cut',
  )
}

function other(home: Home, before: string, did: string): KeysError {
  return new KeysError(
    'IDENTITY_OTHER',
    `${home.root} has the identity ${before}, and the file has ${did}; nothing was changed`,
    '--home names another home; --force sets the keys of this one aside',
  )
}
