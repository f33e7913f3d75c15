import { InvalidArgumentError } from 'commander'
import { parseHostname } from './hostname.ts'

/** Whole, or its beginning: no hostname of a gateway is without a dot. */
const INVITE_ID = /^[0-9a-f]{8,64}$/u

export function isInviteId(text: string): boolean {
  return INVITE_ID.test(text)
}

/** A hostname of a gateway, in lower case, or the id of an invite. */
export function parseHostnameOrInvite(text: string): string {
  if (isInviteId(text)) return text
  try {
    return parseHostname(text)
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    throw new InvalidArgumentError(
      `${error.message} An invite has 8 to 64 digits: spl gateway list --invites.`,
    )
  }
}
