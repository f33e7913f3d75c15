import { isLoopbackName } from '../../../network/is-loopback-name.ts'
import type { Check } from '../check.ts'
import { ask, type Outside, type OutsideAnswer } from './outside.ts'

/** Of a range for documentation: nobody has it. */
export const CLAIMED_ADDRESS = '203.0.113.66'

const CLAIMS = {
  'x-forwarded-for': CLAIMED_ADDRESS,
  'x-real-ip': CLAIMED_ADDRESS,
  forwarded: `for=${CLAIMED_ADDRESS}`,
  'true-client-ip': CLAIMED_ADDRESS,
}
/** Apart: Cloudflare refuses a request whose client sends it. */
const CLOUDFLARE_CLAIM = { 'cf-connecting-ip': CLAIMED_ADDRESS }

/** `GET /v1/connection`. */
export interface SeenConnection {
  readonly via: string
  readonly client_address: string | null
  readonly host: string | null
  readonly scheme: string | null
  readonly forwarded: readonly string[]
  readonly peer_trusted: boolean | null
}

/** Whether the daemon knows who calls, whether a client can lie about it, and whether it is called by its public name. */
export async function probeClientAddress(outside: Outside): Promise<Check[]> {
  const plain = connectionIn(await ask(outside, { path: '/v1/connection' }))
  if (plain === undefined) {
    const message = 'The daemon does not tell how it sees a request: is the bearer token valid?'
    return ['client-address', 'spoofed-address', 'host'].map((name) => ({
      name,
      status: 'skip',
      message,
    }))
  }
  const claimed =
    (await claiming(outside, { ...CLAIMS, ...CLOUDFLARE_CLAIM })) ??
    (await claiming(outside, CLAIMS))
  return [
    directCheck(outside.origin, plain) ?? judgeClientAddress(plain, claimed),
    judgeSpoofing(plain, claimed),
    judgeHost(outside.origin, plain),
  ]
}

/** On this machine and without a forwarding header there is no proxy whose client could be somebody else. */
function directCheck(origin: URL, { via, forwarded }: SeenConnection): Check | undefined {
  if (origin.protocol !== 'http:' || !isLoopbackName(origin.hostname)) return undefined
  if (via !== 'loopback' || forwarded.length > 0) return undefined
  return { name: 'client-address', status: 'skip', message: `${origin.origin} is this machine` }
}

async function claiming(
  outside: Outside,
  headers: Readonly<Record<string, string>>,
): Promise<SeenConnection | undefined> {
  return connectionIn(await ask(outside, { path: '/v1/connection', headers }))
}

function connectionIn({ status, json }: OutsideAnswer): SeenConnection | undefined {
  return status === 200 && json.object === 'connection'
    ? (json as unknown as SeenConnection)
    : undefined
}

export function judgeClientAddress(
  plain: SeenConnection,
  claimed: SeenConnection | undefined,
): Check {
  const name = 'client-address'
  const { via, client_address, peer_trusted } = plain
  const details = { via, client_address, peer_trusted, forwarded: plain.forwarded }
  if (via === 'network' && plain.forwarded.length > 0) {
    return {
      name,
      status: 'warn',
      message: `The daemon takes the proxy, ${client_address}, for the client, because it does not trust the proxy`,
      fix: `spl config set trusted_proxies ${client_address} (a list: repeat the addresses that are already in it)`,
      details,
    }
  }
  if (client_address !== null) {
    const message = `The daemon knows the client’s address: ${client_address}`
    return { name, status: 'pass', message, details }
  }
  if (via === 'tunnel') {
    const message =
      'The gateway does not learn the addresses of clients and applies its limits without them; a proxy in front can send them: spl gateway serve --client-address-header'
    return { name, status: 'skip', message, details }
  }
  if (peer_trusted === false) {
    return {
      name,
      status: 'warn',
      message:
        'The daemon does not know the addresses of clients, because it does not trust the proxy',
      fix: 'spl config set trusted_proxies 127.0.0.1 (or the address by which the daemon sees the proxy), once the check spoofed-address passes',
      details,
    }
  }
  if (via === 'loopback') {
    return {
      name,
      status: 'fail',
      message: 'The daemon treats forwarded requests as requests from this machine',
      fix: 'Let the proxy send X-Forwarded-For and keep the Host header (nginx: proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header Host $http_host;).',
      details,
    }
  }
  return {
    name,
    status: 'warn',
    message:
      claimed?.client_address === CLAIMED_ADDRESS
        ? 'The proxy does not send the client’s address by itself'
        : 'The proxy sends no client address that the daemon uses',
    fix: 'Let the proxy set X-Forwarded-For to the client’s address (nginx: proxy_set_header X-Forwarded-For $remote_addr;). If you run this on the proxy’s own machine, over loopback, this is expected: run it on another one.',
    details,
  }
}

export function judgeSpoofing(plain: SeenConnection, claimed: SeenConnection | undefined): Check {
  const name = 'spoofed-address'
  if (claimed === undefined) {
    const message = 'The proxy refuses a request that claims another address'
    return { name, status: 'pass', message }
  }
  const details = {
    claimed: CLAIMED_ADDRESS,
    client_address: claimed.client_address,
    forwarded: claimed.forwarded,
  }
  if (claimed.client_address === CLAIMED_ADDRESS) {
    const gateway = claimed.via === 'tunnel'
    return {
      name,
      status: 'fail',
      message: 'Clients can choose the address that the daemon sees',
      fix: gateway
        ? 'Let the proxy in front of the gateway overwrite the header of --client-address-header (nginx: proxy_set_header X-Real-IP $remote_addr;), or start the gateway without that option.'
        : "Let the proxy set X-Forwarded-For itself (nginx: proxy_set_header X-Forwarded-For $remote_addr;). Until then: spl config set trusted_proxies ''",
      details,
    }
  }
  if (claimed.client_address !== plain.client_address) {
    return {
      name,
      status: 'warn',
      message: 'The client’s address changes when a client claims one',
      fix: 'Let the proxy set X-Forwarded-For itself, instead of appending to what a client sent.',
      details: { ...details, unclaimed: plain.client_address },
    }
  }
  if (plain.client_address === null) {
    const message = 'No client address is used, so none can be claimed'
    return { name, status: 'skip', message, details }
  }
  const message = 'What a client claims about its address is ignored'
  return { name, status: 'pass', message, details }
}

export function judgeHost({ host, hostname }: URL, seen: SeenConnection): Check {
  const name = 'host'
  const details = { host: seen.host }
  if (seen.host === host || seen.host === hostname) {
    const message = `The daemon sees its public name, ${seen.host}`
    return { name, status: 'pass', message, details }
  }
  return {
    name,
    status: 'warn',
    message: `The proxy changes the Host header to ${seen.host ?? 'nothing'}`,
    fix: 'Forward it as the client sent it (nginx: proxy_set_header Host $http_host;): otherwise nothing works behind a gateway, and web pages of the same name count as foreign.',
    details,
  }
}
