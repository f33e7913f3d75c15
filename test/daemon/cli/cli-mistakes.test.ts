import { describe, expect, test } from 'vitest'
import { fields, table } from '../../../local-daemon/cli/output/table.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'
import { assertMistake, type Mistake } from './assert-mistake.ts'
import { runHere } from '../../support/cli/run-here.ts'

const MISTAKES: readonly Mistake[] = [
  ['sevre', 2, 'UNKNOWN_COMMAND', /did you mean serve\?/],
  ['thread lst', 2, 'UNKNOWN_COMMAND', /did you mean list\?/],
  ['serve --prot 1', 2, 'UNKNOWN_OPTION', /did you mean --port\?/],
  ['serve --port 70000', 2, 'INVALID_ARGUMENT', /spl serve --help/],
  ['serve --port 1e3', 2, 'INVALID_ARGUMENT', /spl serve --help/],
  ['serve --daemon --stop', 2, 'CONFLICTING_OPTION', /spl serve --help/],
  ['serve --daemon --foreground', 2, 'CONFLICTING_OPTION', /spl serve --help/],
  ['serve --host 0.0.0.0', 2, 'HOST_WILDCARD', /--gateway/],
  ['serve --host 0', 2, 'HOST_WILDCARD', /tailscale ip -4/],
  ['serve --host ::', 2, 'HOST_WILDCARD', /reverse_proxy 127/],
  ['serve --daemon --host 8.8.8.8', 2, 'HOST_PUBLIC', /--gateway/],
  ['serve --host ::ffff:8.8.8.8', 2, 'HOST_PUBLIC', /--gateway/],
  ['serve --host fe80::1%eth0', 2, 'HOST_LINK_LOCAL', /--gateway/],
  ['serve --host example.com', 2, 'HOST_INVALID', /--gateway/],
  ['serve --host 10.254.253.252', 1, 'HOST_NOT_HERE', /--host/],
  ['serve --gateway ftp://x', 2, 'INVALID_ARGUMENT', /spl serve --help/],
  ['serve --gateway https://x/path', 2, 'INVALID_ARGUMENT', /spl serve --help/],
  ['intend', 2, 'MISSING_ARGUMENT', /spl intend --help/],
  ['intend a b', 2, 'EXCESS_ARGUMENTS', /spl intend "make tea"/],
  ['intend x --body [1]', 2, 'BODY_INVALID', /--body/],
  ['intend x --body {', 2, 'BODY_INVALID', /--body/],
  ['intend x --body {"goal":"y"}', 2, 'BODY_CONFLICT', /leave goal out/],
  ['do x', 2, 'THREAD_MISSING', /spl intend/],
  ['know x', 2, 'THREAD_MISSING', /spl intend/],
  ['learn x', 2, 'THREAD_MISSING', /spl intend/],
  ['intend x', 3, 'DAEMON_NOT_RUNNING', /spl serve --daemon/],
  ['thread list', 3, 'DAEMON_NOT_RUNNING', /spl serve --daemon/],
  ['thread list --limit 0', 2, 'INVALID_ARGUMENT', /spl thread list --help/],
  ['gateway serve', 2, 'OWNER_MISSING', /--owner/],
  ['gateway serve --owner did:key:zNobody', 1, 'OWNER_INVALID', /spl status/],
  ['gateway serve --tls-cert a.pem', 2, 'TLS_INCOMPLETE', /--self-signed/],
  ['gateway serve --tls-cert a --self-signed', 2, 'CONFLICTING_OPTION', /gateway serve --help/],
]

describe('a mistake', () => {
  test.concurrent.for(MISTAKES)('spl %s', (mistake) => assertMistake(mistake))

  test('shows its stack trace to a developer only', async () => {
    using home = aHome()
    const run = await runHere(['thread', 'list'], { home: home.path, env: { SPL_DEBUG: '1' } })
    expect(run.stderr).toMatch(/ {4}at /)
  })
})

describe('help', () => {
  const COMMANDS = 'try,serve,status,intend,do,know,learn,thread list,thread records,gateway serve'

  test.concurrent.for(COMMANDS.split(','))(
    'spl %s --help shows an example of itself',
    async (command) => {
      using home = aHome()
      const run = await runHere([...command.split(' '), '--help'], { home: home.path })
      expect(run).toMatchObject({ code: 0, stderr: '' })
      expect(run.stdout).toContain(`Usage: spl ${command}`)
      expect(run.stdout.split('Examples:')[1]).toContain(`spl ${command}`)
      // oxlint-disable-next-line no-control-regex -- no colour where nobody sees it
      expect(run.stdout).not.toMatch(/\u001B/)
    },
  )

  test('names every exit code', async () => {
    using home = aHome()
    const { stdout } = await runHere(['--help'], { home: home.path })
    for (const code of ['0  success', '1  ', '2  ', '3  no daemon', '4  ']) {
      expect(stdout).toContain(`\n  ${code}`)
    }
  })

  test('without a command is an error of usage', async () => {
    using home = aHome()
    const run = await runHere([], { home: home.path })
    expect(run.code).toBe(2)
    expect(run.stderr).toContain('Usage: spl')
  })
})

describe('what other people wrote', () => {
  test('cannot reach the terminal as a control sequence', () => {
    const hostile = 'a\u001B[2Jb\u009Bc\rd\u202Ee\nf'
    const shown = table(['TEXT'], [[hostile]])
    expect(shown.split('\n')[1]).toBe('a\uFFFD[2Jb\uFFFDc\uFFFDd\uFFFDe f')
    expect(fields([['Text', '\u001B]0;title\u0007']])).toContain('\uFFFD]0;title\uFFFD')
  })
})
