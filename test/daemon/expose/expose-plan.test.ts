import { describe, expect, test } from 'vitest'
import { localAddresses } from '../../../local-daemon/cli/expose/local-addresses.ts'
import { makePlan } from '../../../local-daemon/cli/expose/make-plan.ts'
import { planText } from '../../../local-daemon/cli/expose/show-plan.ts'
import type { Plan, Step } from '../../../local-daemon/cli/expose/plan.ts'
import { MATRIX, USE_CASES } from '../../../local-daemon/cli/expose/use-case.ts'
import type { Present, Wish } from '../../../local-daemon/cli/expose/wish.ts'
import { plain } from '../../support/cli/plain.ts'

const GATEWAY = { url: 'https://spl.example.com', cacert: null }
const STRICT = { strict_actor_header: true, strict_impersonation_enforcement: true }

function present(change: Partial<Present> = {}): Present {
  return {
    addresses: { tailnet: ['100.101.1.2'], lan: ['192.168.1.20'] },
    port: 9100,
    running: { address: 'http://127.0.0.1:9100', gateway: null },
    settings: {
      auth_required: true,
      auth_cors_origins: [],
      allowed_hosts: [],
      trusted_proxies: [],
    },
    ...change,
  }
}

function wish(change: Partial<Wish> & Pick<Wish, 'use'>): Wish {
  return { origins: [], ...change }
}

/** A plan without the words for people. */
function shape({ url, way, steps }: Plan): unknown {
  return { url, way, steps: steps.map(stepShape) }
}

function stepShape(step: Step): string {
  switch (step.do) {
    case 'start':
      return 'start'
    case 'set':
      return `${step.key}=${JSON.stringify(step.value)}`
    case 'restart':
      return ['restart', step.host, step.gateway === null ? 'alone' : step.gateway?.url]
        .filter(Boolean)
        .join(' ')
    case 'write':
      return `write ${step.file}`
    case 'person':
      return 'person'
  }
}

function codeOf(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'nothing was refused'
}

