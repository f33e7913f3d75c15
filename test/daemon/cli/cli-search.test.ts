import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cutText } from '../../../local-daemon/cli/output/cut-text.ts'
import { textWidth } from '../../../local-daemon/cli/output/text-width.ts'
import { shownSnippet } from '../../../local-daemon/cli/search/shown-snippet.ts'
import { startDaemon, type Daemon } from '../../../local-daemon/daemon.ts'
import { runHere } from '../../support/cli/run-here.ts'
import { ADA, aDraft, aHome } from '../../support/daemon/a-daemon.ts'

let home: ReturnType<typeof aHome>
let daemon: Daemon

beforeAll(async () => {
  home = aHome()
  daemon = await startDaemon({ home: home.path, port: 0 })
  const texts = ['Green tea', 'tea, then green', 'see example.com', 'evil \u001b[2J\u202e tea\nend']
  for (const [n, text] of texts.entries()) {
    await daemon.store.append(aDraft({ body: { n, text }, thread: `th_${n % 2}` }))
  }
})
afterAll(async () => {
  await daemon.stop()
  home[Symbol.dispose]()
})

const spl = (...args: string[]) => runHere(['search', ...args], { home: home.path })

async function numbers(...args: string[]): Promise<number[]> {
  const run = await spl('--json', ...args)
  expect(run).toMatchObject({ code: 0, stderr: '' })
  const { data } = JSON.parse(run.stdout) as { data: { body: { n: number } }[] }
  return data.map(({ body }) => body.n)
}

describe('spl search', () => {
  it.each([
    [
      ['green', 'tea'],
      [1, 0],
    ],
    [['green tea'], [1, 0]],
    [['"green tea"'], [0]],
    [['example.com'], [2]],
    [
      ['--thread', 'th_1', 'tea'],
      [3, 1],
    ],
    [['--actor', ADA, '--limit', '1', 'tea'], [3]],
    [
      ['--namespace', 'default', 'green'],
      [1, 0],
    ],
    [['--', '--nothing'], []],
  ])('%j', async (args, expected) => {
    expect(await numbers(...args)).toEqual(expected)
  })

  it('shows where the words are, without what a terminal would obey', async () => {
    const { stdout, stderr } = await spl('tea', '--limit', '2')
    const [header, first = '', second] = stdout.split('\n')
    expect(header).toMatch(/^THREAD +RECORD +WHERE +TEXT$/u)
    expect(first).toMatch(/^th_1 +[0-9a-f]{8,12} +body\.text +evil \uFFFD\[2J\uFFFD tea end$/u)
    expect(second).toMatch(/body\.text +tea, then green$/u)
    expect(stderr).toContain('more exist: --limit 20')
  })

  it('says so if there is none', async () => {
    expect(await spl('xyzzy')).toMatchObject({ code: 0, stdout: '', stderr: /no record/u })
  })

  it('makes the index anew', async () => {
    const run = await spl('--rebuild', '--json')
    expect(JSON.parse(run.stdout)).toMatchObject({ object: 'search_index', enabled: true })
    expect((await spl('--rebuild')).stderr).toContain('made anew')
    expect(await numbers('green')).toEqual([1, 0])
  })

  it('tells a search that breaks a rule', async () => {
    const { code, stderr } = await spl(' ')
    expect([code, stderr]).toEqual([1, expect.stringContaining('has no word')])
  })

  it('does not leave words of --rebuild out silently', async () => {
    const { code, stderr } = await spl('green', '--rebuild')
    expect([code, stderr]).toEqual([2, expect.stringContaining('takes no words')])
  })

  it('says why the index cannot be made anew', async () => {
    const blocked = join(home.path, 'hub.search.db-journal')
    mkdirSync(blocked)
    const { code, stderr } = await spl('--rebuild')
    rmSync(blocked, { recursive: true })
    expect([code, stderr]).toEqual([1, expect.stringMatching(/cannot be made anew: .*directory/u)])
    expect((await spl('--rebuild')).code).toBe(0)
  })

  it('turned off, is no matter of the bearer, and names a command', async () => {
    daemon.store.searchIndex.isEnabled = false
    const { code, stderr } = await spl('green')
    daemon.store.searchIndex.isEnabled = true
    expect(code).toBe(1)
    expect(stderr).toMatch(/\[SEARCH_OFF\]\n.*spl query/u)
    expect(stderr).not.toContain('/v1/')
  })
})

describe('the text of a row', () => {
  const long = `…${'中'.repeat(40)}Needlehere${'茶'.repeat(60)}…`

  it.each([40, 24, 16])('of %i columns shows the word', (columns) => {
    const shown = cutText(shownSnippet(long, 'needleh', columns), columns)
    expect(shown).toMatch(/^…中+Needleh/u)
    expect(textWidth(shown)).toBeLessThanOrEqual(columns)
  })

  it.each([
    ['fits', long, 200],
    ['has the word at its beginning', `needle ${'x'.repeat(90)}`, 30],
  ])('that %s is not cut at its beginning', (_what, text, columns) => {
    expect(shownSnippet(text, 'needle', columns)).toBe(text)
  })
})
