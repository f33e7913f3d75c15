import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { formatDidKey, type DidKey } from '../../../protocol/identity/did-key.ts'
import type { Home } from '../../home/home.ts'
import { lineagePath } from '../../home/lineage-path.ts'
import { StartError } from '../../problem/start-error.ts'
import { rememberNothing } from '../../store/lineage/lineage.ts'
import { shellPath } from '../../problem/shell-word.ts'

/** The daemon's Ed25519 identity. */
export interface Identity {
  readonly did: DidKey
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** The 64-byte Ed25519 signature over the bytes. */
  sign(bytes: Uint8Array): Uint8Array
  /** A handle for threads of this process that sign many at once. */
  readonly key: KeyObject
}

/**
 * The identity of this home, made at the first start: PKCS8 PEM, mode 0600. Throws `StartError`:
 * `KEY_MODE_TOO_OPEN` if others may read the key, `KEY_UNREADABLE` if it is no Ed25519 key, `KEY_MISSING` if
 * there is a store but no key, because a new key would be a new identity for old records.
 * @param database the file of the store; null for one in memory
 */
export function loadIdentity(home: Home, database: string | null = home.database): Identity {
  const path = home.instanceKey
  const mode = modeOf(path)
  if (mode === undefined) {
    const size = database === null ? 0 : statSync(database, { throwIfNoEntry: false })?.size
    if (size) throw missing(path)
    rememberNoStore(home, database)
    writeNewKey(path)
  } else if ((mode & 0o077) !== 0) throw tooOpen(path, mode)
  return identityAt(path)
}

/**
 * Before the key, so that a first start that is interrupted leaves no identity whose store the next start misses. Also for
 * the home's own store, if this start uses another one.
 */
function rememberNoStore(home: Home, database: string | null): void {
  for (const path of new Set([home.database, database ?? home.database])) {
    if (!statSync(path, { throwIfNoEntry: false })?.size) rememberNothing(lineagePath(home, path))
  }
}

/** The identity whose key a file holds. Throws `StartError` `KEY_UNREADABLE`. */
export function identityAt(path: string): Identity {
  return identityOf(readKey(path))
}

function modeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mode
}

/** Written to another file, flushed, then linked: a crash leaves a whole key or none, and never replaces one. */
export function writeNewKey(path: string): void {
  const { privateKey } = generateKeyPairSync('ed25519')
  const temporary = `${path}.${process.pid}`
  const file = openSync(temporary, 'wx', 0o600)
  try {
    writeSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  linkSync(temporary, path)
  unlinkSync(temporary)
  flushDirectory(dirname(path))
}

/** Without it, a power cut may lose the name, though not the bytes. */
export function flushDirectory(path: string): void {
  const directory = openSync(path, 'r')
  fsyncSync(directory)
  closeSync(directory)
}

function readKey(path: string): KeyObject {
  try {
    const key = createPrivateKey(readFileSync(path))
    if (key.asymmetricKeyType === 'ed25519') return key
    throw new Error(`it holds a key of type ${key.asymmetricKeyType}`)
  } catch (error) {
    // The key itself is fine.
    if (/^E[MN]FILE$/.test(String((error as NodeJS.ErrnoException).code))) throw error
    throw new StartError(
      'KEY_UNREADABLE',
      `Read identity ${path}: ${(error as Error).message}`,
      'Put back your copy of keys/instance.key. A new key would be a new identity.',
      { cause: error },
    )
  }
}

function identityOf(privateKey: KeyObject): Identity {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' })
  const publicKey = new Uint8Array(Buffer.from(x ?? '', 'base64url'))
  return {
    did: formatDidKey(publicKey),
    publicKey,
    sign: (bytes) => sign(null, bytes, privateKey),
    key: privateKey,
  }
}

function missing(path: string): StartError {
  return new StartError(
    'KEY_MISSING',
    `There is a store, but not the identity ${path} that signed its records`,
    'Put back your copy of keys/instance.key. To start over, move hub.db away as well.',
  )
}

function tooOpen(path: string, mode: number): StartError {
  return new StartError(
    'KEY_MODE_TOO_OPEN',
    `${path} has mode ${(mode & 0o777).toString(8).padStart(4, '0')}: other users of this machine could read the identity`,
    `chmod 600 ${shellPath(path)}`,
  )
}