describe('a plan', () => {
  test('binds to the tailnet for a phone, and nothing else changes', () => {
    expect(shape(makePlan(wish({ use: 'phone' }), present()))).toEqual({
      way: 'tailnet',
      url: 'http://100.101.1.2:9100',
      steps: ['restart 100.101.1.2'],
    })
  })

  test('binds to the home network where that is asked for, and says that it is plain HTTP', () => {
    const plan = makePlan(wish({ use: 'phone', way: 'lan' }), present())
    expect(shape(plan)).toEqual({
      way: 'lan',
      url: 'http://192.168.1.20:9100',
      steps: ['restart 192.168.1.20'],
    })
    expect(plan.warnings.join()).toContain('Plain HTTP')
    expect(plan.next).toEqual(['spl pair --invite --device phone --url http://192.168.1.20:9100'])
  })

  test('keeps the port and the gateway of the daemon that runs', () => {
    const running = { address: 'http://127.0.0.1:9444', gateway: GATEWAY }
    expect(
      shape(
        makePlan(wish({ use: 'second-machine', way: 'tailnet' }), present({ running, port: 9444 })),
      ),
    ).toEqual({
      way: 'tailnet',
      url: 'http://100.101.1.2:9444',
      steps: ['restart 100.101.1.2'],
    })
  })

  test('asks for authentication before anybody else gets in', () => {
    const open = present({ settings: { ...present().settings, auth_required: false } })
    const { steps } = makePlan(wish({ use: 'phone' }), open)
    expect(steps.map(stepShape)).toEqual(['auth_required=true', 'restart 100.101.1.2'])
  })

  test('starts a daemon alone on loopback first, where none runs', () => {
    const { running: _gone, ...nothing } = present()
    const { steps } = makePlan(wish({ use: 'peer', gateway: GATEWAY }), {
      ...nothing,
      settings: {},
    })
    expect(steps.map(stepShape)).toEqual([
      'start',
      'auth_required=true',
      'strict_actor_header=true',
      'strict_impersonation_enforcement=true',
      `restart ${GATEWAY.url}`,
    ])
  })

  test('lets one page in for a browser, beside those that may already', () => {
    const settings = { ...present().settings, auth_cors_origins: ['https://old.example'] }
    const plan = makePlan(
      wish({ use: 'browser', origins: ['https://app.example.com'] }),
      present({ settings }),
    )
    expect(shape(plan)).toEqual({
      way: 'loopback',
      url: null,
      steps: ['auth_cors_origins=["https://old.example","https://app.example.com"]'],
    })
  })

  test('brings a daemon back to loopback behind a proxy, hardened, with the file to save', () => {
    const running = { address: 'http://192.168.1.20:9100', gateway: null }
    const plan = makePlan(
      wish({ use: 'team', way: 'nginx', hostname: 'spl.example.com' }),
      present({ running }),
    )
    expect(shape(plan)).toEqual({
      way: 'nginx',
      url: 'https://spl.example.com',
      steps: [
        'allowed_hosts=["spl.example.com"]',
        'trusted_proxies=["127.0.0.1"]',
        'strict_actor_header=true',
        'strict_impersonation_enforcement=true',
        'restart 127.0.0.1',
        'write /etc/nginx/conf.d/spl.example.com.conf',
        'person',
      ],
    })
    const file = plan.steps.find((step) => step.do === 'write')
    expect(file?.content).toContain('proxy_pass http://127.0.0.1:9100;')
  })

  test('hardens for the gateway that is connected already, and restarts nothing', () => {
    const running = { address: 'http://127.0.0.1:9100', gateway: GATEWAY }
    expect(shape(makePlan(wish({ use: 'peer' }), present({ running })))).toEqual({
      way: 'gateway',
      url: GATEWAY.url,
      steps: ['strict_actor_header=true', 'strict_impersonation_enforcement=true'],
    })
  })

  test('closes everything when access is for nobody', () => {
    const plan = makePlan(
      wish({ use: 'nobody' }),
      present({
        running: { address: 'http://100.101.1.2:9100', gateway: GATEWAY },
        settings: {
          auth_required: true,
          auth_cors_origins: ['https://app.example.com'],
          allowed_hosts: ['spl.example.com'],
          trusted_proxies: ['127.0.0.1'],
        },
      }),
    )
    expect(shape(plan)).toEqual({
      way: 'loopback',
      url: null,
      steps: [
        'auth_cors_origins=[]',
        'allowed_hosts=[]',
        'trusted_proxies=[]',
        'restart 127.0.0.1 alone',
      ],
    })
  })

  test.each<[string, Wish, Partial<Present>]>([
    ['caddy', wish({ use: 'peer', way: 'caddy', hostname: 'spl.example.com' }), {}],
    ['the gateway', wish({ use: 'peer', gateway: GATEWAY }), {}],
    ['the tailnet', wish({ use: 'phone' }), {}],
    ['a page', wish({ use: 'browser', origins: ['https://a.example'] }), {}],
    ['nobody', wish({ use: 'nobody' }), {}],
  ])('that was carried out leaves nothing to do: %s', (_name, wanted, change) => {
    const before = present(change)
    const after = carriedOut(makePlan(wanted, before), before)
    const left = makePlan(wanted, after).steps.filter(
      ({ do: what }) => what !== 'write' && what !== 'person',
    )
    expect(left).toEqual([])
  })

  test.each<[string, Wish, Partial<Present>]>([
    ['EXPOSE_NO_TAILNET', wish({ use: 'phone' }), { addresses: { tailnet: [], lan: [] } }],
    ['EXPOSE_NO_LAN', wish({ use: 'phone', way: 'lan' }), { addresses: { tailnet: [], lan: [] } }],
    ['EXPOSE_WAY_UNFIT', wish({ use: 'peer', way: 'lan' }), {}],
    ['EXPOSE_WAY_UNFIT', wish({ use: 'nobody', way: 'gateway' }), {}],
    ['EXPOSE_HOSTNAME_MISSING', wish({ use: 'peer', way: 'caddy' }), {}],
    ['EXPOSE_GATEWAY_MISSING', wish({ use: 'peer' }), {}],
    ['EXPOSE_ORIGIN_MISSING', wish({ use: 'browser' }), {}],
    ['RECIPE_HOSTNAME_INVALID', wish({ use: 'peer', way: 'caddy', hostname: 'a b {' }), {}],
  ])('is refused with %s', (code, wanted, change) => {
    expect(codeOf(() => makePlan(wanted, present(change)))).toBe(code)
  })

  test('takes the way that can be gone: the gateway, where there is no tailnet', () => {
    const addresses = { tailnet: [], lan: ['192.168.1.20'] }
    const running = { address: 'http://127.0.0.1:9100', gateway: GATEWAY }
    expect(makePlan(wish({ use: 'phone' }), present({ addresses, running })).way).toBe('gateway')
    expect(makePlan(wish({ use: 'peer', hostname: 'a.example' }), present()).way).toBe('caddy')
  })

  test('is shown with every step, and nothing in it reaches the terminal as a control sequence', () => {
    const settings = { ...present().settings, auth_cors_origins: ['https://\u001b[2Jx.example'] }
    const plan = makePlan(
      wish({
        use: 'team',
        way: 'caddy',
        hostname: 'spl.example.com',
        origins: ['https://a.example'],
      }),
      present({ settings: { ...settings, ...STRICT } }),
    )
    const text = plain(planText(plan))
    expect(text).toContain(
      'spl expose --print caddy --hostname spl.example.com | sudo tee -a /etc/caddy/Caddyfile',
    )
    expect(text).toContain('spl config set auth_cors_origins')
    expect(text).not.toContain('\u001b[2J')
  })
})

