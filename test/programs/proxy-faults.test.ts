import { describe, expect, test } from 'vitest'
import type { Check } from '../../local-daemon/cli/doctor/check.ts'
import { probeOutside } from '../../local-daemon/cli/doctor/outside/probe-outside.ts'
import { findProgram } from './proxy-programs.ts'
import { aProxyStage, type StageOptions } from './proxy-stage.ts'

const nginx = findProgram('nginx', process.env, (line) => void process.stderr.write(`${line}\n`))
const caddy = findProgram('caddy', process.env, (line) => void process.stderr.write(`${line}\n`))

interface Fault {
  readonly spoil: (content: string) => string
  /** The checks that find it, with what they say and what they tell to do; all others pass. */
  readonly found: Readonly<Record<string, readonly [Check['status'], RegExp, RegExp]>>
  readonly upstream?: StageOptions['upstream']
}

/** Replaces what must be there. */
function replacing(from: string, to: string): (content: string) => string {
  return (content) => {
    if (!content.includes(from)) throw new Error(`nothing to spoil: ${from}`)
    return content.replaceAll(from, to)
  }
}
const inLocation = (line: string) => replacing('\tlocation / {', `\tlocation / {\n\t\t${line}`)

/** The daemon proves itself for the host that it was called by. Unproven it gets no secret, so the rest cannot be asked. */
const CALLED_OTHERWISE = ['fail', /changes the Host header to localhost/, /\$http_host/] as const

const NGINX: Readonly<Record<string, Fault>> = {
  'buffers answers': {
    spoil: replacing(
      'proxy_buffering         off;',
      'proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;',
    ),
    found: { streaming: ['fail', /holds events back/, /proxy_buffering off/] },
  },
  'drops paths that begin with a dot': {
    spoil: replacing('\tlocation / {', '\tlocation ~ /\\. { deny all; }\n\tlocation / {'),
    found: { 'dot-paths': ['fail', /\(403\).*drops paths/, /location ~ \/\\\./] },
  },
  'passes on what a client claims': {
    spoil: replacing('X-Forwarded-For   $remote_addr', 'X-Forwarded-For   $http_x_forwarded_for'),
    found: {
      'spoofed-address': [
        'fail',
        /Clients can choose the address/,
        /X-Forwarded-For \$remote_addr/,
      ],
      'client-address': ['warn', /does not send the client’s address by itself/, /\$remote_addr/],
    },
  },
  'takes 1 MiB at most': {
    spoil: replacing('client_max_body_size 100m', 'client_max_body_size 1m'),
    found: { upload: ['fail', /refuses a body of \d+ bytes/, /client_max_body_size 100m/] },
  },
  'lets every page call': {
    spoil: inLocation('add_header Access-Control-Allow-Origin * always;'),
    found: { cors: ['fail', /Access-Control-Allow-Origin: \*/, /add_header/] },
  },
  'passes no upgrade': {
    spoil: replacing('proxy_set_header Upgrade    $http_upgrade;', ''),
    found: { websocket: ['fail', /does not forward the upgrade/, /\$http_upgrade/] },
  },
  'changes the Host header': {
    spoil: replacing(
      'proxy_set_header Host              $http_host;',
      'proxy_set_header Host localhost;',
    ),
    found: { reachable: CALLED_OTHERWISE },
  },
  'rewrites paths': {
    spoil: replacing(
      'proxy_pass http://127.0.0.1:',
      'rewrite ^(.*)$ $1 break; proxy_pass http://127.0.0.1:',
    ),
    found: { 'encoded-paths': ['warn', /changes paths/, /proxy_pass/] },
  },
  'serves plain http as well': {
    spoil: (content) => {
      const location = /\tlocation \/ \{[^]*?\n\t\}\n/.exec(content)?.[0] ?? ''
      return content.replace(/\treturn 308 .*\n/, () => location)
    },
    found: { 'plain-http': ['fail', /sent unencrypted/, /return 308/] },
  },
  'hides that it is a proxy': {
    spoil: (content) =>
      replacing(
        'proxy_set_header Host              $http_host;',
        'proxy_set_header Host localhost;',
      )(
        content
          .replace('X-Forwarded-For   $remote_addr', 'X-Forwarded-For   ""')
          .replace('X-Forwarded-Proto $scheme', 'X-Forwarded-Proto ""'),
      ),
    found: { reachable: CALLED_OTHERWISE },
  },
  'is the gateway’s, and passes on what a client claims': {
    upstream: 'gateway',
    spoil: replacing('X-Real-IP         $remote_addr', 'X-Real-IP         $http_x_real_ip'),
    found: {
      'spoofed-address': ['fail', /Clients can choose the address/, /X-Real-IP \$remote_addr/],
      'client-address': ['skip', /does not learn the addresses.*--client-address-header/, /^$/],
    },
  },
}

