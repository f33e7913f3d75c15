import { describe, expect, test } from 'vitest'
import type { Check } from '../../../local-daemon/cli/doctor/check.ts'
import { judgeAnonymous } from '../../../local-daemon/cli/doctor/outside/authentication.ts'
import { judgeCertificate } from '../../../local-daemon/cli/doctor/outside/certificate.ts'
import {
  CLAIMED_ADDRESS,
  judgeClientAddress,
  judgeHost,
  judgeSpoofing,
  type SeenConnection,
} from '../../../local-daemon/cli/doctor/outside/client-address.ts'
import { judgeCors } from '../../../local-daemon/cli/doctor/outside/cors.ts'
import type { OutsideAnswer } from '../../../local-daemon/cli/doctor/outside/outside.ts'
import {
  judgePlainAnswer,
  judgePlainOrigin,
} from '../../../local-daemon/cli/doctor/outside/plain-http.ts'
import { judgeHealth } from '../../../local-daemon/cli/doctor/outside/reachable.ts'
import { judgeArrivals } from '../../../local-daemon/cli/doctor/outside/streaming.ts'
import { judgeUpload } from '../../../local-daemon/cli/doctor/outside/upload.ts'
import { judgeUpgrade } from '../../../local-daemon/cli/doctor/outside/websocket.ts'
import { whyUnreachable } from '../../../local-daemon/cli/doctor/outside/why-unreachable.ts'
import { SilentError } from '../../../local-daemon/cli/client/send-request.ts'

const ORIGIN = new URL('https://spl.example.com')
const DID = 'did:key:z6MkOne'

function answered(
  status: number,
  json: OutsideAnswer['json'] = {},
  headers: Record<string, string> = {},
): OutsideAnswer {
  return { status, json, headers }
}

/** Status and the words that tell it from all others; whatever warns or fails must say what to do. */
function told({ status, message, fix }: Check): string {
  if (status === 'warn' || status === 'fail') expect(fix).toMatch(/\S{3}/)
  return `${status}: ${message}`
}

describe('no answer at all', () => {
  test.each([
    ['ENOTFOUND', 'dns', /no address in DNS/, /check the spelling.* A or AAAA record/],
    ['EAI_AGAIN', 'dns', /no address in DNS/, /A or AAAA record/],
    [
      'ECONNREFUSED',
      'refused',
      /Nothing listens on port 443/,
      /Start the server there: spl gateway serve .*proxy/,
    ],
    ['ETIMEDOUT', 'timeout', /spl\.example\.com did not answer/, /firewall/],
    ['EHOSTUNREACH', 'timeout', /did not answer/, /port forwarding/],
    ['CERT_HAS_EXPIRED', 'tls', /has expired/, /Renew/],
    ['CERT_NOT_YET_VALID', 'tls', /not valid yet/, /clock/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls', /another name/, /certificate for this hostname/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls', /this machine does not trust/, /fullchain\.pem/],
    [
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'tls',
      /this machine does not trust/,
      /NODE_EXTRA_CA_CERTS/,
    ],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls', /does not speak TLS/, /Check the port/],
    ['ECONNRESET', 'tls', /closed before an answer/, /site for this hostname/],
    ['EPIPE', 'broken', /broke/, /log of the proxy/],
  ])('%s', (code, kind, message, fix) => {
    const error = Object.assign(new Error(code), { code })
    for (const given of [error, new AggregateError([error])]) {
      const why = whyUnreachable(ORIGIN, given)
      expect(why.kind).toBe(kind)
      expect(why.message).toMatch(message)
      expect(why.fix).toMatch(fix)
    }
  })

  test('silence is no answer in time', () => {
    expect(whyUnreachable(ORIGIN, new SilentError('x')).kind).toBe('timeout')
    const late = new DOMException('x', 'TimeoutError')
    expect(whyUnreachable(ORIGIN, late).kind).toBe('timeout')
  })
})

