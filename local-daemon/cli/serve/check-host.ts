import { BlockList, isIP } from 'node:net'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'

/** The safe ways to be reached from elsewhere, in the words of the guide "Exposing the daemon securely". */
const SAFE_WAYS = `keep the daemon on 127.0.0.1 and choose a safe way:
  spl serve --daemon --gateway https://<hostname>   one outbound tunnel to your gateway, no open port
  Caddy:  <hostname> { reverse_proxy 127.0.0.1:9100 }   a TLS proxy in front of loopback`

/**
 * Lets loopback pass and refuses every other address, because behind it stands plain HTTP.
 *
 * @throws CliError HOST_WILDCARD, HOST_PUBLIC, HOST_PRIVATE or HOST_INVALID, exit code 2
 */
export function checkHost(host: string): void {
  if (host === 'localhost') return
  const version = isIP(host)
  if (version === 0) {
    throw refused(
      'HOST_INVALID',
      `--host takes an IP address or localhost, not ${JSON.stringify(host)}`,
    )
  }
  const family = version === 6 ? 'ipv6' : 'ipv4'
  if (LOOPBACK.check(host, family)) return
  if (WILDCARD.check(host, family)) {
    throw refused(
      'HOST_WILDCARD',
      `--host ${host} would offer plain HTTP on every network of this machine, the public one too`,
    )
  }
  if (PRIVATE.check(host, family)) {
    throw refused(
      'HOST_PRIVATE',
      `--host ${host} is not 127.0.0.1, ::1 or localhost, and this version listens there only`,
    )
  }
  throw refused('HOST_PUBLIC', `--host ${host} would offer plain HTTP on a public address`)
}

const LOOPBACK = blockList(['127.0.0.1/32', '::1/128'])
const WILDCARD = blockList(['0.0.0.0/32', '::/128'])
/** The rest of loopback, RFC 1918, link-local, unique local, and the shared space 100.64.0.0/10 that tailnets use. */
const PRIVATE = blockList([
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
  'fe80::/10',
])

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/')
    list.addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4')
  }
  return list
}

function refused(code: string, message: string): CliError {
  return new CliError(code, message, SAFE_WAYS, EXIT_CODE.usage)
}
