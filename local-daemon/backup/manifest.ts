import { z } from 'zod'
import { decodeBase64Url, encodeBase64Url } from '../../protocol/encoding/base64url.ts'
import { parseDidKey } from '../../protocol/identity/did-key.ts'
import { verifyEd25519 } from '../../protocol/identity/ed25519.ts'
import { canonicalJson } from '../../protocol/json/canonical-json.ts'
import { parseStrictJson } from '../../protocol/json/strict-json.ts'
import { isPlaceName } from './place/backup-place.ts'

/** Why a backup was made: asked for, by the schedule, or before the store got a new schema. */
export const BACKUP_REASONS = ['asked', 'scheduled', 'migration'] as const
export type BackupReason = (typeof BACKUP_REASONS)[number]

const HEX = /^[0-9a-f]{64}$/u
const count = z.int().nonnegative()

const Manifest = z.looseObject({
  object: z.literal('backup'),
  version: z.literal(1),
  /** Of the file in its place. */
  name: z.string().refine(isPlaceName),
  reason: z.enum(BACKUP_REASONS),
  /** Unix time, milliseconds. */
  made_at: count,
  /** Of the file: its size, and its SHA-256. */
  bytes: count,
  sha256: z.string().regex(HEX),
  /** Of the store at that moment. */
  epoch: z.string().regex(/^[0-9a-f]{16}$/u),
  records: count,
  /** The first digits of the id of the newest record. */
  head_id: z.string().regex(/^[0-9a-f]{16}$/u),
  schema: count,
  /** Who signed this, and the version that did. */
  instance_did: z.string(),
  spl: z.string(),
  sig: z.string(),
})

/** What a backup is, beside it in a file of its own, signed by the identity of the store. */
export type Manifest = Readonly<z.infer<typeof Manifest>>

/** The name of the file that has the manifest of a backup. */
export function manifestName(name: string): string {
  return `${name}.json`
}

/** Its signature is invalid for anything else: no record, token or proof begins like this. */
const PURPOSE = 'spl-backup.1\n'

/** Signs what is said of a backup; the result is the text of its file. */
export function signManifest(
  stated: Omit<Manifest, 'sig'>,
  sign: (bytes: Uint8Array) => Uint8Array,
): { readonly manifest: Manifest; readonly text: string } {
  const manifest = { ...stated, sig: encodeBase64Url(sign(signedBytes(stated))) } as Manifest
  return { manifest, text: `${JSON.stringify(manifest, undefined, 2)}\n` }
}

/** Why a manifest does not count, in words. */
export interface ManifestFault {
  readonly fault: string
  /** The identity of another home that it names, if that is the reason. */
  readonly stranger?: string
}

/** The manifest in a text, if one of the identities signed it, of which the first is the one of now. */
export async function readManifest(
  text: string,
  identities: readonly string[],
): Promise<Manifest | ManifestFault> {
  const parsed = Manifest.safeParse(parse(text))
  if (!parsed.success) return { fault: 'its manifest is damaged' }
  const { sig, ...stated } = parsed.data
  if (!identities.includes(stated.instance_did)) {
    const { instance_did: stranger } = stated
    return { fault: `it is of another home: ${stranger} signed its manifest`, stranger }
  }
  const signature = decodeBase64Url(sig)
  if (signature === undefined) return { fault: 'its manifest is damaged' }
  const key = parseDidKey(stated.instance_did)
  return (await verifyEd25519(key, signedBytes(stated), signature))
    ? parsed.data
    : { fault: 'its manifest is not what was signed' }
}

function signedBytes(stated: Omit<Manifest, 'sig'>): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(PURPOSE + canonicalJson(stated))
}

function parse(text: string): unknown {
  try {
    return parseStrictJson(text)
  } catch {
    return undefined
  }
}
