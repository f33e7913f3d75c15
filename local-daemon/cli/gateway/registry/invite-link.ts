import { parseCode } from '../../../../protocol/identity/signed-code.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT_CODE } from '../../exit-code.ts'

export interface InviteLink {
  /** Origin of the gateway; undefined for the code alone. */
  readonly url: URL | undefined
  /** `spg_…` */
  readonly code: string
}

/**
 * `https://spl.example.com/#spg_…`: the gateway and the code. The code stands in the fragment, which a browser that
 * opens it by mistake sends to nobody (RFC 9110, section 7.1).
 */
export function inviteLink(origin: URL, code: string): string {
  return `${origin.origin}/#${code}`
}

/** Reads a link, or a code alone. @throws CliError INVITE_INVALID before anything is sent anywhere */
export function readInviteLink(text: string): InviteLink {
  const hash = text.indexOf('#')
  const code = text.slice(hash + 1)
  const url = hash === -1 ? undefined : URL.parse(text.slice(0, hash))
  const isOrigin = url === undefined || (url !== null && url.href === `${url.origin}/`)
  if (isOrigin && parseCode(code)?.kind === 'gateway') return { url, code }
  throw new CliError(
    'INVITE_INVALID',
    'that is not an invite to a gateway: an invite looks like https://<gateway>/#spg_…; copy all of it',
    "ask the gateway's admin for one: spl gateway invite",
    EXIT_CODE.usage,
  )
}
