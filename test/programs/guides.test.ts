import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { USE_CASES, type UseCase } from '../../local-daemon/cli/expose/use-case.ts'
import { callsIn, readCall } from '../support/cli/example-lines.ts'
import {
  canMakeMachines,
  HOSTNAME,
  LAN,
  runOnMachine,
  TAILNET,
  type LineResult,
} from './guide-machine.ts'
import { guidePage } from './guide-page.ts'
import { findProgram } from './proxy-programs.ts'

const GUIDES = new URL('../../docs/guides/', import.meta.url)
const NAMES = readdirSync(GUIDES).map((file) => file.replace(/\.md$/u, ''))
const say = (line: string) => void process.stderr.write(`${line}\n`)
const hasMachines = canMakeMachines(say)
const hasCaddy = findProgram('caddy', process.env, say) !== undefined

/** The page of each row of the matrix. */
const PAGES: Readonly<Record<UseCase, string>> = {
  phone: 'phone.md',
  'second-machine': '../second-machine.md',
  browser: 'browser.md',
  peer: 'peer.md',
  team: 'team.md',
  nobody: 'one-laptop.md',
}

/** Machines on which a block is run here; the others have what nobody may use for a test, such as an account at Cloudflare. */
const HERE = ['at home', 'on the server']

const AFTERWARDS = ['spl serve --status --json', 'spl config show --json']

describe('the guides', () => {
  test('there is one for each row of the decision matrix, and the overview leads to it', () => {
    const { text } = guidePage('README')
    expect(USE_CASES.filter((use) => !text.includes(`](${PAGES[use]})`))).toEqual([])
    const own = Object.values(PAGES).filter((page) => !page.startsWith('..'))
    expect(NAMES.map((name) => `${name}.md`).toSorted()).toEqual(['README.md', ...own].toSorted())
  })

  test.each(NAMES)('%s names only commands and options that there are', async (name) => {
    const calls = callsIn(guidePage(name).spl)
    const unknown: string[] = []
    for (const words of calls) {
      await readCall(words).catch((error: Error) => {
        unknown.push(`spl ${words.join(' ')}: ${error.message}`)
      })
    }
    expect(unknown).toEqual([])
  })

  test.each(NAMES.filter((name) => name !== 'README'))('%s is at most a page', (name) => {
    expect(guidePage(name).text.split(/\s+/u).length).toBeLessThan(600)
  })
})

describe.runIf(hasMachines)('what the guide says, done', { timeout: 180_000 }, () => {
  test('phone: spl expose', async () => {
    const ran = await follow('phone', 'The command')
    expect(outputOf(ran, 'spl expose phone')).toContain(`http://${TAILNET}:9100`)
    expect(outputOf(ran, 'spl expose phone --by lan')).toContain(`http://${LAN}:9100`)
    expect(codesOf(ran)).toEqual({ 'spl doctor': 1 })
    expect(warningsOf(ran)).toEqual(['bind', 'plain-http'])
    expectClosed(ran)
  })

  test('phone: by hand', async () => {
    const ran = await follow('phone', 'By hand')
    expect(codesOf(ran)).toEqual({})
    expectClosed(ran)
  })

  test.each(['The command', 'By hand'])('browser: %s', async (way) => {
    const ran = await follow('browser', way)
    expect(codesOf(ran)).toEqual({})
    const allowed = outputOf(ran, 'curl -si').toLowerCase()
    expect(allowed).toContain('access-control-allow-origin: https://app.example.com')
    expectClosed(ran)
  })

  test.each(['The command', 'By hand'])('peer: %s', async (way) => {
    const ran = await follow('peer', way)
    expect(codesOf(ran)).toEqual({})
    expect(outputOf(ran, 'spl gateway status')).toContain(HOSTNAME)
    expectClosed(ran)
  })

  test.runIf(hasCaddy).each(['The command', 'By hand'])('team: %s', async (way) => {
    const ran = await follow('team', way)
    // Caddy is not there yet when the proof is first tried, and nobody waits for it without a terminal.
    const early = 'spl expose team --by caddy --hostname spl.example.com --write .'
    expect(codesOf(ran)).toEqual(way === 'The command' ? { [early]: 1 } : {})
    expect(warningsOf(ran)).toEqual([])
    expectClosed(ran)
  })

  test.each(['The command', 'By hand'])('one-laptop: %s', async (way) => {
    const ran = await follow('one-laptop', way)
    expect(codesOf(ran)).toEqual({})
    expectClosed(ran)
  })
})

/** All that the guide has people do here, by one of its two ways, and then how things are. */
async function follow(name: string, way: string): Promise<readonly LineResult[]> {
  const other = way === 'By hand' ? 'The command' : 'By hand'
  const blocks = guidePage(name).blocks.filter(
    ({ section, where }) => section !== other && HERE.includes(where),
  )
  expect(blocks.some(({ section }) => section === way)).toBe(true)
  const lines = [...blocks.flatMap((block) => block.lines), ...AFTERWARDS]
  const ran = await runOnMachine(lines)
  expect(ran.map(({ line }) => line)).toEqual(lines)
  return ran
}

/** Exit codes other than 0, with what was said where one is not expected. */
function codesOf(ran: readonly LineResult[]): Record<string, number> {
  const failed = ran.filter(({ code }) => code !== 0)
  for (const { line, code, output } of failed) say(`${line}: exit code ${code}\n${output}`)
  return Object.fromEntries(failed.map(({ line, code }) => [line, code]))
}

/** What the doctor warns of, by the names of its checks; nothing has failed. */
function warningsOf(ran: readonly LineResult[]): readonly string[] {
  const said = outputOf(ran, 'spl doctor')
  expect(said).not.toMatch(/^FAIL/mu)
  return [...said.matchAll(/^warn +([a-z-]+)/gmu)].map(([, name = '']) => name)
}

function outputOf(ran: readonly LineResult[], start: string): string {
  const found = ran.filter(({ line }) => line === start || line.startsWith(`${start} -H`))
  return found.map(({ output }) => output).join('')
}

/** After the last section nobody else gets in any more. */
function expectClosed(ran: readonly LineResult[]): void {
  const [status, config] = AFTERWARDS.map((line) => JSON.parse(outputOf(ran, line)) as object)
  expect(status).toMatchObject({
    status: 'running',
    address: 'http://127.0.0.1:9100',
    gateway: null,
  })
  const { settings } = config as { readonly settings: readonly { key: string; value: unknown }[] }
  const now = Object.fromEntries(settings.map(({ key, value }) => [key, value]))
  expect(now).toMatchObject({
    auth_required: true,
    auth_cors_origins: [],
    allowed_hosts: [],
    trusted_proxies: [],
  })
}
