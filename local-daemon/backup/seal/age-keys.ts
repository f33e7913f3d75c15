import { readFileSync, statSync } from 'node:fs'
import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { fileFault } from '../../problem/file-fault.ts'
import { SealError } from './seal-error.ts'

/** A pair of age: the recipient encrypts, the identity decrypts. */
export interface AgePair {
  /** `age1…`, public. */
  readonly recipient: string
  /** `AGE-SECRET-KEY-1…`, a secret. */
  readonly identity: string
}

/** A longer file holds no identities. */
const LONGEST_FILE = 64 * 1024
const WHERE = 'give the file that spl backup keygen or age-keygen wrote'

export async function makeAgePair(): Promise<AgePair> {
  const identity = await generateX25519Identity()
  return { identity, recipient: await identityToRecipient(identity) }
}

/** The file that `age-keygen` writes: the age command reads it too. */
export function identityFileText({ identity, recipient }: AgePair, now: Date): string {
  return `# created: ${now.toISOString()}\n# public key: ${recipient}\n${identity}\n`
}

/**
 * A recipient as it is written, checked with its checksum. Keys of ssh and plugins are not taken: what they encrypt, `spl restore`
 * could not read.
 *
 * @throws SealError AGE_RECIPIENT_INVALID
 */
export function parseRecipient(text: string): string {
  if (/^age1(?:pq1)?[a-z0-9]{50,3000}$/u.test(text)) {
    try {
      new Encrypter().addRecipient(text)
      return text
    } catch {
      // Its checksum is wrong.
    }
  }
  const isSecret = text.toUpperCase().startsWith('AGE-SECRET-KEY')
  throw new SealError(
    'AGE_RECIPIENT_INVALID',
    isSecret
      ? 'That is an age identity, which is a secret: a backup is encrypted to its recipient, age1…'
      : 'That is not an age recipient: age1…',
    'spl backup keygen makes a pair and prints the recipient; age-keygen -y <file> shows that of an identity',
  )
}

/**
 * The identities in a file, of which any may decrypt.
 *
 * @throws SealError AGE_IDENTITY_UNREADABLE
 */
export function readIdentities(path: string): readonly string[] {
  const lines = readText(path)
    .split(/\r?\n/u)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (
    lines.length > 0 &&
    lines.every((line) => /^AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]+$/u.test(line))
  ) {
    return lines
  }
  throw new SealError('AGE_IDENTITY_UNREADABLE', `${path} holds no age identity`, WHERE)
}

function readText(path: string): string {
  try {
    if (statSync(path).size <= LONGEST_FILE) return readFileSync(path, 'utf8')
  } catch (cause) {
    const why = fileFault(cause)
    throw new SealError('AGE_IDENTITY_UNREADABLE', `Read ${path}: ${why}`, WHERE, { cause })
  }
  throw new SealError('AGE_IDENTITY_UNREADABLE', `${path} holds no age identity`, WHERE)
}
