import { UNTRUSTED } from '../../tunnel/dial/certificate-fault.ts'
import type { Check } from './check.ts'
import { failure } from './outcomes.ts'
import { probeOutside } from './outside/probe-outside.ts'
import { ownTicket } from './own-ticket.ts'
import type { PublicOrigin } from './public-origins.ts'
import type { Finding } from './finding.ts'
import type { Survey } from './survey.ts'
import { trustGateway } from './trust-gateway.ts'

export interface OwnProbe {
  readonly seen: Survey
  /** One that was named for this look; without it tickets are shown, which are valid once and for seconds. */
  readonly bearer: string | undefined
  /** Origins whose pages this is about; without them, the first of those that may call. */
  readonly asked?: readonly string[]
  /** Is told each finding as soon as it is known. */
  readonly add: (finding: Finding) => void
}

/** Looks from outside at an address that should lead to the daemon of this home. */
export async function probeOwn(
  { origin, ca, fault }: PublicOrigin,
  { seen: { home, running, daemon }, bearer, asked = [], add }: OwnProbe,
): Promise<void> {
  const target = origin.origin
  if (fault !== undefined) {
    const next = 'restore the file, or: spl serve --restart --gateway-ca <file>'
    const message = `The certificate to trust for ${target} cannot be read: ${fault}`
    return add({ ...failure('reachable', message, next), target })
  }
  const isGateway = running?.gateway ? new URL(running.gateway).host === origin.host : false
  /** At home there is one command for it, where elsewhere it is a variable. */
  function ownFix(check: Check): Check {
    const { code, fault: why } = check.details ?? {}
    const isUntrusted = UNTRUSTED.has(String(code ?? why))
    return isGateway && isUntrusted ? { ...check, fix: trustGateway(home) } : check
  }
  const allowed = daemon?.settings.auth_cors_origins ?? []
  const [allowedOrigin] = [...asked, ...allowed]
  await probeOutside(
    {
      origin,
      ca,
      bearer,
      ticket: (path) => ownTicket(home, path),
      allowedOrigin,
      otherOrigins: allowed.filter((one) => one !== allowedOrigin).length,
      expectedDid: running?.instance_did,
      process: daemon?.health.process?.name,
    },
    (check) => add({ ...ownFix(check), target }),
  )
}
