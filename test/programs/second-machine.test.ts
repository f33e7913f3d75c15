import { spawnSync } from 'node:child_process'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runSpl, type SplRun } from '../support/cli/run-spl.ts'
import { type Way, type Ways, waysToADaemon } from './ways-to-a-daemon.ts'

const hasCaddy = spawnSync('caddy', ['version']).status === 0
if (!hasCaddy) {
  // A missing program is no reason to fail at home, and must not look like a pass elsewhere.
  if (process.env['CI'] === 'true') throw new Error('caddy is missing: apt-get install caddy')
  process.stderr.write('caddy is not installed: the command line is not tested through a proxy\n')
}

let stage: Ways

beforeAll(async () => {
  stage = await waysToADaemon(hasCaddy)
}, 120_000)

afterAll(() => stage[Symbol.asyncDispose]())

/** What a command wrote, without what differs from one call to the next: ids, secrets, times, counts of bytes. */
function alike({ code, stdout, stderr }: SplRun): SplRun {
  return { code, stdout: withoutChance(stdout), stderr: withoutChance(stderr) }
}

function withoutChance(text: string): string {
  return (
    text
      .replaceAll(/\b(?:spl_[\w-]+|spi_[\w-]+|sa_\w+|th_[0-9a-f]{64})/gu, '<id>')
      // Shortened ones too.
      .replaceAll(/\b(?:[0-9a-f]{32,}|[0-9a-f]{12})\b/gu, '<hash>')
      .replaceAll(/"(?:id|invite_id|token_id|record_id|sig)":"[^"]*"/gu, '"id":"<id>"')
      .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/gu, '<time>')
      .replaceAll(/"(\w+_at|clock|version|bytes_\w+|round_trip_ms)":\d+/gu, '"$1":0')
      .replaceAll(/^Clock {3}\d+$/gmu, 'Clock')
      .replaceAll(/#\S+/gu, '#<link>')
      .replaceAll(/^[█▀▄ ]+$/gmu, '')
      .replaceAll(/\n+/gu, '\n')
  )
}

async function onEveryWay(line: (way: Way) => readonly string[]): Promise<Map<string, SplRun>> {
  const runs = stage.ways.map(async (way): Promise<[string, SplRun]> => [
    way.name,
    await runSpl(line(way), way.where),
  ])
  return new Map(await Promise.all(runs))
}

/** The ways on which a command went otherwise than at home. */
function unlike(runs: Map<string, SplRun>): object[] {
  const [[, first] = [], ...others] = runs
  const athome = first && alike(first)
  return others
    .map(([name, run]) => ({ name, ...alike(run), athome }))
    .filter(({ name: _name, athome: wanted, ...run }) => !isDeepStrictEqual(run, wanted))
}

/** The same words on every way. */
const CHANGES = [
  'intend paint --thread th_paint',
  'do bought --thread th_paint',
  'know done --thread th_paint --body {"fulfills":"x"}',
  'learn spring --thread th_paint --actor did:sync:agent:lint',
  'service-account create --name ci',
  'service-account create --name ci --with-token --ttl 30d',
  'token create --sa <account>',
  'token rotate <account>',
  'pair --device phone --url <gateway> --no-qr',
  'pair --device phone --url <gateway> --invite --no-qr',
  'config set token_burst 77',
  'config auth-set-cors-origins https://a.example,https://b.example',
  'service-account revoke <account> --reason lost',
  // Refusals too.
  'config set trusted_proxies nonsense',
  'do nothing --thread th_service_accounts',
  'service-account describe sa_nobody',
  'token create --sa sa_nobody',
  'token revoke --sa <account> --token-id 00000000',
  'pair cancel 00000000',
  'thread list --limit 0',
] as const

