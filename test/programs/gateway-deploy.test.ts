import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadIdentity } from '../../local-daemon/access/identity/identity.ts'
import { rotateIdentity } from '../../local-daemon/access/identity/rotate-identity.ts'
import { checkDomain } from '../../local-daemon/cli/gateway/project/check-domain.ts'
import { findProject } from '../../local-daemon/cli/gateway/project/find-project.ts'
import { homeAt } from '../../local-daemon/home/home.ts'
import { prepareHome } from '../../local-daemon/home/prepare-home.ts'
import { aHome } from '../support/daemon/a-daemon.ts'
import { ACCOUNT, CloudflareStandIn, TOKEN } from '../support/gateway/cloudflare-stand-in.ts'
import { runSpl, startSpl, type SplRun } from '../support/cli/run-spl.ts'

const OWNER = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
const OTHER = 'did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH'
const NODE_MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url))

/** Each deploy starts Node.js four times: a busy machine needs long for that. */
const PATIENT = { timeout: 120_000 }

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

function environment(): Record<string, string> {
  return { ...cloudflare.environment(home.path), SPL_TOKEN: 'spl_prod_of_the_daemon' }
}

function spl(...args: string[]): Promise<SplRun> {
  return runSpl(['gateway', ...args], { home: home.path, env: environment() })
}

async function aProject(...args: string[]): Promise<void> {
  const { stderr, code } = await spl('init', project, '--owner', OWNER, ...args)
  expect(`${code} ${stderr}`).toMatch(/^0 /)
  symlinkSync(NODE_MODULES, join(project, 'node_modules'))
}

