import { UNTRUSTED } from '../../tunnel/dial/certificate-fault.ts'
import type { Check } from './check.ts'
import { failure } from './outcomes.ts'
import { probeOutside } from './outside/probe-outside.ts'
import { ownTicket } from './own-ticket.ts'
import type { PublicOrigin } from './public-origins.ts'
import type { Finding } from './finding.ts'
import type { Survey } from './survey.ts'
import { trustGateway } from './trust-gateway.ts'

/**
 * Looks from outside at an address that is to lead to the daemon of this home.
 *
 * @param bearer one that was named for this very look; without it tickets are shown, which are good once and for seconds
 * @param asked origins whose pages this is about; else the first of those that may call
 */
export async function probeOwn(
  { origin, ca, fault }: PublicOrigin,
  { home, running, daemon }: Survey,
  bearer: string | undefined,
  add: (finding: Finding) => void,
  asked: readonly string[] = [],
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