describe('from a second machine as at home', () => {
  test.each(CHANGES)('spl %s', async (line) => {
    const accounts = new Map(
      await Promise.all(stage.ways.map(async ({ name }) => [name, await anAccount()] as const)),
    )
    const words = (way: Way): string[] =>
      line
        .split(' ')
        .map((word) => word.replace('<account>', accounts.get(way.name) ?? ''))
        .map((word) => word.replace('<gateway>', stage.home.gateway.origin))
    const human = await onEveryWay(words)
    expect(unlike(human)).toEqual([])
    const isSecret =
      human.get('socket')?.stderr.includes('shown this once') || line.includes('pair ')
    if (isSecret) return
    expect(unlike(await onEveryWay((way) => [...words(way), '--json']))).toEqual([])
  })

  test.each([
    'thread list',
    'thread records th_paint',
    'service-account list --limit 3',
    'service-account describe <account>',
    'token list --limit 3',
    'token list --sa <account>',
    'pair invites',
    'config show',
    'thread records th_nothing',
  ])('spl %s, to the letter', async (line) => {
    const account = await anAccount()
    const words = line.split(' ').map((word) => word.replace('<account>', account))
    for (const more of [[], ['--json']]) {
      const runs = await onEveryWay(() => [...words, ...more])
      const [first] = runs.values()
      for (const [name, run] of runs) expect([name, run]).toEqual([name, first])
    }
  })

  test('spl tunnel status', async () => {
    const keys = [...(await onEveryWay(() => ['tunnel', 'status', '--json']))].map(([, run]) => {
      const link = JSON.parse(run.stdout) as Record<string, unknown>
      return [run.code, Object.keys(link), link['state'], link['gateway_url']]
    })
    expect(new Set(keys.map((one) => JSON.stringify(one))).size).toBe(1)
    const names = [...(await onEveryWay(() => ['tunnel', 'status']))].map(([, run]) =>
      run.stdout.replaceAll(/ {2}.*$/gmu, ''),
    )
    expect(new Set(names).size).toBe(1)
  })

  test('spl tunnel log', async () => {
    const runs = await onEveryWay(() => ['tunnel', 'log', '--via', 'all', '--json'])
    const shapes = [...runs.values()].map(({ code, stdout, stderr }) => {
      const [line = '{}'] = stdout.split('\n')
      return JSON.stringify([code, stderr, Object.keys(JSON.parse(line) as object)])
    })
    expect(new Set(shapes).size).toBe(1)
    expect(shapes[0]).toContain('request_id')
  })

  test('spl status has the same fields, and tells the same daemon', async () => {
    const runs = await onEveryWay(() => ['status', '--json'])
    const told = [...runs].map(([, { code, stdout }]) => {
      const { status, version, instance_did, ...more } = JSON.parse(stdout) as Record<
        string,
        unknown
      >
      return JSON.stringify([code, status, version, instance_did, Object.keys(more)])
    })
    expect(new Set(told).size).toBe(1)
    expect(runs.get('gateway')?.stdout).toContain('"scopes":["admin"]')
  })
})

test.each(['serve --status', 'serve --stop'])(
  'spl %s says that it is about this machine',
  async (line) => {
    const login = stage.ways.find(({ name }) => name === 'login') as Way
    const run = await runSpl(line.split(' '), login.where)
    expect(run.stderr).toContain(
      `spl serve works on this machine, not on ${stage.home.gateway.origin}`,
    )
    expect(run.stderr).toContain('spl status')
  },
)

test('what only the daemon’s machine may do is refused with the next step', async () => {
  const line = 'service-account create --bootstrap --name admin'.split(' ')
  const runs = await onEveryWay(() => line)
  for (const [name, run] of runs) {
    if (name !== 'socket') expect([name, run.code]).not.toEqual([name, 0])
    expect([name, run.stderr]).toEqual([name, expect.stringMatching(/^try: \S/mu)])
  }
})

async function anAccount(): Promise<string> {
  const { accounts } = stage.home.daemon().access
  const request = { name: 'ci', scopes: ['records:read' as const], actors: [] }
  return (await accounts.createWithToken(request, null)).account
}
