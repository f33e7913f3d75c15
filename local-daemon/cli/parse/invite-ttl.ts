import { InvalidArgumentError } from 'commander'
import { LIMITS } from '../../../protocol/limits.ts'
import { parseDuration } from './duration.ts'

/** How long an invite to a gateway is valid, in seconds; at most as long as a gateway accepts. */
export function parseInviteTtl(text: string): number {
  const seconds = parseDuration(text)
  if (seconds <= LIMITS.gatewayInviteSeconds) return seconds
  throw new InvalidArgumentError(
    `An invite is valid for at most ${LIMITS.gatewayInviteSeconds / 86_400}d.`,
  )
}
