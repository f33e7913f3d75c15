import { parseS3Address } from '../../backup/place/s3/s3-address.ts'

/**
 * `s3://bucket/prefix?…` as it is, checked whole.
 *
 * @throws S3Error S3_ADDRESS_INVALID, which does not repeat it: somebody may have put a secret in
 */
export function parsePlace(text: string): string {
  parseS3Address(text)
  return text
}

/** Whether a word of the command line is a place elsewhere, and no file. */
export function isPlace(text: string): boolean {
  return text.startsWith('s3://')
}
