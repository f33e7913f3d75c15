import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkDomain } from '../../local-daemon/cli/gateway/project/check-domain.ts'
import { checkReplaced } from '../../local-daemon/cli/gateway/project/check-replaced.ts'
import { findProject } from '../../local-daemon/cli/gateway/project/find-project.ts'
import { isAmongOrigins } from '../../local-daemon/cli/gateway/project/is-among-origins.ts'
import { wildcardNeeds } from '../../local-daemon/cli/gateway/project/wildcard-needs.ts'
import { aHome } from '../support/daemon/a-daemon.ts'
import { CloudflareStandIn } from '../support/gateway/cloudflare-stand-in.ts'
import { runSpl, type SplRun } from '../support/cli/run-spl.ts'

const ADMIN = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
const OTHER = 'did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH'
const NODE_MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url))

let home: ReturnType<typeof aHome>
let cloudflare: CloudflareStandIn
let project: string

beforeEach(async () => {
  home = aHome()
  project = join(home.path, 'project')
  cloudflare = await CloudflareStandIn.start()
})

afterEach(async () => {
  await cloudflare[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})

function spl(...args: string[]): Promise<SplRun> {
  const env = cloudflare.environment(home.path)
  return runSpl(['gateway', ...args], { home: home.path, env })
}

async function aProject(): Promise<void> {
  const { stderr, code } = await spl(
    'init',
    project,
    '--admin',
    ADMIN,
    '--domain',
    'spl.example.com',
  )
  expect(`${code} ${stderr}`).toMatch(/^0 /)
  symlinkSync(NODE_MODULES, join(project, 'node_modules'))
}

const deployed = (owner: string, several: boolean) =>
  ({ state: 'gateway', owner, several }) as const

describe('a gateway of several owners on Cloudflare', { timeout: 120_000 }, () => {
  test('is deployed, told how to go on, and removed from the command line alone', async () => {
    await aProject()
    const { code, stdout, stderr } = await spl('deploy', project, '--json')
    expect(`${code} ${stderr}`).toMatch(/^0 /)
    expect(JSON.parse(stdout)).toMatchObject({
      owner: null,
      admin: ADMIN,
      hostnames: ['https://spl.example.com', 'https://*.spl.example.com'],
      connected: null,
    })
    expect(stderr).toMatch(new RegExp(`Hostname +https://spl.example.com and https://\\*.spl.*`))
    expect(stderr).toMatch(new RegExp(`Admin +${ADMIN}, who assigns hostnames to the owners`))
    const variables = cloudflare.uploads[0]?.metadata.bindings.filter(
      ({ type }) => type === 'plain_text',
    )
    expect(variables).toContainEqual({ name: 'ADMIN_DID', type: 'plain_text', text: ADMIN })
    expect(variables?.map(({ name }) => name)).not.toContain('OWNER_DID')
    // The gateway's own name with the certificate and the record of Cloudflare, all below it by a route.
    expect(cloudflare.requests).toContain('PUT /workers/scripts/spl-gateway/domains/records')
    expect(cloudflare.routes).toEqual(new Map([['*.spl.example.com/*', 'spl-gateway']]))
    expect(stderr).toMatch(/\*\.spl\.example\.com needs a proxied DNS record/)
    expect(stderr).toMatch(
      /^next, at the home of the admin: spl gateway invite --url https:\/\/spl\.example\.com --hostname '\*\.spl\.example\.com'$/m,
    )
    const removed = await spl('remove', project, '--yes')
    expect(`${removed.code} ${removed.stderr}`).toMatch(
      /^0 .*the hostnames of all its owners[\s\S]*you must invite the owners again/,
    )
    expect(cloudflare.deleted).toEqual(['spl-gateway'])
  })

  test('takes no wildcard that is the route of another Worker', async () => {
    await aProject()
    cloudflare.routes.set('*.spl.example.com/*', 'blog')
    const { code, stderr } = await spl('deploy', project)
    expect(code).toBe(1)
    expect(stderr).toMatch(/\[DOMAIN_TAKEN\]\ntry: \S/)
    expect(cloudflare.routes.get('*.spl.example.com/*')).toBe('blog')
  })

  test('connects no daemon that has not joined, and does nothing then', async () => {
    await aProject()
    const { code, stderr } = await spl('deploy', project, '--connect')
    expect(code).toBe(2)
    expect(stderr).toMatch(/\[HOSTNAME_NEEDED\]\ntry: .*spl gateway invite/)
    expect(cloudflare.requests).toEqual([])
  })

  test('does not replace several owners by one, or another’s gateway by several, unless told', async () => {
    await aProject()
    const several = await findProject(project)
    await spl('init', project, '--owner', ADMIN)
    const one = await findProject(project)
    const choice = { replace: false, formerOwners: [] }
    const differs = expect.objectContaining({ code: 'OWNER_DIFFERS' })
    expect(() => checkReplaced(several, deployed(ADMIN, true), choice)).not.toThrow()
    expect(() => checkReplaced(several, deployed(ADMIN, false), choice)).not.toThrow()
    const former = { ...choice, formerOwners: [OTHER] }
    expect(() => checkReplaced(several, deployed(OTHER, true), former)).not.toThrow()
    expect(() => checkReplaced(several, deployed(OTHER, true), choice)).toThrow(differs)
    expect(() => checkReplaced(one, deployed(ADMIN, true), choice)).toThrow(differs)
    expect(() => checkReplaced(one, deployed(OTHER, true), former)).toThrow(differs)
    const told = { ...choice, replace: true }
    expect(() => checkReplaced(one, deployed(ADMIN, true), told)).not.toThrow()
  })

  test('removes no gateway of several owners by a project of one', async () => {
    await aProject()
    await spl('init', project, '--owner', ADMIN)
    cloudflare.place('spl-gateway', [
      { name: 'TUNNEL', type: 'durable_object_namespace', class_name: 'TunnelObject' },
      { name: 'ADMIN_DID', type: 'plain_text', text: ADMIN },
    ])
    const { stderr } = await spl('remove', project, '--yes')
    expect(stderr).toMatch(/serves several owners.*\[OWNER_DIFFERS\]/)
    expect(cloudflare.deleted).toEqual([])
  })

  test('is not asked for where both an owner and an admin are named', async () => {
    mkdirSync(project)
    const toml = `name = "x"\n[vars]\nOWNER_DID = "${OTHER}"\nADMIN_DID = "${ADMIN}"\n[[x]]\nclass_name = "TunnelObject"\n`
    writeFileSync(join(project, 'wrangler.toml'), toml)
    await expect(findProject(project)).rejects.toMatchObject({ code: 'OWNER_INVALID' })
  })

  test('looks whether each name of its own leads elsewhere, and at no route', async () => {
    await aProject()
    await spl('init', project, '--hostname', 'alice.example.com', '*.spl.example.com')
    const asked: string[] = []
    const leads = async (hostname: string): Promise<string[]> => {
      asked.push(hostname)
      return hostname === 'alice.example.com' ? ['203.0.113.7'] : []
    }
    await expect(checkDomain(await findProject(project), leads)).rejects.toMatchObject({
      code: 'DOMAIN_TAKEN',
      message: expect.stringContaining('alice.example.com already points to 203.0.113.7'),
    })
    expect(asked).toEqual(['spl.example.com', 'alice.example.com'])
    expect(readFileSync(join(project, 'wrangler.toml'), 'utf8')).not.toMatch(/\*.*custom_domain/)
  })
})

test('a wildcard needs a record until it has one, and a certificate where it is deep', async () => {
  const nothing = (): Promise<string[]> => Promise.reject(new Error('ENOTFOUND'))
  const something = (): Promise<string[]> => Promise.resolve(['203.0.113.7'])
  const flat = [{ hostname: '*.example.com', zone: 'example.com' }]
  const deep = [{ hostname: '*.spl.example.com', zone: 'example.com' }]
  expect(await wildcardNeeds(flat, something)).toEqual([])
  expect(await wildcardNeeds(flat, nothing)).toEqual([expect.stringContaining('DNS record')])
  expect(await wildcardNeeds(deep, something)).toEqual([expect.stringContaining('certificate')])
  expect(await wildcardNeeds([{ hostname: 'a.example.com', zone: null }], nothing)).toEqual([])
})

test.for([
  ['https://spl.example.com', true],
  ['https://alice.spl.example.com', true],
  ['https://alice.bob.spl.example.com', false],
  ['https://alice.spl.example.com:8443', false],
  ['https://evilspl.example.com', false],
] as const)('%s is a hostname of the gateway: %s', ([origin, among]) => {
  const origins = ['https://spl.example.com', 'https://*.spl.example.com']
  expect(isAmongOrigins(origins, origin)).toBe(among)
})
