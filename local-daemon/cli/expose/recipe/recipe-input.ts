import { isIP } from 'node:net'
import { CliError } from '../../cli-error.ts'
import { EXIT_CODE } from '../../exit-code.ts'
import type { UpstreamKind } from './recipe.ts'

/** What a recipe is asked with, as it came from a person or from the running daemon. */
export interface RecipeRequest {
  readonly hostname: string
  readonly upstream?: UpstreamKind
  /** Where daemon or gateway listens; its usual address otherwise. */
  readonly url?: string
  /** Address by which the daemon sees the proxy, if they are on two machines. */
  readonly proxyAddress?: string
  /** PEM files of nginx; Let's Encrypt's otherwise. Traefik takes them too, in place of getting its own. */
  readonly certificate?: string
  readonly certificateKey?: string
  /** Ports that the proxy listens on. */
  readonly httpsPort?: number
  readonly httpPort?: number
  /** Let's Encrypt writes to it when a certificate is about to end: Traefik. */
  readonly email?: string
  /** Name of the Cloudflare tunnel. */
  readonly tunnel?: string
}

declare const checked: unique symbol
/** A text that was checked and can stand in every configuration as it is: none of its characters means anything there. */
export type SafeText = string & { readonly [checked]: true }

/** The same, checked: only this goes into a configuration. */
export interface RecipeInput {
  readonly hostname: SafeText
  readonly upstream: UpstreamKind
  /** Where the proxy connects to. */
  readonly address: { readonly host: SafeText; readonly port: number }
  readonly url: SafeText
  /** Addresses by which the daemon sees the proxy. */
  readonly proxyAddresses: readonly SafeText[]
  readonly certificate: SafeText
  readonly certificateKey: SafeText
  /** The files were named, and are not the usual ones. */
  readonly ownCertificate: boolean
  readonly httpsPort: number
  readonly httpPort: number
  readonly email: SafeText
  readonly tunnel: SafeText
}

const USUAL_UPSTREAM: Readonly<Record<UpstreamKind, string>> = {
  daemon: 'http://127.0.0.1:9100',
  gateway: 'http://127.0.0.1:8443',
}

/**
 * Checks what a recipe is asked with. Refused is whatever could end a line, a string or a block in one of the
 * configurations: nothing is quoted, because each of them quotes in another way.
 *
 * @throws CliError RECIPE_HOSTNAME_INVALID, RECIPE_UPSTREAM_INVALID, RECIPE_PATH_INVALID, RECIPE_PORT_INVALID,
 * RECIPE_VALUE_INVALID
 */
export function parseRecipeInput(request: RecipeRequest): RecipeInput {
  const hostname = safeHostname(request.hostname)
  const upstream = request.upstream ?? 'daemon'
  const { address, url } = safeUpstream(request.url ?? USUAL_UPSTREAM[upstream], upstream)
  const letsencrypt = `/etc/letsencrypt/live/${hostname}`
  return {
    hostname,
    upstream,
    address,
    url,
    proxyAddresses: proxyAddresses(request.proxyAddress, address.host),
    certificate: safePath(request.certificate ?? `${letsencrypt}/fullchain.pem`),
    certificateKey: safePath(request.certificateKey ?? `${letsencrypt}/privkey.pem`),
    ownCertificate: ownCertificate(request),
    httpsPort: checkedPort(request.httpsPort ?? 443),
    httpPort: checkedPort(request.httpPort ?? 80),
    email: safeEmail(request.email ?? `admin@${hostname}`),
    tunnel: safeTunnel(request.tunnel ?? 'syncropel'),
  }
}

const HOSTNAME =
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/

function safeHostname(text: string): SafeText {
  const name = text.toLowerCase()
  if (HOSTNAME.test(name)) return safe(name)
  throw new CliError(
    'RECIPE_HOSTNAME_INVALID',
    `${shown(text)} is not a public hostname`,
    'Give a name with a dot, without scheme and port, such as spl.example.com; write other letters in punycode.',
    EXIT_CODE.usage,
  )
}

