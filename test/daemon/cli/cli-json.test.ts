import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runHere } from '../../support/cli/run-here.ts'
import { aDaemon, aHome, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { commandTree } from './command-tree.ts'
import { fieldsOf, jsonRows, shapeOf } from './json-rows.ts'

/** What prints no JSON: a script for a shell, and a page to read. */
const WITHOUT_JSON = ['completion', 'help']

const ROWS = jsonRows()
/** A line that begins with an option goes on with the command of the one before. */
const LINES = ROWS.flatMap(({ lines }) => lines).filter((line) => !line.startsWith('--'))
const commandOf = (line: string): string => line.split(' --')[0] ?? ''

describe('docs/cli-json.md', () => {
  const leaves = commandTree()
    .filter(({ isGroup }) => !isGroup)
    .map(({ name }) => name)

  test('has a row for every command that prints JSON', () => {
    const written = new Set(LINES.map((line) => commandOf(line)))
    expect(leaves.filter((name) => !written.has(name) && !WITHOUT_JSON.includes(name))).toEqual([])
  })

  test('has no row for another command', () => {
    expect(LINES.filter((line) => !leaves.includes(commandOf(line)))).toEqual([])
  })

  test('is read as it is meant', () => {
    expect(fieldsOf('{object:"x", a, b?, c:{d, e:[f]}, g:"h"\\|"i", j:[{k}]}')).toEqual({
      required: ['object', 'a', 'c', 'g', 'j'],
      optional: ['b'],
    })
  })
})

let served: TestDaemon
let account: string

beforeAll(async () => {
  served = await aDaemon()
  const request = { name: 'ci', scopes: ['admin' as const], actors: [] }
  account = (await served.daemon.access.accounts.createWithToken(request, null)).account
})

afterAll(() => served[Symbol.asyncDispose]())

/** Runs for real what prints an object; `<out>` is a new file, `<sa>` an account. */
const RUN: readonly (readonly [line: string, row: string])[] = [
  ['intend tea --thread th_tea', 'intend'],
  ['do tea --thread th_tea', 'do'],
  ['know tea --thread th_tea', 'know'],
  ['learn tea --thread th_tea', 'learn'],
  ['thread list', 'thread list'],
  ['thread records th_tea', 'thread records'],
  ['pair --device phone --url https://localhost:1 --out <out>', 'pair'],
  ['pair --device phone --url https://localhost:1 --invite --out <out>', 'pair --invite'],
  ['pair invites', 'pair invites'],
  ['pair cancel <invite>', 'pair cancel'],
  ['pair redeem <code> --url <base> --out <out>', 'pair redeem'],
  ['login <base> --code <code> --home <elsewhere>', 'login'],
  ['logout --home <elsewhere>', 'logout'],
  ['service-account create --name a', 'service-account create'],
  ['service-account create --name a --out <out>', 'service-account create'],
  ['service-account list', 'service-account list'],
  ['service-account describe <sa>', 'service-account describe'],
  ['token create --sa <sa> --out <out>', 'token create'],
  ['token list', 'token list'],
  ['token rotate <sa> --out <out>', 'token rotate'],
  ['token info <bearer>', 'token info'],
  ['token save <bearer> --home <elsewhere>', 'token save'],
  ['token unset --home <elsewhere>', 'token unset'],
  ['token show-source --token <bearer>', 'token show-source'],
  ['service-account revoke <sa>', 'service-account revoke'],
  ['config show', 'config show'],
  ['config get token_burst', 'config get'],
  ['config unset token_burst', 'config unset'],
  ['config set token_burst 50', 'config set'],
  ['config auth-set-cors-origins https://a.example', 'config auth-set-cors-origins'],
  ['config path', 'config path'],
  ['tunnel log --via all', 'tunnel log'],
  ['status', 'status'],
  ['serve --status', 'serve --status'],
  ['serve --stop --home <elsewhere>', 'serve --stop'],
  ['version', 'version'],
]

describe('the keys that the page names are those that are printed by', () => {
  test.each(RUN)('spl %s', async (line, name) => {
    using elsewhere = aHome()
    const words = await Promise.all(line.split(' ').map((word) => filled(word, elsewhere.path)))
    const run = await runHere([...words, '--json'], { home: served.daemon.home.root })
    expect([run.code, run.stderr.includes('error:')]).toEqual([0, false])
    const printed = JSON.parse(run.stdout.split('\n')[0] ?? '') as Record<string, unknown>
    const row = ROWS.find(({ lines }) => lines.includes(name))
    const { required, optional } = row === undefined ? fieldsOf('') : shapeOf(row)
    expect(required.length).toBeGreaterThan(2)
    expect(required.filter((key) => !Object.hasOwn(printed, key))).toEqual([])
    expect(Object.keys(printed).filter((key) => ![...required, ...optional].includes(key))).toEqual(
      [],
    )
  })
})

async function filled(word: string, elsewhere: string): Promise<string> {
  if (word === '<out>') return join(elsewhere, 'out')
  if (word === '<elsewhere>') return elsewhere
  if (word === '<sa>') return account
  if (word === '<base>') return served.base
  if (word === '<bearer>') return served.bearer
  if (word !== '<code>' && word !== '<invite>') return word
  const answer = await served.post('/v1/invites', { device: 'a', scopes: ['records:read'] })
  const { code, invite_id } = (await answer.json()) as { code: string; invite_id: string }
  return word === '<code>' ? code : invite_id
}
