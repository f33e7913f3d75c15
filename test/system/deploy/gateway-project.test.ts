import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import manifest from '../../../package.json' with { type: 'json' }
import { writeProject } from '../../../local-daemon/cli/gateway/project/write-project.ts'
import { loadIdentity } from '../../../local-daemon/access/identity/identity.ts'
import { homeAt } from '../../../local-daemon/home/home.ts'
import { prepareHome } from '../../../local-daemon/home/prepare-home.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'
import { runHere } from '../../support/cli/run-here.ts'
import type { SplRun } from '../../support/cli/run-spl.ts'

const OTHER = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'

let home: ReturnType<typeof aHome>
let project: string
let did: string

beforeEach(() => {
  home = aHome()
  prepareHome(homeAt(home.path))
  did = loadIdentity(homeAt(home.path)).did
  project = join(home.path, 'project')
})

afterEach(() => home[Symbol.dispose]())

function init(...args: string[]): Promise<SplRun> {
  return runHere(['gateway', 'init', project, '--json', ...args], { home: home.path })
}

function fileOf(name: string): string {
  return readFileSync(join(project, name), 'utf8')
}

describe('spl gateway init', { timeout: 60_000 }, () => {
  test('writes a project for the daemon of the home, which needs only wrangler', async () => {
    const { code, stdout } = await init()
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      object: 'gateway_project',
      name: 'spl-gateway',
      owner: did,
      domain: null,
      workers_dev: true,
    })
    expect(readdirSync(project).toSorted()).toEqual([
      '.gitignore',
      '.spl-gateway.json',
      'README.md',
      'package.json',
      'worker.js',
      'wrangler.toml',
    ])
    expect(fileOf('wrangler.toml')).toContain(`OWNER_DID = "${did}"`)
    expect(JSON.parse(fileOf('package.json'))).toMatchObject({
      private: true,
      devDependencies: { wrangler: manifest.devDependencies.wrangler },
    })
    expect(fileOf('worker.js')).not.toMatch(/from ["']\.\.?\//)
  })

  test('has no secret in any file', async () => {
    await init()
    const key = readFileSync(homeAt(home.path).instanceKey, 'utf8').split('\n')[1] ?? ''
    for (const name of readdirSync(project)) {
      expect(fileOf(name)).not.toContain(key)
      expect(fileOf(name)).not.toMatch(/spl_prod_sa_[a-z0-9]{16}_/)
    }
  })

  test('changes nothing when it is called again, and remembers what was chosen', async () => {
    await init('--name', 'team', '--owner', OTHER, '--domain', 'Spl.Example.com', '--workers-dev')
    const before = fileOf('wrangler.toml')
    const { stdout } = await init()
    const { files, ...settings } = JSON.parse(stdout)
    expect(settings).toMatchObject({
      name: 'team',
      owner: OTHER,
      domain: 'spl.example.com',
      workers_dev: true,
    })
    expect(files.map(({ state }: { state: string }) => state)).toEqual(files.map(() => 'unchanged'))
    expect(fileOf('wrangler.toml')).toBe(before)
  })

  test('gives a domain of its own no workers.dev hostname unless told', async () => {
    await init('--domain', 'spl.example.com')
    expect(fileOf('wrangler.toml')).toContain(
      'routes = [{ pattern = "spl.example.com", custom_domain = true }]',
    )
    expect(fileOf('wrangler.toml')).toContain('workers_dev = false')
  })

  test('touches nothing when a person has changed one file; --force keeps theirs beside', async () => {
    await init()
    const mine = `${fileOf('wrangler.toml')}# mine\n`
    writeFileSync(join(project, 'wrangler.toml'), mine)
    const refused = await init('--name', 'other')
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/wrangler\.toml \[GATEWAY_FILES_CHANGED\]\ntry: .*--force/)
    expect(fileOf('wrangler.toml')).toBe(mine)
    expect(fileOf('package.json')).toContain('"spl-gateway"')
    const forced = await init('--name', 'other', '--force')
    expect(forced.code).toBe(0)
    expect(fileOf('wrangler.toml.old')).toBe(mine)
    expect(fileOf('wrangler.toml')).toContain('name = "other"')
  })

  test('finishes what was cut off between any two of its files', async () => {
    await init('--name', 'old')
    const note = JSON.parse(fileOf('.spl-gateway.json'))
    const old = Object.fromEntries(readdirSync(project).map((name) => [name, fileOf(name)]))
    await init('--name', 'new')
    const whole = Object.fromEntries(readdirSync(project).map((name) => [name, fileOf(name)]))
    const begun = JSON.stringify({
      ...JSON.parse(fileOf('.spl-gateway.json')),
      earlier: [note.files],
    })
    const written = ['wrangler.toml', 'worker.js', 'package.json', 'README.md', '.gitignore']
    for (const [before, prefix] of [old, {}].flatMap((before) =>
      [0, 1, 2, 3, 4, 5].map((files) => [before, written.slice(0, files)] as const),
    )) {
      rmSync(project, { recursive: true, force: true })
      mkdirSync(project)
      for (const [name, text] of Object.entries(before)) writeFileSync(join(project, name), text)
      writeFileSync(join(project, '.spl-gateway.json'), begun)
      for (const name of prefix) writeFileSync(join(project, name), whole[name] ?? '')
      writeFileSync(join(project, `${written[prefix.length]}.new`), 'half a fi')
      const settings = { ...note.settings, name: 'new' }
      await writeProject(project, settings, whole['worker.js'] ?? '', 'refuse')
      for (const name of Object.keys(whole)) expect(fileOf(name)).toBe(whole[name])
    }
  })

  test('that was cut off before its first file is told, with the directory to begin again with', async () => {
    mkdirSync(project)
    writeFileSync(join(project, 'wrangler.toml.new'), 'name = ')
    const told = await runHere(['gateway', 'deploy', project, '--dry-run'], { home: home.path })
    expect(told.code).toBe(2)
    expect(told.stderr).toContain(`[GATEWAY_PROJECT_MISSING]\ntry: spl gateway init ${project},`)
    expect((await init()).code).toBe(0)
    expect(readdirSync(project)).not.toContain('wrangler.toml.new')
  })

  test('does not overwrite a foreign project', async () => {
    await init()
    const foreign = join(home.path, 'foreign')
    project = foreign
    await init()
    writeFileSync(join(foreign, '.spl-gateway.json'), '{}')
    writeFileSync(join(foreign, 'package.json'), '{"name":"theirs"}')
    expect((await init()).stderr).toContain('[GATEWAY_FILES_CHANGED]')
    expect(fileOf('package.json')).toBe('{"name":"theirs"}')
  })

  test.for([
    [['--name', 'Bad Name'], 'NAME_INVALID'],
    [['--name', 'a"\nmain = "evil.js'], 'NAME_INVALID'],
    [['--owner', 'did:key:zNobody'], 'OWNER_INVALID'],
    [['--domain', 'https://spl.example.com'], 'DOMAIN_INVALID'],
    [['--domain', '*.example.com'], 'DOMAIN_INVALID'],
    [['--domain', 'spl.me.workers.dev'], 'DOMAIN_INVALID'],
    [['--domain', '203.0.113.7'], 'DOMAIN_INVALID'],
    [['--no-workers-dev'], 'HOSTNAME_MISSING'],
    [['--admin', 'self'], 'HOSTNAME_MISSING'],
    [['--admin', 'nobody', '--domain', 'spl.example.com'], 'OWNER_INVALID'],
    [['--hostname', 'alice.example.com'], 'DOMAIN_INVALID'],
    [['--admin', 'self', '--domain', 'spl.example.com', '--zone', 'example.org'], 'DOMAIN_INVALID'],
    [
      ['--admin', 'self', '--domain', 'spl.example.com', '--hostname', 'a"}]\nmain = "evil.js'],
      'DOMAIN_INVALID',
    ],
  ] as const)('refuses %s and writes nothing', async ([args, code]) => {
    const { code: exit, stderr } = await init(...args)
    expect(exit).toBe(2)
    expect(stderr).toMatch(new RegExp(`\\[${code}\\]\ntry: \\S`))
    expect(existsSync(project)).toBe(false)
  })

  test('writes several owners with their hostnames, and remembers that', async () => {
    const { code, stdout, stderr } = await init('--admin', 'self', '--domain', 'Spl.Example.com')
    expect(`${code} ${stderr}`).toMatch(/^0 /)
    expect(JSON.parse(stdout)).toMatchObject({
      owner: null,
      admin: did,
      domain: 'spl.example.com',
      hostnames: ['*.spl.example.com'],
      zone: 'example.com',
      workers_dev: false,
    })
    const before = fileOf('wrangler.toml')
    expect(before).toContain(`routes = [
  { pattern = "spl.example.com", custom_domain = true },
  { pattern = "*.spl.example.com/*", zone_name = "example.com" },
]`)
    expect(before).toContain(`ADMIN_DID = "${did}"`)
    expect(before).not.toContain('OWNER_DID')
    const again = JSON.parse((await init()).stdout)
    expect(again.files.every(({ state }: { state: string }) => state === 'unchanged')).toBe(true)
    expect(fileOf('wrangler.toml')).toBe(before)
    await init('--hostname', 'Alice.example.com', 'bob.example.com')
    expect(fileOf('wrangler.toml')).toContain(`routes = [
  { pattern = "spl.example.com", custom_domain = true },
  { pattern = "alice.example.com", custom_domain = true },
  { pattern = "bob.example.com", custom_domain = true },
]`)
    // An owner instead of the admin: nothing of the several is left.
    await init('--owner', OTHER)
    expect(fileOf('wrangler.toml')).toContain(
      'routes = [{ pattern = "spl.example.com", custom_domain = true }]',
    )
    expect(fileOf('wrangler.toml')).toContain(`OWNER_DID = "${OTHER}"`)
    expect(fileOf('wrangler.toml')).not.toContain('ADMIN_DID')
  })

  test('goes on with a project of an spl that knew one owner alone', async () => {
    await init('--domain', 'spl.example.com')
    const note = JSON.parse(fileOf('.spl-gateway.json'))
    const { several: _several, hostnames: _hostnames, zone: _zone, ...older } = note.settings
    writeFileSync(join(project, '.spl-gateway.json'), JSON.stringify({ ...note, settings: older }))
    const { files, ...settings } = JSON.parse((await init()).stdout)
    expect(settings).toMatchObject({ owner: did, admin: null, hostnames: [], zone: null })
    expect(files.every(({ state }: { state: string }) => state === 'unchanged')).toBe(true)
  })

  test('takes an owner or an admin, not both', async () => {
    const { code, stderr } = await init('--owner', OTHER, '--admin', OTHER)
    expect(code).toBe(2)
    expect(stderr).toContain('--owner')
    expect(existsSync(project)).toBe(false)
  })

  test('says that it knows no owner where no daemon has run', async () => {
    using empty = aHome()
    const { code, stderr } = await runHere(['gateway', 'init', project], { home: empty.path })
    expect(code).toBe(2)
    expect(stderr).toContain('[OWNER_MISSING]')
  })
})