function safeUpstream(text: string, kind: UpstreamKind): Pick<RecipeInput, 'address' | 'url'> {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const host = url?.hostname ?? ''
  const bare = host.replaceAll(/^\[|\]$/g, '')
  const named = host === 'localhost' || HOSTNAME.test(host)
  const plain = url !== undefined && url.protocol === 'http:' && url.href === `${url.origin}/`
  if (!plain || !(named || isIP(bare) !== 0)) {
    throw new CliError(
      'RECIPE_UPSTREAM_INVALID',
      `${shown(text)} is not an address that a proxy can forward to`,
      `Give plain http with host and port, such as ${USUAL_UPSTREAM[kind]}.`,
      EXIT_CODE.usage,
    )
  }
  const port = Number(url.port || '80')
  return { address: { host: safe(host), port }, url: safe(`http://${host}:${port}`) }
}

/** Over loopback the daemon sees loopback; elsewhere only the person knows. */
function proxyAddresses(given: string | undefined, upstream: string): readonly SafeText[] {
  if (given === undefined) {
    if (upstream === '[::1]') return [safe('::1')]
    if (upstream === 'localhost') return [safe('127.0.0.1'), safe('::1')]
    return LOOPBACK.test(upstream) ? [safe('127.0.0.1')] : []
  }
  const [address = '', bits, ...rest] = given.split('/')
  const most = isIP(address) === 6 ? 128 : 32
  const range = bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= most)
  if (isIP(address) !== 0 && !address.includes('%') && range && rest.length === 0)
    return [safe(given)]
  throw new CliError(
    'RECIPE_VALUE_INVALID',
    `${shown(given)} is not the address of a proxy`,
    'Give the address by which the daemon sees the proxy, such as 10.0.0.2.',
    EXIT_CODE.usage,
  )
}

const LOOPBACK = /^127(?:\.\d{1,3}){3}$/
/** No space, quote, brace, semicolon, dollar, hash, backslash or line end: all of these mean something somewhere. */
const PATH = /^\/(?!(?:.*\/)?\.\.?(?:\/|$))[A-Za-z0-9._+@=,/-]{1,1023}$/

function safePath(text: string): SafeText {
  if (PATH.test(text)) return safe(text)
  throw new CliError(
    'RECIPE_PATH_INVALID',
    `${shown(text)} cannot be used in a configuration`,
    'Give an absolute path of only letters, digits and . _ - + @ = , and link to the file from there.',
    EXIT_CODE.usage,
  )
}

function ownCertificate({ certificate, certificateKey }: RecipeRequest): boolean {
  if ((certificate === undefined) === (certificateKey === undefined)) {
    return certificate !== undefined
  }
  throw new CliError(
    'RECIPE_VALUE_INVALID',
    'A certificate and its key belong together',
    'Give both files, or neither.',
    EXIT_CODE.usage,
  )
}

function checkedPort(port: number): number {
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port
  throw new CliError(
    'RECIPE_PORT_INVALID',
    `${shown(String(port))} is not a port`,
    'Give a whole number from 1 to 65535.',
    EXIT_CODE.usage,
  )
}

function safeEmail(text: string): SafeText {
  const [user = '', domain = '', ...rest] = text.split('@')
  if (/^[A-Za-z0-9._+-]{1,64}$/.test(user) && HOSTNAME.test(domain) && rest.length === 0) {
    return safe(text)
  }
  throw new CliError(
    'RECIPE_VALUE_INVALID',
    `${shown(text)} is not an e-mail address`,
    'Give one such as admin@example.com.',
    EXIT_CODE.usage,
  )
}

function safeTunnel(text: string): SafeText {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(text)) return safe(text)
  throw new CliError(
    'RECIPE_VALUE_INVALID',
    `${shown(text)} is not a name for a tunnel`,
    'Give only letters, digits, - and _.',
    EXIT_CODE.usage,
  )
}

function safe(text: string): SafeText {
  return text as SafeText
}

/** Cut and without anything that a terminal would obey. */
function shown(text: string): string {
  return JSON.stringify(text.slice(0, 80).replaceAll(/[^ -~]/g, '?'))
}
