import { createPublicKey, verify } from 'node:crypto'
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { parseDidKey } from '../../../protocol/identity/did-key.ts'
import { type Ended, endedInAny, endedOf, NOTHING_ENDED } from '../../store/ended/ended.ts'
import { flushDirectory, type Identity } from '../identity/identity.ts'
import { ACCESS_LIMITS } from '../limits.ts'

/** What a home remembers, outside its store, of what has ended. */
export interface EndedList {
  readonly ended: Ended
  /**
   * `missing`: there is none. `damaged`: something in it is not what this home wrote, and the rest of it counts. An unfinished last line
   * is no damage: it is of a write that a kill or a full disk has cut, and nobody was told that it succeeded.
   */
  readonly state: 'whole' | 'missing' | 'damaged'
  /** Whether it ends as it should, and by the identity of now: then a line can be added. */
  readonly isTidy: boolean
  /** How many times something was added. */
  readonly lines: number
}

const Ids = z.array(z.string().max(128)).readonly()
const Line = z.strictObject({
  accounts: Ids,
  tokens: Ids,
  invites: Ids,
  records: Ids,
  /** Unix time, milliseconds. */
  at: z.int().nonnegative(),
  by: z.string(),
  /** base64url of 64 bytes. */
  sig: z.string(),
})
type Line = z.infer<typeof Line>

const NONE: EndedList = { ended: NOTHING_ENDED, state: 'missing', isTidy: false, lines: 0 }

/**
 * Reads the list. Each line is signed by itself, so a damaged one takes no other with it.
 *
 * @param identities the identity of the home, then those that it replaced
 * @throws the system's error, but none for a missing file
 */
export function readEndedList(path: string, identities: readonly string[]): EndedList {
  const size = statSync(path, { throwIfNoEntry: false })?.size
  if (size === undefined) return NONE
  // Nobody reads what can be as long as a disk.
  if (size > ACCESS_LIMITS.endedFileBytes) return { ...NONE, state: 'damaged' }
  const lines = readFileSync(path, 'utf8').split('\n')
  const unfinished = lines.pop() ?? ''
  const read = lines.map((text) => lineOf(text, identities))
  const sound = read.filter((line) => line !== undefined)
  const isWhole = sound.length === read.length
  return {
    ended: endedInAny(sound.map((line) => endedOf((kind) => line[kind]))),
    state: isWhole ? 'whole' : 'damaged',
    isTidy: isWhole && unfinished === '' && sound.every(({ by }) => by === identities[0]),
    lines: sound.length,
  }
}

/** Writes the whole list to another file and renames it: a kill leaves the old list or the new one. Flushed when it returns. */
export function writeEndedList(path: string, ended: Ended, identity: Identity): void {
  const kept = endedOf((kind) => [...ended[kind]].slice(-ACCESS_LIMITS.endedOfAKind))
  const temporary = `${path}.part`
  flushed(temporary, 'w', lineText(kept, identity))
  renameSync(temporary, path)
  flushDirectory(dirname(path))
}

/** Adds to the list. Flushed when it returns. */
export function addToEndedList(path: string, ended: Ended, identity: Identity): void {
  flushed(path, 'a', lineText(ended, identity))
}

/** Keeps a copy of a damaged list for its owner, and for `spl doctor`. Returns its path. */
export function setAsideDamaged(path: string): string {
  const kept = damagedList(path)
  copyFileSync(path, kept)
  return kept
}

/** Where the newest damaged list is kept. */
export function damagedList(path: string): string {
  return `${path}.damaged`
}

function flushed(path: string, flag: 'a' | 'w', text: string): void {
  const file = openSync(path, flag, 0o600)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function lineText(ended: Ended, identity: Identity): string {
  const line = {
    accounts: [...ended.accounts],
    tokens: [...ended.tokens],
    invites: [...ended.invites],
    records: [...ended.records],
    at: Date.now(),
    by: identity.did,
  }
  const sig = Buffer.from(identity.sign(signedBytes(line))).toString('base64url')
  return `${JSON.stringify({ ...line, sig })}\n`
}

/** It is no record, bearer or proof, so a signature of one kind is invalid as another. */
function signedBytes({ accounts, tokens, invites, records, at, by }: Omit<Line, 'sig'>): Buffer {
  return Buffer.from(`spl-ended.1\n${JSON.stringify([accounts, tokens, invites, records, at, by])}`)
}

function lineOf(text: string, identities: readonly string[]): Line | undefined {
  try {
    const line = Line.parse(JSON.parse(text))
    if (!identities.includes(line.by)) return undefined
    const x = Buffer.from(parseDidKey(line.by)).toString('base64url')
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    const isSigned = verify(null, signedBytes(line), key, Buffer.from(line.sig, 'base64url'))
    return isSigned ? line : undefined
  } catch {
    return undefined
  }
}
