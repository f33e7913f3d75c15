import { REGISTRY_CHALLENGE_PATH } from '../../../../protocol/identity/registry-request.ts'
import { CliError } from '../../cli-error.ts'
import { jsonClient } from '../../client/json-client.ts'
import type { Connection } from '../../client/connection.ts'
import { SILENCE_MS, type DaemonClient } from '../../client/daemon-client.ts'
import { noAnswer } from '../../client/no-answer.ts'
import type { OriginTarget } from '../../client/send-request.ts'
import { EXIT_CODE } from '../../exit-code.ts'

/**
 * The registry of a gateway, which is asked by signed requests, each over a challenge that it gives.
 *
 * @param sign the header fields of a request's signature over a challenge
 */
export function registryClient(
  target: OriginTarget,
  sign: NonNullable<Connection['signed']>['sign'],
): DaemonClient {
  const { origin } = target.origin
  return jsonClient({
    name: origin,
    namedBy: '--url',
    target,
    headers: {},
    signed: { challengePath: REGISTRY_CHALLENGE_PATH, sign },
    silenceMs: SILENCE_MS,
    unreachable: (cause) => {
      const { message, next } = noAnswer(target.origin, cause, '--ca <its file>')
      return new CliError(
        'GATEWAY_UNREACHABLE',
        message,
        next ?? 'check --url',
        EXIT_CODE.unreachable,
        { cause },
      )
    },
  })
}