test(
  'the written project and the repository deploy the same Worker to the real wrangler',
  { timeout: 90_000 },
  async () => {
    await init()
    symlinkSync(
      fileURLToPath(new URL('../../../node_modules', import.meta.url)),
      join(project, 'node_modules'),
    )
    const args = ['gateway', 'deploy', project, '--dry-run']
    const ours = await runHere(args, { home: home.path, env: { HOME: home.path } })
    expect(ours.code).toBe(0)
    expect(ours.stdout).toBe('nothing was deployed\n')
    expect(ours.stderr).toMatch(/env\.TUNNEL \(TunnelObject\) +Durable Object/)
    expect(ours.stderr).toMatch(/env\.ADDRESS_LIMIT \(6000 requests\/60s\) +Rate Limit/)
    expect(ours.stderr).toMatch(/env\.STRANGER_LIMIT \(120 requests\/60s\) +Rate Limit/)
    expect(ours.stderr).toContain('--dry-run: exiting now.')
    // Whatever the repository's own settings say, the written ones say too.
    const repository = readFileSync(new URL('../../../wrangler.toml', import.meta.url), 'utf8')
    const settings = (toml: string): string[] =>
      toml
        .split('\n')
        .filter(
          (line) =>
            /^[[a-z]/iu.test(line) && !/^(?:name = "spl|main|OWNER_DID|preview_urls)/u.test(line),
        )
        .toSorted()
    expect(settings(fileOf('wrangler.toml'))).toEqual(settings(repository))
  },
)