describe('spl gateway deploy, with the real wrangler', PATIENT, () => {
  test('uploads the packaged Worker with its bindings, its migration and no secret', async () => {
    await aProject()
    const { code, stdout, stderr } = await spl('deploy', project, '--json')
    expect(`${code} ${stderr}`).toMatch(/^0 /)
    expect(JSON.parse(stdout)).toMatchObject({
      object: 'gateway_deploy',
      dry_run: false,
      name: 'spl-gateway',
      owner: OWNER,
      hostnames: ['https://spl-gateway.me.workers.dev'],
    })
    const [upload] = cloudflare.uploads
    expect(upload?.metadata.bindings).toEqual(
      expect.arrayContaining([
        { name: 'OWNER_DID', type: 'plain_text', text: OWNER },
        expect.objectContaining({ name: 'PUBLIC_HOSTNAMES', type: 'plain_text' }),
        { name: 'CLIENT_ADDRESS_HEADER', type: 'plain_text', text: 'CF-Connecting-IP' },
        { name: 'TUNNEL', type: 'durable_object_namespace', class_name: 'TunnelObject' },
        { name: 'REGISTRY', type: 'durable_object_namespace', class_name: 'RegistryObject' },
        expect.objectContaining({ name: 'ADDRESS_LIMIT', type: 'ratelimit' }),
        expect.objectContaining({ name: 'STRANGER_LIMIT', type: 'ratelimit' }),
      ]),
    )
    expect(upload?.metadata.bindings).toHaveLength(7)
    expect(upload?.metadata.migrations).toMatchObject({
      new_tag: 'v2',
      steps: [{ new_sqlite_classes: ['TunnelObject'] }, { new_sqlite_classes: ['RegistryObject'] }],
    })
    expect(upload?.parts.get('worker.js')).toContain('TunnelObject')
    expect(upload?.body).not.toMatch(/secret_text"\s*,\s*"text|BEGIN PRIVATE KEY/)
    expect(upload?.body).not.toContain('spl_prod_of_the_daemon')
    // What it will do comes before what wrangler says.
    expect(stderr).toMatch(
      new RegExp(`^Deploying [\\s\\S]*Owner +${OWNER}[\\s\\S]*Account +${ACCOUNT}`),
    )
    expect(stderr.indexOf('Owner')).toBeLessThan(stderr.indexOf('Uploaded'))
  })

  test('shows the token nowhere, also when the other side repeats it', async () => {
    await aProject()
    cloudflare.refusal = {
      match: /^PUT /,
      status: 400,
      code: 10021,
      message: `the token ${TOKEN} is fine but the script is not`,
    }
    const { code, stdout, stderr } = await spl('deploy', project)
    expect(code).toBe(1)
    expect(stderr).toContain('[token]')
    expect(stdout + stderr).not.toContain(TOKEN)
  })

  test('applies only the newer migrations over a version that had the first', async () => {
    await aProject()
    cloudflare.migrationTag = 'v1'
    cloudflare.place('spl-gateway', [
      { name: 'TUNNEL', type: 'durable_object_namespace', class_name: 'TunnelObject' },
      { name: 'OWNER_DID', type: 'plain_text', text: OWNER },
    ])
    const { code, stderr } = await spl('deploy', project)
    expect(`${code} ${stderr}`).toMatch(/^0 /)
    expect(cloudflare.uploads[0]?.metadata.migrations).toMatchObject({
      old_tag: 'v1',
      new_tag: 'v2',
      steps: [{ new_sqlite_classes: ['RegistryObject'] }],
    })
  })

  test('lets a home that has another identity now have its own gateway again', async () => {
    const paths = homeAt(home.path)
    prepareHome(paths)
    const before = loadIdentity(paths).did
    await spl('init', project)
    symlinkSync(NODE_MODULES, join(project, 'node_modules'))
    await spl('deploy', project)
    const { to } = await rotateIdentity(paths, false)
    // The project remembered the owner that is no more.
    expect((await spl('init', project)).code).toBe(0)
    const { code, stderr } = await spl('deploy', project)
    expect(`${code} ${stderr}`).toMatch(/^0 /)
    expect(stderr).toContain(`instead of ${before}, the former identity of this home`)
    expect(cloudflare.uploads[1]?.metadata.bindings).toContainEqual({
      name: 'OWNER_DID',
      type: 'plain_text',
      text: to,
    })
  })

  test('brings a newer version over the older without applying a migration twice', async () => {
    await aProject()
    await spl('deploy', project)
    const { code, stderr } = await spl('deploy', project)
    expect(`${code} ${stderr}`).toMatch(/^0 /)
    expect(stderr).toContain('this becomes its next version')
    expect(cloudflare.uploads).toHaveLength(2)
    expect(cloudflare.uploads[1]?.metadata.migrations).toBeUndefined()
  })

  test('brings the Worker of an older spl up to this one, and leaves what a person changed', async () => {
    await aProject()
    const note = JSON.parse(readFileSync(join(project, '.spl-gateway.json'), 'utf8'))
    const { createHash } = await import('node:crypto')
    const older = 'export class TunnelObject {}\nexport default {}\n'
    note.files['worker.js'] = createHash('sha256').update(older).digest('hex')
    writeFileSync(join(project, 'worker.js'), older)
    writeFileSync(join(project, '.spl-gateway.json'), JSON.stringify(note))
    const mine = readFileSync(join(project, 'wrangler.toml'), 'utf8').replace('6000', '60')
    writeFileSync(join(project, 'wrangler.toml'), mine)
    const { code, stderr } = await spl('deploy', project)
    expect(`${code} ${stderr}`).toMatch(/^0 /)
    expect(stderr).toMatch(/worker\.js is updated to spl/)
    expect(stderr).toMatch(/wrangler\.toml was changed by hand/)
    expect(cloudflare.uploads[0]?.parts.get('worker.js')).toContain('OWNER_DID')
    expect(readFileSync(join(project, 'wrangler.toml'), 'utf8')).toBe(mine)
  })

  test('puts the gateway at a domain of the account', async () => {
    await aProject('--domain', 'spl.example.com')
    const { code, stdout, stderr } = await spl('deploy', project)
    expect(`${code} ${stderr}`).toMatch(/^0 /)
    expect(stdout).toMatch(/^Gateway +https:\/\/spl\.example\.com$/m)
    expect(cloudflare.requests).toContain('PUT /workers/scripts/spl-gateway/domains/records')
  })

  test('takes no domain that leads somewhere else, because wrangler would replace its record', async () => {
    await aProject('--domain', 'spl.example.com')
    const found = await findProject(project)
    const leads = (): Promise<string[]> => Promise.resolve(['203.0.113.7'])
    await expect(checkDomain(found, leads)).rejects.toMatchObject({
      code: 'DOMAIN_TAKEN',
      message: expect.stringContaining('203.0.113.7'),
      try: expect.stringContaining('--replace'),
    })
    // Once it is deployed there, the name leads to the gateway itself.
    await spl('deploy', project)
    await expect(checkDomain(found, leads)).resolves.toBeUndefined()
  })

  test('does not put itself over another Worker, nor over the gateway of another home', async () => {
    await aProject()
    cloudflare.place('spl-gateway', [{ name: 'DB', type: 'd1' }])
    expect((await spl('deploy', project)).stderr).toMatch(/\[NAME_TAKEN\]\ntry: .*--name/)
    cloudflare.place('spl-gateway', [
      { name: 'TUNNEL', type: 'durable_object_namespace', class_name: 'TunnelObject' },
      { name: 'OWNER_DID', type: 'plain_text', text: OTHER },
    ])
    const refused = await spl('deploy', project)
    expect(refused.stderr).toContain(OTHER)
    expect(refused.stderr).toMatch(/\[OWNER_DIFFERS\]\ntry: \S/)
    expect(cloudflare.uploads).toEqual([])
    expect((await spl('deploy', project, '--replace')).code).toBe(0)
    expect(cloudflare.uploads).toHaveLength(1)
  })

  test.for([
    ['a refused token', 403, 10000, 'Authentication error', 'CLOUDFLARE_TOKEN_REFUSED'],
    ['a full plan', 403, 10037, 'You have exceeded the limit of Workers', 'CLOUDFLARE_LIMIT'],
    ['other classes', 400, 10074, 'Cannot apply new-class migration', 'MIGRATION_CONFLICT'],
    ['anything else', 400, 12345, 'Something else', 'WRANGLER_FAILED'],
  ] as const)('explains %s', async ([_name, status, code, message, expected]) => {
    await aProject()
    cloudflare.refusal = { match: /^PUT /, status, code, message }
    const run = await spl('deploy', project)
    expect(run.code).toBe(1)
    expect(run.stderr).toMatch(new RegExp(`error: .*${message}.*\\[${expected}\\]\ntry: \\S`))
  })

  test('explains an account without a workers.dev subdomain', async () => {
    await aProject()
    cloudflare.subdomain = undefined
    const { code, stderr } = await spl('deploy', project)
    expect(code).toBe(1)
    expect(stderr).toMatch(/\[WORKERS_DEV_UNREGISTERED\]\ntry: .*--domain/)
  })

  test('explains a missing and a wrong token, and a line that is down', async () => {
    await aProject()
    const deploy = (env: Record<string, string>): Promise<SplRun> =>
      runSpl(['gateway', 'deploy', project], { home: home.path, env: { ...environment(), ...env } })
    expect((await deploy({ CLOUDFLARE_API_TOKEN: '' })).stderr).toMatch(
      /\[CLOUDFLARE_TOKEN_MISSING\]\ntry: set CLOUDFLARE_API_TOKEN/,
    )
    const wrong = await deploy({ CLOUDFLARE_API_TOKEN: 'another-token-0123' })
    expect(wrong.stderr).toMatch(/\[CLOUDFLARE_TOKEN_REFUSED\]\ntry: \S/)
    expect(wrong.stderr).not.toContain('another-token-0123')
    const down = await deploy({ CLOUDFLARE_API_BASE_URL: 'http://127.0.0.1:1/client/v4' })
    expect(down.stderr).toMatch(/\[CLOUDFLARE_UNREACHABLE\]\ntry: \S/)
  })

  test('takes the pinned wrangler from npx where the project has none', async () => {
    await spl('init', project, '--owner', OWNER)
    const folder = join(home.path, 'bin')
    mkdirSync(folder)
    const args = join(home.path, 'npx-arguments')
    writeFileSync(join(folder, 'npx'), `#!/bin/sh\necho "$@" > '${args}'\n`)
    chmodSync(join(folder, 'npx'), 0o755)
    const { code } = await runSpl(['gateway', 'deploy', project, '--dry-run'], {
      home: home.path,
      env: { ...environment(), PATH: `${folder}:${process.env['PATH']}` },
    })
    expect(code).toBe(0)
    expect(readFileSync(args, 'utf8')).toMatch(/^--yes wrangler@\d+\.\d+\.\d+ deploy --dry-run\n$/)
  })

  test('takes the admin of a gateway of several owners in the owner’s place', async () => {
    mkdirSync(project)
    const vars = `[vars]\nOWNER_DID = ""\nADMIN_DID = "${OWNER}"\n`
    const toml = `name = "team"\n${vars}[[durable_objects.bindings]]\nclass_name = "TunnelObject"\n`
    writeFileSync(join(project, 'wrangler.toml'), toml)
    expect(await findProject(project)).toMatchObject({ name: 'team', owner: OWNER })
  })

  test.for([
    ['no project', undefined, 'GATEWAY_PROJECT_MISSING'],
    ['another Worker', 'name = "blog"\nmain = "index.js"\n', 'GATEWAY_PROJECT_FOREIGN'],
    [
      'no owner',
      'name = "x"\nclass_name = "TunnelObject"\n[vars]\nOWNER_DID = ""\n',
      'OWNER_MISSING',
    ],
  ] as const)('refuses a directory with %s', async ([_name, toml, code]) => {
    mkdirSync(project)
    if (toml !== undefined) writeFileSync(join(project, 'wrangler.toml'), toml)
    const run = await spl('deploy', project)
    expect(run.code).toBe(2)
    expect(run.stderr).toMatch(new RegExp(`\\[${code}\\]\ntry: \\S`))
    expect(cloudflare.requests).toEqual([])
  })
})

