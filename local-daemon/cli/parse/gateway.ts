import { InvalidArgumentError } from 'commander'
import { isLoopbackName } from '../../network/is-loopback-name.ts'

/**
 * The origin of a gateway that a daemon is to connect to. Bearers cross that connection: in the clear on this machine alone.
 *
 * @throws InvalidArgumentError
 */
export function parseGateway(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isOrigin = url !== undefined && url.href === `${url.origin}/`
  if (isOrigin && url.protocol === 'https:') return url.origin
  if (isOrigin && url.protocol === 'http:' && isLoopbackName(url.hostname)) return url.origin
  throw new InvalidArgumentError(
    'A gateway is an https origin such as https://spl.example.com (http on loopback only).',
  )
}
