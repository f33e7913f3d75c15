import { createPublicKey, verify } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { parseDidKey } from '../../../protocol/identity/did-key.ts'
import type { Home } from '../../home/home.ts'
import { StartError } from '../../problem/start-error.ts'
import { flushDirectory, type Identity } from './identity.ts'

const Statement = z.object({ from: z.string(), to: z.string(), signature: z.string() })
const Statements = z.array(Statement)

/** A statement that one identity replaces another, signed by the other: base64url of 64 bytes. */
export type Succession = Readonly<z.infer<typeof Statement>>

/** More than anybody rotates; a longer file is not ours. */
const LONGEST_LINEAGE = 1000

export function stateSuccession(from: Identity, to: string): Succession {
  const signature = from.sign(successionBytes(from.did, to))
  return { from: from.did, to, signature: Buffer.from(signature).toString('base64url') }
}

/**
 * The history of the identity `did`, the newest step first. Statements about other identities have no effect, so one can be written before its
 * key is in place and takes effect with it.
 *
 * @throws StartError SUCCESSION_INVALID if the file is damaged or a signature is not that of the predecessor
 */
export function readSuccessions(home: Home, did: string): readonly Succession[] {
  const path = successionFile(home)
  const statements = statementsIn(path)
  const steps: Succession[] = []
  let current = did
  while (steps.length < LONGEST_LINEAGE) {
    const step = statements.findLast(({ to }) => to === current)
    if (step === undefined) return steps
    if (!isSigned(step)) throw invalid(path, `${step.from} has not signed that ${step.to} follows`)
    steps.push(step)
    current = step.from
  }
  throw invalid(path, 'the identities follow each other in a circle')
}

/** Adds a statement by writing another file and renaming it: a crash leaves the file with it or without it. */
export function addSuccession(home: Home, step: Succession): void {
  const path = successionFile(home)
  const text = `${JSON.stringify([...statementsIn(path), step], undefined, 2)}\n`
  const temporary = `${path}.new`
  const file = openSync(temporary, 'w', 0o600)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, path)
  flushDirectory(home.keys)
}

function successionFile(home: Home): string {
  return join(home.keys, 'successions.json')
}

function statementsIn(path: string): readonly Succession[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    // The file itself is fine.
    if (code === 'EMFILE' || code === 'ENFILE') throw error
    throw invalid(path, message)
  }
  try {
    return Statements.parse(JSON.parse(text))
  } catch {
    throw invalid(path, 'it is not what spl wrote')
  }
}

/** The signed text. It is no record, bearer or proof, so a signature of one kind is invalid as another. */
function successionBytes(from: string, to: string): Uint8Array {
  return Buffer.from(`spl-succession.1\n${from}\n${to}\n`)
}

function isSigned({ from, to, signature }: Succession): boolean {
  try {
    const x = Buffer.from(parseDidKey(from)).toString('base64url')
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    return verify(null, successionBytes(from, to), key, Buffer.from(signature, 'base64url'))
  } catch {
    return false
  }
}

function invalid(path: string, reason: string): StartError {
  return new StartError(
    'SUCCESSION_INVALID',
    `Read ${path}: ${reason}`,
    'Put back your copy of that file. It tells which earlier identities were yours.',
  )
}