describe('spl gateway remove', PATIENT, () => {
  test('deletes the Worker once somebody means it', async () => {
    await aProject()
    await spl('deploy', project)
    const asked = await spl('remove', project)
    expect(asked.code).toBe(2)
    expect(asked.stderr).toMatch(
      /nothing at home is lost[\s\S]*\[CONFIRMATION_NEEDED\]\ntry: .*--yes/,
    )
    expect(cloudflare.deleted).toEqual([])
    const { code, stdout, stderr } = await spl('remove', project, '--yes', '--json')
    expect(`${code} ${stderr}`).toMatch(/^0 /)
    expect(JSON.parse(stdout)).toEqual({
      object: 'gateway_removal',
      name: 'spl-gateway',
      disconnected: false,
    })
    expect(cloudflare.deleted).toEqual(['spl-gateway'])
    expect((await spl('remove', project, '--yes')).stderr).toContain('[WORKER_MISSING]')
  })

  test('knows that the Worker is gone, though a narrow token may not look for leftovers', async () => {
    await aProject()
    await spl('deploy', project)
    const message = 'Authentication error'
    cloudflare.refusal = { match: /storage\/kv/, status: 403, code: 10000, message }
    const { code, stdout } = await spl('remove', project, '--yes')
    expect(`${code} ${stdout}`).toBe('0 removed spl-gateway\n')
    expect(cloudflare.deleted).toEqual(['spl-gateway'])
  })

  test('does not delete another account’s Worker', async () => {
    await aProject()
    cloudflare.place('spl-gateway', [{ name: 'OWNER_DID', type: 'plain_text', text: OTHER }])
    const { code, stderr } = await spl('remove', project, '--yes')
    expect(code).toBe(1)
    expect(stderr).toContain('[OWNER_DIFFERS]')
    expect(cloudflare.deleted).toEqual([])
  })
})

describe('spl gateway logs', PATIENT, () => {
  test('follows the deployed Worker, one event a line, until a signal', async () => {
    await aProject()
    await spl('deploy', project)
    cloudflare.tailEvents = [
      { outcome: 'ok', event: { request: { url: 'https://spl.example.com/health' } }, logs: [] },
    ]
    const child = startSpl(['gateway', 'logs', project, '--json'], {
      home: home.path,
      env: environment(),
    })
    const errors = text(child.stderr as Readable)
    const [data] = (await once(child.stdout as Readable, 'data')) as [Buffer]
    expect(JSON.parse(data.toString())).toMatchObject({ outcome: 'ok' })
    child.kill('SIGINT')
    const [code] = (await once(child, 'close')) as [number | null]
    expect(`${code} ${await errors}`).toMatch(/^0 following spl-gateway/)
  })

  test('says where the lines of a gateway in a terminal are', async () => {
    const { code, stderr } = await spl('logs', '--self-hosted')
    expect(code).toBe(1)
    expect(stderr).toMatch(/\[SERVICE_MISSING\]\ntry: .*--install-service/)
  })
})
