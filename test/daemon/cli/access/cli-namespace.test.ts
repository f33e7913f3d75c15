import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Daemon, startDaemon } from '../../../../local-daemon/daemon.ts'
import { runHere } from '../../../support/cli/run-here.ts'
import { aHome } from '../../../support/daemon/a-daemon.ts'

let home: ReturnType<typeof aHome>
let daemon: Daemon

beforeAll(async () => {
  home = aHome()
  daemon = await startDaemon({ home: home.path, port: 0 })
})

afterAll(async () => {
  await daemon.stop()
  home[Symbol.dispose]()
})

const spl = (...args: string[]) => runHere(args, { home: home.path })

describe('spl namespace', () => {
  test('create, list, archive and restore say what is', async () => {
    const made = await spl('namespace', 'create', 'team', '--description', 'all of us')
    expect(made).toMatchObject({ code: 0, stderr: '' })
    expect(made.stdout).toMatch(/^Namespace {4}team\nDescription {2}all of us\nStatus {7}active\n/)
    for (const name of ['team-x', 'team/ops']) await spl('namespace', 'create', name)
    const closed = await spl('namespace', 'archive', 'team')
    expect(closed.stdout).toMatch(/^Status {7}archived$/m)
    const { stdout } = await spl('namespace', 'list')
    const rows = stdout.split('\n').map((line) => line.split(/ {2,}/))
    expect(rows.slice(0, 5).map(([name, status]) => [name, status])).toEqual([
      ['NAMESPACE', 'STATUS'],
      ['default', 'active'],
      ['team', 'archived'],
      ['team/ops', 'archived with team'],
      ['team-x', 'active'],
    ])
    expect((await spl('namespace', 'restore', 'team')).stdout).toMatch(/^Status {7}active$/m)
  })

  test('prints one object with --json', async () => {
    const { stdout } = await spl('namespace', 'create', 'json', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ object: 'namespace', name: 'json' })
    const list = await spl('namespace', 'list', '--json', '--limit', '1')
    expect(JSON.parse(list.stdout)).toMatchObject({ data: [{ name: 'default' }], has_more: true })
  })

  test('says what is wrong with a name, and what to do next', async () => {
    const wrong = await spl('namespace', 'create', 'Team/')
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toMatch(/such as team\/ops/)
    const orphan = await spl('namespace', 'create', 'none/below')
    // Nothing about a bearer.
    expect(orphan.code).toBe(1)
    expect((await spl('intend', 'x', '--namespace', 'none')).code).toBe(1)
    expect(orphan.stderr).toMatch(/\[NAMESPACE_REJECTED\]\ntry: .*spl namespace create none\n$/)
  })

  test('completes names', async () => {
    const { stdout } = await spl('complete', 'namespace', 'archive', 'tea')
    expect(stdout.split('\n').map((line) => line.split('\t')[0])).toEqual(
      expect.arrayContaining(['team', 'team/ops']),
    )
  })
})
