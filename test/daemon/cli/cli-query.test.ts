import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDaemon, type Daemon } from '../../../local-daemon/daemon.ts'
import { runHere } from '../../support/cli/run-here.ts'
import { ADA, aDraft, aHome } from '../../support/daemon/a-daemon.ts'

let home: ReturnType<typeof aHome>
let daemon: Daemon

beforeAll(async () => {
  home = aHome()
  daemon = await startDaemon({ home: home.path, port: 0 })
  for (let n = 0; n < 12; n += 1) {
    const text = n % 2 === 0 ? 'Tea with a long text that goes on and on until it is cut off' : '5'
    await daemon.store.append(aDraft({ body: { n, text }, thread: `th_${n % 3}` }))
  }
})
afterAll(async () => {
  await daemon.stop()
  home[Symbol.dispose]()
})

const spl = (...args: string[]) => runHere(args, { home: home.path })

async function numbers(...args: string[]): Promise<number[]> {
  const run = await spl('query', ...args, '--json')
  expect(run).toMatchObject({ code: 0, stderr: '' })
  const { data } = JSON.parse(run.stdout) as { data: { body: { n: number } }[] }
  return data.map(({ body }) => body.n)
}

describe('spl query', () => {
  it.each([
    [['body.n>=10'], [10, 11]],
    [['body.n >= 10'], [10, 11]],
    [['body.n == 5'], [5]],
    [['body.n==5'], [5]],
    [['body.n =5'], [5]],
    [
      ['body.n<2', 'act=DO'],
      [0, 1],
    ],
    [['body.n>=3', 'body.n<=4', 'body.n!=3'], [4]],
    [
      ['body.text~Tea%', '--limit', '2'],
      [0, 2],
    ],
    [
      ['body.text~*tea%', '--sort=-created_at', '--limit=2'],
      [10, 8],
    ],
    [['body.text=5', 'body.n<9'], []],
    [
      ['body.text="5"', 'body.n<5'],
      [1, 3],
    ],
    [['body."n"=7'], [7]],
    [
      [`actor=${ADA}`, 'clock=3'],
      [9, 10, 11],
    ],
    [['{"$or": [{"body.n": 1}, {"body.n": 6}]}'], [1, 6]],
    [
      ['--thread', 'th_1', '--sort', '-clock'],
      [10, 7, 4, 1],
    ],
    [['created_at>=2020-01-01', 'body.n<1'], [0]],
    [['created_at<2020-01-01'], []],
  ])('%j', async (args, expected) => {
    expect(await numbers(...args)).toEqual(expected)
  })

  it('shows a table, how records are found, and whether there are more', async () => {
    const { stdout, stderr } = await spl('query', 'body.n<6', '--limit=3', '--explain')
    expect(stdout).toMatch(/^THREAD +CLOCK +ACT +RECORD +TEXT\n/u)
    expect(stdout.split('\n')).toHaveLength(5)
    expect(stderr).toMatch(/walks all records/u)
    expect(stderr).toContain('more exist: --limit 30')
  })

  it.each([
    [['n'], 'A condition is a field'],
    [['act=DOO'], 'act is one of INTEND, DO'],
    [['act!=do'], 'act is one of INTEND, DO'],
    [['clock=x'], 'clock is compared with a number'],
    [['{"a"'], 'not JSON'],
    [['act=DO', '--sort', 'body.n'], 'An order is created_at or clock'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await spl('query', ...args)
    expect(code).toBe(2)
    expect(stderr).toContain(message)
  })

  it('says what the daemon refuses, and what to do', async () => {
    const empty = await spl('query')
    expect(empty).toMatchObject({ code: 2, stdout: '' })
    expect(empty.stderr).toContain('EMPTY_QUERY')
    expect(empty.stderr).toContain('try: spl query act=DO')
    expect(empty.stderr).not.toContain('GET /v1')
    const { stderr } = await spl('query', 'sig=x')
    expect(stderr).toMatch(
      /filter\.sig: is not a field[^]*INVALID_QUERY[^]*try: The fields are id, thread/u,
    )
  })
})
