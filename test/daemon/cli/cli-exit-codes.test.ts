import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { EXIT_CODE } from '../../../local-daemon/cli/exit-code.ts'
import { runHere } from '../../support/cli/run-here.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'
import { commandTree, helpOf } from './command-tree.ts'

const NUMBERS = Object.values(EXIT_CODE)

describe('exit codes', () => {
  test('are in docs/cli.md, each once', () => {
    const page = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8')
    const part = page.split('\n## Exit codes\n')[1]?.split('\n## ')[0] ?? ''
    expect([...part.matchAll(/^\| (\d+) \|/gmu)].map(([, code]) => Number(code))).toEqual(NUMBERS)
  })

  test('are in spl --help', () => {
    const [root] = commandTree()
    const help = root === undefined ? '' : helpOf(root, 80)
    const part = help.split('Exit codes:')[1]?.split('\n\n')[0] ?? ''
    expect([...part.matchAll(/^ {2}(\d+) {2}\S/gmu)].map(([, code]) => Number(code))).toEqual(
      NUMBERS,
    )
  })

  const ELSEWHERE = { SPL_SERVE_URL: 'http://127.0.0.1:1' }

  test.each([
    ['ok', 'version', {}],
    ['failed', 'gateway serve --owner did:key:zNobody', {}],
    ['usage', 'sevre', {}],
    ['usage', 'serve --host 0.0.0.0', {}],
    ['unreachable', 'thread list', {}],
    ['unreachable', 'status', {}],
    ['unreachable', 'thread list', { ...ELSEWHERE, SPL_TOKEN: 'spl_x' }],
    ['refused', 'thread list', ELSEWHERE],
    ['refused', 'token show-source', {}],
  ] as const)('%s is what spl %s ends with', async (name, line, env) => {
    using home = aHome()
    const run = await runHere(line.split(' '), { home: home.path, env })
    expect(run.code).toBe(EXIT_CODE[name])
  })
})