/** The world after a plan. */
function carriedOut({ steps }: Plan, before: Present): Present {
  const settings: Record<string, unknown> = { ...before.settings }
  let running = before.running
  for (const step of steps) {
    if (step.do === 'set') settings[step.key] = step.value
    if (step.do === 'restart') {
      const { host, gateway = running?.gateway ?? null } = step
      const address = host === undefined ? running?.address : `http://${host}:9100`
      running = { address: address ?? 'http://127.0.0.1:9100', gateway }
    }
  }
  return { ...before, settings, ...(running && { running }) }
}

test('the decision matrix recommends a way for every use, and only ways that fit', () => {
  expect(Object.keys(MATRIX)).toEqual([...USE_CASES])
  for (const use of USE_CASES) expect(new Set(MATRIX[use].ways).size).toBe(MATRIX[use].ways.length)
})

test('addresses of this machine are told apart, without loopback, containers and IPv6', () => {
  const one = (address: string, internal = false, family: 'IPv4' | 'IPv6' = 'IPv4') =>
    ({ address, internal, family, netmask: '', mac: '', cidr: null, scopeid: 0 }) as never
  expect(
    localAddresses({
      lo: [one('127.0.0.1', true)],
      eth0: [one('192.168.1.20'), one('fe80::1', false, 'IPv6')],
      wlan0: [one('10.1.2.3')],
      docker0: [one('172.17.0.1')],
      tailscale0: [one('100.101.1.2')],
      ppp0: [one('203.0.113.9')],
      eth1: [one('100.63.0.1'), one('100.128.0.1'), one('172.32.0.1')],
    }),
  ).toEqual({ tailnet: ['100.101.1.2'], lan: ['192.168.1.20', '10.1.2.3'] })
})

test('a daemon that is stopped gets the gateway of its last start again', () => {
  const { running: _gone, ...stopped } = present()
  const { steps } = makePlan(wish({ use: 'browser', origins: ['https://a.example'] }), {
    ...stopped,
    lastGateway: GATEWAY,
  })
  expect(steps.map(stepShape)).toEqual([
    'start',
    'auth_cors_origins=["https://a.example"]',
    `restart ${GATEWAY.url}`,
  ])
  expect(makePlan(wish({ use: 'nobody' }), { ...stopped, lastGateway: GATEWAY }).steps).toEqual([
    { do: 'start', why: 'no daemon runs yet' },
  ])
})