/** What is odd and does no harm. */
const HARMLESS: readonly (readonly ['nginx' | 'caddy', string, Fault['spoil']])[] = [
  [
    'nginx',
    'appends to what a client claims',
    replacing('X-Forwarded-For   $remote_addr', 'X-Forwarded-For   $proxy_add_x_forwarded_for'),
  ],
  [
    'nginx',
    'buffers, but heeds X-Accel-Buffering',
    replacing('proxy_buffering         off;', 'proxy_buffering on;'),
  ],
  [
    'nginx',
    'compresses what may be',
    replacing(
      'gzip                    off;',
      'gzip on; gzip_types *; gzip_proxied any; gzip_min_length 1;',
    ),
  ],
  [
    'caddy',
    'trusts whoever forwards',
    replacing('header_up -Forwarded', 'trusted_proxies 0.0.0.0/0 ::/0'),
  ],
]

const CADDY: Readonly<Record<string, Fault>> = {
  'lets every page call': {
    spoil: replacing(
      '\treverse_proxy',
      '\theader {\n\t\tdefer\n\t\tAccess-Control-Allow-Origin *\n\t}\n\treverse_proxy',
    ),
    found: {
      cors: ['fail', /Access-Control-Allow-Origin: \*/, /spl config auth-set-cors-origins/],
    },
  },
  'takes little': {
    spoil: replacing('\treverse_proxy', '\trequest_body {\n\t\tmax_size 1MB\n\t}\n\treverse_proxy'),
    found: { upload: ['fail', /./, /./] },
  },
}

async function findings(options: StageOptions): Promise<Check[]> {
  await using stage = await aProxyStage(options)
  const checks = await probeOutside(stage.outside)
  return checks.filter(({ name, status }) => status !== 'pass' && name !== 'certificate')
}

/** Where checks found something else than they should, and where they say it in other words. */
function amiss(checks: readonly Check[], found: Fault['found']): string[] {
  const names = new Set([...checks.map(({ name }) => name), ...Object.keys(found)])
  return [...names].flatMap((name) => {
    const check = checks.find((one) => one.name === name)
    const expected = found[name]
    if (check === undefined || expected === undefined)
      return [`${name}: ${check?.status ?? 'pass'}`]
    const [status, message, fix] = expected
    const isSo = check.status === status && message.test(check.message) && fix.test(check.fix ?? '')
    return isSo ? [] : [JSON.stringify(check)]
  })
}

describe.skipIf(nginx === undefined)('an nginx that', () => {
  test.each(Object.entries(NGINX))('%s is found', async (_name, { spoil, found, upstream }) => {
    const stage = {
      program: 'nginx',
      path: nginx ?? '',
      spoil,
      ...(upstream && { upstream }),
    } as const
    expect(amiss(await findings(stage), found)).toEqual([])
  })
})

describe.skipIf(caddy === undefined)('a Caddy that', () => {
  test.each(Object.entries(CADDY))('%s is found', async (_name, { spoil, found }) => {
    const checks = await findings({ program: 'caddy', path: caddy ?? '', spoil })
    expect(amiss(checks, found)).toEqual([])
  })
})

test.each(HARMLESS.filter(([program]) => ({ nginx, caddy })[program] !== undefined))(
  'of an %s that %s there is nothing to say',
  async (program, _name, spoil) => {
    const path = { nginx, caddy }[program] ?? ''
    expect(await findings({ program, path, spoil })).toEqual([])
  },
)
