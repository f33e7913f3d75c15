import type { SettingValues } from '../../settings/setting-definitions.ts'
import type { LocalOrigin } from '../../store/transactor.ts'
import { parseS3Address } from '../place/s3/s3-address.ts'
import type { S3Options } from '../place/s3/s3-client.ts'
import { readS3Credentials } from '../place/s3/s3-credentials.ts'
import { s3Place } from '../place/s3/s3-place.ts'
import { type SealedPlace, sealedPlace } from '../place/sealed-place.ts'
import { parseRecipient } from '../seal/age-keys.ts'
import { homePair } from '../seal/home-pair.ts'
import { SealError } from '../seal/seal-error.ts'

/** What a place off this machine is made of. */
export interface OffsiteWish {
  /** `s3://…` */
  readonly to: string
  readonly recipients: SettingValues['backup_recipients']
  /** Decrypts backups: only to read them. */
  readonly identities?: readonly string[]
  readonly signer: LocalOrigin
  readonly credentialsFile: string
  readonly signal?: AbortSignal
  /** See `S3Options`. */
  readonly uploadNote?: string
  readonly limits?: S3Options['limits']
}

/**
 * An S3 store, sealed: there is no way to one that is not.
 *
 * @throws S3Error S3_ADDRESS_INVALID, SealError AGE_RECIPIENT_INVALID
 */
export async function offsitePlace(wish: OffsiteWish): Promise<SealedPlace> {
  const {
    to,
    recipients,
    identities = [],
    signer,
    credentialsFile,
    signal,
    uploadNote,
    limits,
  } = wish
  const place = s3Place({
    address: parseS3Address(to),
    credentials: () => readS3Credentials(credentialsFile),
    signal,
    uploadNote,
    ...(limits && { limits }),
  })
  const home = await homePair((bytes) => signer.sign(bytes))
  return sealedPlace({ place, recipients: recipients.map(parseRecipient), home, identities })
}

/** @throws SealError AGE_RECIPIENT_MISSING */
export function requireRecipients(recipients: readonly string[]): void {
  if (recipients.length > 0) return
  throw new SealError(
    'AGE_RECIPIENT_MISSING',
    'No backup leaves this machine unencrypted, and backup_recipients is empty',
    'spl backup keygen -o key.txt makes a pair; then: spl config set backup_recipients <its age1…>',
  )
}
