import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runHere } from '../../../support/cli/run-here.ts'
import { aDaemon, aDraft, aHome, type TestDaemon } from '../../../support/daemon/a-daemon.ts'
import { splWithInput } from '../spl-with-input.ts'

let from: TestDaemon
let whole: string
let drafts: string
beforeAll(async () => {
  from = await aDaemon()
  for (const name of ['open', 'team', 'team/ops']) await from.post('/v1/namespaces', { name })
  const names = [undefined, 'open', 'team/ops', undefined]
  const lines = names.map((namespace, n) =>
    aDraft({ thread: `th_${n}`, clock: 0, body: { n, ...(namespace && { namespace }) } }),
  )
  for (const line of lines) await from.post('/v1/records', line)
  const file = join(from.daemon.home.root, 'all.ndjson')
  await runHere(['export', '-o', file], { home: from.daemon.home.root })
  whole = readFileSync(file, 'utf8')
  drafts = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
})
afterAll(() => from[Symbol.asyncDispose]())

let to: TestDaemon
let folder: ReturnType<typeof aHome>
beforeEach(async () => {
  to = await aDaemon()
  folder = aHome()
})
afterEach(async () => {
  await to[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

interface Way {
  readonly args: readonly string[]
  readonly input: 'file' | 'stdin'
  readonly text: () => string
}

/** Lines alone, without what is of the format itself. */
const signed = () =>
  whole
    .split('\n')
    .filter((line) => line.startsWith('{"id"'))
    .map((line) => `${line}\n`)
    .join('')
const cut = () => whole.slice(0, -20)

const WAYS: readonly (readonly [string, Way])[] = [
  ['a file', { args: [], input: 'file', text: () => whole }],
  ['a file, dry', { args: ['--dry-run'], input: 'file', text: () => whole }],
  ['a cut file, what is intact of it', { args: ['--partial'], input: 'file', text: cut }],
  ['stdin', { args: [], input: 'stdin', text: () => whole }],
  ['a cut stdin, what is intact of it', { args: ['--partial'], input: 'stdin', text: cut }],
  ['a file of signed lines', { args: ['--lines'], input: 'file', text: signed }],
  ['signed lines from stdin', { args: ['--lines'], input: 'stdin', text: signed }],
]
const NEW: readonly (readonly [string, Way])[] = [
  ['a file of new lines', { args: ['--lines'], input: 'file', text: () => drafts }],
  ['new lines from stdin', { args: ['--lines'], input: 'stdin', text: () => drafts }],
]

/** One import, at home or with a token; what it said, and how many records it has brought. */
async function imported({ args, input, text }: Way, token?: string) {
  const env = token === undefined ? undefined : { SPL_SERVE_URL: to.base, SPL_TOKEN: token }
  const where = {
    home: token === undefined ? to.daemon.home.root : folder.path,
    ...(env && { env }),
  }
  const before = to.daemon.store.head()
  if (input === 'stdin') {
    const run = await splWithInput(['import', '-', ...args], text(), where)
    return { ...run, brought: to.daemon.store.head() - before }
  }
  const file = join(folder.path, 'records.ndjson')
  writeFileSync(file, text())
  const run = await runHere(['import', file, ...args], where)
  return { ...run, brought: to.daemon.store.head() - before }
}

async function bound(reach: object): Promise<string> {
  const made = await to.post('/v1/service-accounts', {
    name: 'bound',
    scopes: ['records:write', 'federation:manage'],
    actors: ['did:sync:user:ada'],
    reach,
    with_token: true,
  })
  return ((await made.json()) as { minted: { token: string } }).minted.token
}

describe('spl import names what is missing once, and sends nothing', () => {
  test.each([...WAYS, ...NEW])('namespaces: %s', async (_what, way) => {
    const { code, stderr, brought } = await imported(way)
    expect([code, brought]).toEqual([1, 0])
    expect(stderr).toContain('nothing was sent: there is no namespace open, team, team/ops there')
    expect(stderr).toContain(
      'spl namespace create open && spl namespace create team && spl namespace create team/ops',
    )
    expect(stderr).not.toMatch(/^line /mu)
  })

  test('a slip of the hand: which line, and what was meant', async () => {
    await to.post('/v1/namespaces', { name: 'family' })
    const lines = ['family', 'familly', 'familly'].map((namespace, n) =>
      JSON.stringify(aDraft({ thread: `th_${n}`, clock: 0, body: { n, namespace } })),
    )
    const text = () => [lines[0], '{"thread":', '', lines[1], 'no', lines[2]].join('\n')
    const run = await imported({ args: ['--lines'], input: 'file', text })
    expect([run.code, run.brought]).toEqual([1, 0])
    expect(run.stderr).toContain('no namespace familly there; line 4: did you mean family?')
    expect(run.stderr).not.toContain('create familly')
    expect(run.stderr).toContain('line 2 and 1 more: not JSON')
  })

  test('namespaces, for a token that may only write', async () => {
    const [, way] = WAYS[0] as (typeof WAYS)[0]
    await to.post('/v1/namespaces', { name: 'open' })
    const token = await to.tokenWith('records:write', 'federation:manage')
    const { code, stderr, brought } = await imported(way, token)
    expect([code, brought]).toEqual([1, 0])
    expect(stderr).toContain('nothing was sent: there is no namespace team, team/ops there')
  })

  test.each(WAYS)('the scope for records of others: %s', async (_what, way) => {
    const { code, stderr, brought } = await imported(way, await to.tokenWith('records:write'))
    expect([code, brought]).toEqual([4, 0])
    expect(stderr).toContain(
      'nothing was sent: the token lacks federation:manage [SCOPE_FORBIDDEN]',
    )
    expect(stderr).toContain('use a token of an account with records:write and federation:manage')
  })

  test.each([...WAYS, ...NEW])('the scope to write: %s', async (_what, way) => {
    const { code, stderr, brought } = await imported(way, await to.tokenWith('records:read'))
    expect([code, brought]).toEqual([4, 0])
    expect(stderr).toMatch(/nothing was sent: the token lacks records:write.* \[SCOPE_FORBIDDEN\]/u)
  })

  test.each(WAYS)('namespaces out of its reach: %s', async (_what, way) => {
    await to.post('/v1/namespaces', { name: 'open' })
    const token = await bound({ namespaces: ['open'] })
    const { code, stderr, brought } = await imported(way, token)
    expect([code, brought]).toEqual([1, 0])
    expect(stderr).toContain('nothing was sent: the token does not reach default, team/ops')
    expect(stderr).toContain('[REACH_FORBIDDEN]')
  })
})

describe('spl import goes on', () => {
  test('once the namespaces are made as it says', async () => {
    for (const name of ['open', 'team', 'team/ops']) await to.post('/v1/namespaces', { name })
    for (const [, way] of [...WAYS, ...NEW])
      expect((await imported(way)).stderr).not.toMatch(/NAMESPACE_|nothing was sent/u)
    expect(['th_0', 'th_1', 'th_2'].map((one) => to.daemon.store.namespaceOf(one))).toEqual([
      'default',
      'open',
      'team/ops',
    ])
  })

  test('with a token that reaches threads alone, and takes those', async () => {
    for (const name of ['open', 'team', 'team/ops']) await to.post('/v1/namespaces', { name })
    const at = join(folder.path, 'two.ndjson')
    appendFileSync(
      at,
      signed()
        .split('\n')
        .filter((line) => /th_[03]"/u.test(line))
        .join('\n'),
    )
    const token = await bound({ threads: ['th_0', 'th_3'] })
    const env = { SPL_SERVE_URL: to.base, SPL_TOKEN: token }
    const { stderr } = await runHere(['import', '--lines', at], { home: folder.path, env })
    expect(stderr).toContain('2 accepted')
  })

  test('with a file of which everything is there, though its namespace was archived', async () => {
    const [, way] = WAYS[0] as (typeof WAYS)[0]
    for (const name of ['open', 'team', 'team/ops']) await to.post('/v1/namespaces', { name })
    expect((await imported(way)).code).toBe(0)
    const home = to.daemon.home.root
    expect((await runHere(['namespace', 'archive', 'open'], { home })).code).toBe(0)
    const again = await imported(way)
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('4 there already')])
  })
})