test.each<[string, OutsideAnswer, RegExp]>([
  ['the daemon', answered(200, { instance_did: DID }), /^pass: The daemon answers/],
  ['another one', answered(200, { instance_did: 'did:key:z6MkTwo' }), /^fail: Another daemon/],
  ['a redirect', answered(301, {}, { location: 'https://x/' }), /^fail: .* redirects to https:/],
  ['a web page', answered(200), /^fail: The server at .* is not a spl daemon/],
  ['a proxy alone', answered(502), /^fail: The proxy .* does not reach the daemon/],
  [
    'a host that is not allowed',
    answered(421, { object: 'error', code: 'HOST_NOT_ALLOWED' }),
    /^fail: The daemon does not accept requests for spl\.example\.com/,
  ],
  [
    'a gateway alone',
    answered(503, { object: 'error', code: 'TUNNEL_OFFLINE', hop: 'gateway', try: 'wait' }),
    /^fail: .* a gateway that answers 503 TUNNEL_OFFLINE/,
  ],
])('reachable: %s', (_name, answer, expected) => {
  expect(told(judgeHealth({ origin: ORIGIN, expectedDid: DID }, answer))).toMatch(expected)
})

describe('certificate', () => {
  const now = Date.parse('2030-01-01T00:00:00Z')
  const day = 24 * 3600 * 1000
  const shown = { fault: undefined, issuer: "Let's Encrypt", names: ['DNS:spl.example.com'] }
  test.each<[number, number, string | undefined, RegExp]>([
    [90, 60, undefined, /^pass: .*signed by Let's Encrypt, is valid for 60 days/],
    [90, 16, undefined, /^pass/],
    [90, 14, undefined, /^warn: .* expires in 14 days/],
    [6, 3, undefined, /^pass: .* is valid for 3 days/],
    [6, 1.2, undefined, /^pass: .* is valid for 28 hours/],
    [6, 0.9, undefined, /^warn: .* expires in 21 hours/],
    [0.5, 0.4, undefined, /^pass: .* is valid for 9 hours/],
    [0.5, 0.17, undefined, /^pass: .* is valid for 4 hours/],
    [0.5, 0.08, undefined, /^warn: .* expires in 1 hour$/],
    [365, 61, undefined, /^pass/],
    [365, 60, undefined, /^warn/],
    [90, -3, 'CERT_HAS_EXPIRED', /^fail: .* expired 2 days ago/],
    [90, 60, 'ERR_TLS_CERT_ALTNAME_INVALID', /^fail: .*another name/],
    [90, 60, 'DEPTH_ZERO_SELF_SIGNED_CERT', /^fail: .*does not trust/],
  ])('of %d days that ends in %d, with %s', (life, days, fault, expected) => {
    const validTo = now + days * day
    const validFrom = validTo - life * day
    expect(told(judgeCertificate(ORIGIN, { ...shown, fault, validFrom, validTo }, now))).toMatch(
      expected,
    )
  })
})

describe('streaming', () => {
  const sent = [0, 250, 500, 750]
  const arrivals = (came: readonly number[]) =>
    came.map((at, index) => ({ sent: 1_000_000 + (sent[index] ?? 0), came: at }))
  test.each<[string, readonly number[], RegExp]>([
    [
      'as sent',
      [30, 280, 530, 780],
      /^pass: Events arrive as they are sent, the first after 30 ms/,
    ],
    ['a little together', [200, 380, 560, 790], /^pass/],
    ['all at the end', [780, 780, 781, 781], /^fail: The proxy holds events back/],
    ['two and two', [300, 300, 610, 610], /^fail: The proxy holds events back/],
    ['late, but apart', [1500, 1750, 2000, 2250], /^warn: The first event took 1500 ms/],
    ['cut', [30, 280], /^fail: Only 2 of 4 events/],
    ['none', [], /^fail: Only 0 of 4 events/],
  ])('%s', (_name, came, expected) => {
    expect(told(judgeArrivals(arrivals(came), 4, undefined))).toMatch(expected)
  })

  test('names compression, where there is some', () => {
    expect(judgeArrivals(arrivals([780, 780, 780, 780]), 4, 'gzip').fix).toMatch(/gzip off/)
  })
})

describe('the client', () => {
  const seen = (given: Partial<SeenConnection>): SeenConnection => ({
    via: 'proxy',
    client_address: '198.51.100.7',
    host: 'spl.example.com',
    scheme: 'https',
    forwarded: ['x-forwarded-for'],
    peer_trusted: true,
    ...given,
  })
  const known = seen({})
  const unknown = seen({ client_address: null })
  const untrusted = seen({ client_address: null, peer_trusted: false })
  const spoofed = seen({ client_address: CLAIMED_ADDRESS })

  test.each<[string, SeenConnection, RegExp]>([
    ['is known', known, /^pass: .*198\.51\.100\.7/],
    ['is unknown: no trust', untrusted, /^warn: .*does not trust the proxy/],
    [
      'is taken for the proxy',
      seen({ via: 'network', client_address: '10.0.0.2', peer_trusted: null }),
      /^warn: The daemon takes the proxy, 10\.0\.0\.2, for the client/,
    ],
    ['calls without a proxy', seen({ via: 'network', forwarded: [], peer_trusted: null }), /^pass/],
    ['is unknown: no word', unknown, /^warn: The proxy sends no client address/],
    [
      'is unknown to the gateway',
      seen({ via: 'tunnel', client_address: null }),
      /^skip: The gateway does not learn the addresses/,
    ],
    [
      'is taken for this machine',
      seen({ via: 'loopback', client_address: null, peer_trusted: null }),
      /^fail: .*requests from this machine/,
    ],
  ])('%s', (_name, plain, expected) => {
    expect(told(judgeClientAddress(plain, plain))).toMatch(expected)
  })

  test.each<[string, SeenConnection, SeenConnection | undefined, RegExp]>([
    ['counts not', known, known, /^pass: What a client claims/],
    ['counts', known, spoofed, /^fail: Clients can choose/],
    ['counts where nothing else does', unknown, spoofed, /^fail: Clients can choose/],
    ['makes it unknown', known, unknown, /^warn: .* changes when/],
    ['cannot count', untrusted, untrusted, /^skip/],
    ['is refused', known, undefined, /^pass: The proxy refuses/],
  ])('a claim %s', (_name, plain, claimed, expected) => {
    expect(told(judgeSpoofing(plain, claimed))).toMatch(expected)
  })

  test('of a gateway the way out is another one', () => {
    const check = judgeSpoofing(known, seen({ via: 'tunnel', client_address: CLAIMED_ADDRESS }))
    expect(check.fix).toMatch(/--client-address-header/)
  })

  test.each<[string | null, RegExp]>([
    ['spl.example.com', /^pass/],
    ['127.0.0.1:9100', /^warn: The proxy changes the Host header to 127\.0\.0\.1:9100/],
    [null, /^warn/],
  ])('calls the daemon %s', (host, expected) => {
    expect(told(judgeHost(ORIGIN, seen({ host })))).toMatch(expected)
  })
})

describe('cors', () => {
  const allowedOrigin = 'https://app.example.com'
  const says = (origin: string) => ({ 'access-control-allow-origin': origin })
  const refusal = answered(403, { object: 'error', code: 'ORIGIN_NOT_ALLOWED' })
  const good = {
    allowedOrigin,
    preflight: answered(204, {}, says(allowedOrigin)),
    foreignPreflight: refusal,
    foreign: answered(200),
  }
  test.each<[string, Parameters<typeof judgeCors>[0], RegExp]>([
    ['is the daemon’s', good, /^pass: Web pages from https:\/\/app\.example\.com may call/],
    [
      'allows nobody',
      { ...good, allowedOrigin: undefined, preflight: undefined },
      /^pass: Web pages from origins that are not allowed cannot/,
    ],
    ['is a star', { ...good, foreign: answered(200, {}, says('*')) }, /^fail: .*Allow-Origin: \*/],
    [
      'is said twice',
      { ...good, preflight: answered(204, {}, says(`${allowedOrigin}, *`)) },
      /^fail: .*Allow-Origin: https:\/\/app\.example\.com, \*/,
    ],
    [
      'allows a foreign page',
      { ...good, foreignPreflight: answered(204, {}, says('https://foreign.invalid')) },
      /^fail/,
    ],
    ['is alone on the list', { ...good, otherOrigins: 0 }, /may call, and no others$/],
    ['has company', { ...good, otherOrigins: 2 }, /may call, and 2 other origins on the list; /],
    ['is a login', { ...good, preflight: answered(401) }, /^fail: The preflight .* got status 401/],
    ['is swallowed', { ...good, preflight: answered(204) }, /^fail: The preflight/],
  ])('%s', (_name, given, expected) => {
    expect(told(judgeCors(given))).toMatch(expected)
  })
})

const SENT = { bytes: 10, sha256: 'ab' }
test.each<[string, OutsideAnswer, RegExp]>([
  ['whole', answered(200, { object: 'upload', sha256: 'ab' }), /^pass/],
  ['rewritten', answered(200, { object: 'upload', sha256: 'cd' }), /^fail: .*different bytes/],
  ['too large', answered(413), /^fail: The proxy refuses a body of 10 bytes/],
  ['broken', answered(500), /^fail: .*got status 500/],
  ['not this bearer’s', answered(403, { code: 'SCOPE_FORBIDDEN' }), /^skip/],
  ['busy', answered(429, { code: 'RATE_LIMITED' }), /^skip/],
])('upload: %s', (_name, answer, expected) => {
  expect(told(judgeUpload(answer, SENT))).toMatch(expected)
})

test.each<[string, OutsideAnswer, RegExp]>([
  ['refused', answered(401, { object: 'error', code: 'AUTH_REQUIRED' }), /^pass/],
  [
    'let in as this machine',
    answered(200, { via: 'loopback' }),
    /^fail: .*requests from this machine/,
  ],
  ['let in with a bearer', answered(200, { via: 'proxy' }), /^fail: .*adds one to every request/],
  ['sent to a login', answered(302), /^warn/],
  ['refused by another', answered(401), /^warn/],
])('without a bearer: %s', (_name, answer, expected) => {
  expect(told(judgeAnonymous(answer))).toMatch(expected)
})

test.each<[string, Parameters<typeof judgeUpgrade>[0], RegExp]>([
  ['passes', { kind: 'open' }, /^pass/],
  ['is answered', { kind: 'answer', status: 200 }, /^fail: .*status 200/],
  ['is not for this bearer', { kind: 'answer', status: 403 }, /^skip/],
  ['breaks', { kind: 'error', message: 'socket hang up' }, /^fail: .*socket hang up/],
])('an upgrade %s', (_name, outcome, expected) => {
  expect(told(judgeUpgrade(outcome))).toMatch(expected)
})

test.each<[string, OutsideAnswer, RegExp]>([
  ['leads to https', answered(308, {}, { location: 'https://spl.example.com/' }), /^pass/],
  ['answers', answered(200, { instance_did: DID }), /^fail: .*unencrypted/],
  ['is another service', answered(404), /^pass/],
])('plain http %s', (_name, answer, expected) => {
  expect(told(judgePlainAnswer(new URL('http://spl.example.com'), answer))).toMatch(expected)
})

test.each<[string, RegExp]>([
  ['http://100.64.0.7:9100', /^pass: .*inside a tailnet/],
  ['http://10.1.2.3:9100', /^warn: .*plain http/],
  ['http://spl.example.com', /^warn: .*plain http/],
  ['http://127.0.0.1:9100', /^skip/],
  ['http://localhost:9100', /^skip/],
])('%s as the origin', (origin, expected) => {
  expect(told(judgePlainOrigin(new URL(origin)))).toMatch(expected)
})
