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
    const message = 'The daemon does not say what it sees of a request: is the bearer good?'
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
    judgeClientAddress(plain, claimed),
    judgeSpoofing(plain, claimed),
    judgeHost(outside.origin, plain),
  ]
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
      message: `The daemon takes the proxy, ${client_address}, for the client: it does not trust its word`,
      fix: `spl config set trusted_proxies ${client_address} (a list: give the addresses that are in it as well)`,
      details,
    }
  }
  if (client_address !== null) {
    const message = `The daemon knows the client’s address: ${client_address}`
    return { name, status: 'pass', message, details }
  }
  if (via === 'tunnel') {
    const message =
      'The gateway is not told the addresses of clients, and counts without them; a proxy in front can tell: spl gateway serve --client-address-header'
    return { name, status: 'skip', message, details }
  }
  if (peer_trusted === false) {
    return {
      name,
      status: 'warn',
      message:
        'The daemon does not know the addresses of clients: it does not trust the proxy’s word',
      fix: 'spl config set trusted_proxies 127.0.0.1 (or the address by which the daemon sees the proxy), once the check spoofed-address does not fail',
      details,
    }
  }
  if (via === 'loopback') {
    return {
      name,
      status: 'fail',
      message: 'The daemon takes what the proxy forwards for requests of this very machine',
      fix: 'Let the proxy send X-Forwarded-For and keep the Host header (nginx: proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header Host $http_host;).',
      details,
    }
  }
  return {
    name,
    status: 'warn',
    message:
      claimed?.client_address === CLAIMED_ADDRESS
        ? 'The proxy says nothing of the client’s address by itself'
        : 'The proxy sends no address of the client that counts',
    fix: 'Let the proxy set X-Forwarded-For to the client’s address (nginx: proxy_set_header X-Forwarded-For $remote_addr;). If you ask from the proxy’s own machine, over loopback, all is well: ask from another one.',
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
      message: 'Clients can choose the address that the daemon takes them for',
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
      message: 'The client’s address is another one when a client claims one',
      fix: 'Let the proxy set X-Forwarded-For itself, and not append to what a client sent.',
      details: { ...details, unclaimed: plain.client_address },
    }
  }
  if (plain.client_address === null) {
    const message = 'No address counts, so none can be claimed'
    return { name, status: 'skip', message, details }
  }
  const message = 'What a client claims about its address does not count'
  return { name, status: 'pass', message, details }
}

export function judgeHost({ host, hostname }: URL, seen: SeenConnection): Check {
  const name = 'host'
  const details = { host: seen.host }
  if (seen.host === host || seen.host === hostname) {
    const message = `The daemon is called by its public name, ${seen.host}`
    return { name, status: 'pass', message, details }
  }
  return {
    name,
    status: 'warn',
    message: `The proxy changes the Host header to ${seen.host ?? 'nothing'}`,
    fix: 'Pass it on as the client sent it (nginx: proxy_set_header Host $http_host;): behind a gateway nothing works otherwise, and pages of the same name are taken for foreign.',
    details,
  }
}
