import { textWidth } from '../../../local-daemon/cli/output/text-width.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runHere } from '../../support/cli/run-here.ts'
import { MAIN, type SplRun } from '../../support/cli/run-spl.ts'
import { aDaemon, type TestDaemon } from '../../support/daemon/a-daemon.ts'

let served: TestDaemon
/** Two threads whose ids begin alike. */
const THREADS = ['a', 'b'].map((digit) => `th_${'5'.repeat(20)}${digit.repeat(44)}`)

beforeAll(async () => {
  served = await aDaemon()
  for (const thread of THREADS) {
    await served.post('/v1/records', {
      parents: [],
      thread,
      act: 'INTEND',
      data_type: 'SCALAR',
      body: {
        goal: `a goal that is so long that no terminal shows it in one line: 👩‍👩‍👧‍👦${' 🧵'.repeat(60)}`,
      },
    })
  }
})
afterAll(() => served[Symbol.asyncDispose]())

function spl(line: string, env: Readonly<Record<string, string>> = {}): Promise<SplRun> {
  return runHere(line.split(' '), { home: served.daemon.home.root, env })
}

async function json(line: string): Promise<Record<string, unknown>> {
  const run = await spl(`${line} --json`)
  expect(run).toMatchObject({ code: 0 })
  return JSON.parse(run.stdout) as Record<string, unknown>
}

/** The same in a terminal of so many columns. */
async function inTerminal(line: string, columns: number): Promise<string> {
  const command = `stty cols ${columns}; '${process.execPath}' '${MAIN}' ${line}`
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: { ...process.env, NO_COLOR: '1', SYNCROPEL_HOME: served.daemon.home.root },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [shown] = await Promise.all([text(child.stdout), once(child, 'close')])
  return shown.replaceAll('\r\n', '\n')
}

describe('spl help', () => {
  test.for(['', 'token', 'token create', 'pair', 'gateway serve'])(
    'shows what --help behind the command shows: %s',
    async (name) => {
      const words = name === '' ? [] : name.split(' ')
      const home = served.daemon.home.root
      const asked = await runHere(['help', ...words], { home })
      expect(asked).toEqual(await runHere([...words, '--help'], { home }))
      expect(asked.stdout).toMatch(/^Usage: spl/)
    },
  )

  test('says which command was meant', async () => {
    const run = await spl('help token craete')
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toMatch(/\[UNKNOWN_COMMAND\]\ntry: did you mean create\?\n$/)
  })

  test('has its commands completed', async () => {
    const root = await spl('complete help tok')
    expect(root.stdout).toContain('token')
    const below = await spl('complete help token cr')
    expect(below.stdout).toContain('create')
  })
})

test('spl -v is the version, as --version is', async () => {
  const run = await spl('-v')
  expect(run).toEqual(await spl('--version'))
  expect(run.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})

describe('spl config', () => {
  test('get prints a value as set takes it, and unset brings back the default', async () => {
    expect((await spl('config get token_burst')).stdout).toBe('2000\n')
    expect((await spl('config get allowed_hosts')).stdout).toBe('\n')
    await spl('config set allowed_hosts a.example,b.example')
    expect((await spl('config get allowed_hosts')).stdout).toBe('a.example,b.example\n')
    expect(await json('config get allowed_hosts')).toMatchObject({
      object: 'setting',
      value: ['a.example', 'b.example'],
      default: [],
      source: 'record',
    })
    expect((await spl('config unset allowed_hosts')).code).toBe(0)
    expect((await spl('config get allowed_hosts')).stdout).toBe('\n')
  })

  test.for(['get', 'unset'])('%s says which setting was meant', async (word) => {
    const run = await spl(`config ${word} token_brust`)
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toMatch(/\[UNKNOWN_SETTING\]\ntry: did you mean token_burst\?\n$/)
  })
})

test('tokens are listed with the name of their account', async () => {
  await spl('service-account create --name laptop-of-ada --with-token')
  const { stdout } = await spl('token list')
  expect(stdout).toMatch(/^TOKEN ID +NAME +ACCOUNT /)
  expect(stdout).toMatch(/^[0-9a-f]{12} +laptop-of-ada +sa_/m)
})

test('tables tell the time of the clock on the wall, and JSON that of the daemon', async () => {
  const [thread] = (await json('thread list'))['data'] as { id: string; updated_at: number }[]
  const at = new Date((thread?.updated_at ?? 0) + 9 * 3_600_000).toISOString()
  const shown = await spl('thread list', { TZ: 'Asia/Tokyo' })
  expect(shown.stdout).toContain(at.slice(0, 16).replace('T', ' '))
  expect(shown.stdout).not.toContain('UTC')
  const asJson = await spl('thread list --json', { TZ: 'Asia/Tokyo' })
  expect(asJson.stdout).toContain(`"updated_at":${thread?.updated_at}`)
})

describe('the beginning of an id', () => {
  test('is what tables show, and names a thread', async () => {
    const [thread = ''] = THREADS
    expect((await spl('thread list')).stdout).toMatch(/^th_5{12} {2}/m)
    const short = thread.slice(0, 30)
    const added = await json(`do stirred --thread ${short}`)
    expect(added).toMatchObject({ thread })
    const records = (await json(`thread records ${short}`))['data'] as { thread: string }[]
    expect(records).toHaveLength(2)
  })

  test('that is that of several names none of them', async () => {
    const lines = ['thread records th_5555', 'do stirred --thread th_5', 'know it --thread th_55']
    for (const line of lines) {
      const run = await spl(line)
      expect(run).toMatchObject({ code: 1, stdout: '' })
      expect(run.stderr).toMatch(/\[ID_AMBIGUOUS\]\ntry: .*spl thread list/)
    }
  })

  test('may be of one digit, and never opens a thread', async () => {
    const thread = `th_c${'0'.repeat(63)}`
    const opened = { parents: [], thread, act: 'INTEND', data_type: 'SCALAR', body: { goal: 'c' } }
    await served.post('/v1/records', opened)
    for (const verb of ['intend', 'do', 'know', 'learn']) {
      for (const short of ['th_c', 'th_c0', 'th_c00']) {
        expect(await json(`${verb} more --thread ${short}`)).toMatchObject({ thread })
      }
    }
    const before = await json('thread list')
    for (const verb of ['intend', 'do', 'know', 'learn', 'records']) {
      const line = verb === 'records' ? 'thread records th_d' : `${verb} more --thread th_d`
      const run = await spl(line)
      expect(run).toMatchObject({ code: 1, stdout: '' })
      expect(run.stderr).toMatch(
        /no thread begins with th_d \[THREAD_UNKNOWN\]\ntry: .*spl thread list/,
      )
    }
    expect(await json('thread list')).toEqual(before)
  })

  test('stays a name of its own where a thread has exactly that', async () => {
    const exact = { parents: [], thread: 'th_5555555', act: 'INTEND', data_type: 'SCALAR' }
    await served.post('/v1/records', { ...exact, body: { goal: 'exact' } })
    expect(await json('do again --thread th_5555555')).toMatchObject({ thread: 'th_5555555' })
  })

  test('is not looked for in a name that no table shortens', async () => {
    for (const name of ['th_pr-123', 'th_pr-12', `th_${'e'.repeat(64)}`]) {
      expect(await json(`intend new --thread ${name}`)).toMatchObject({ thread: name })
    }
  })

  test('names an account and a token', async () => {
    const made = await json('service-account create --name short')
    const id = String(made['id'])
    const short = id.slice(0, 8)
    expect(await json(`service-account describe ${short}`)).toMatchObject({ id })
    const token = (await spl(`token create --sa ${short}`)).stdout
    expect(token).toMatch(/^spl_/)
    const [listed] = (await json(`token list --sa ${short}`))['data'] as { token_id: string }[]
    const line = `token revoke --sa ${short} --token-id ${listed?.token_id.slice(0, 12)}`
    expect(await json(line)).toMatchObject({ token_id: listed?.token_id })
    expect(await json(`service-account revoke ${short}`)).toMatchObject({ id, active: false })
  })

  test('names an invite', async () => {
    await spl('pair --device phone --url https://localhost:1 --invite --no-qr')
    const [invite] = (await json('pair invites'))['data'] as { invite_id: string }[]
    const cancelled = await json(`pair cancel ${invite?.invite_id.slice(0, 12)}`)
    expect(cancelled).toMatchObject({ invite_id: invite?.invite_id })
  })

  test('of an account that is that of several is refused before anything is made', async () => {
    for (let made = 0; made < 40; made += 1) {
      await served.daemon.access.accounts.create({ name: `n${made}`, scopes: [], actors: [] })
    }
    const ids = ((await json('service-account list'))['data'] as { id: string }[]).map(
      ({ id }) => id,
    )
    const begin = ids.map((id) => id.slice(0, 4))
    // Forty ids, and 36 characters.
    const twice = begin.find((start, at) => begin.indexOf(start) !== at) ?? ''
    const run = await spl(`token create --sa ${twice}`)
    expect(run).toMatchObject({ code: 1, stdout: '' })
    expect(run.stderr).toMatch(/\[ID_AMBIGUOUS\]\ntry: .*spl service-account list/)
  })
})

describe.for([80, 60])('on a terminal of %i columns', (columns) => {
  test.for([
    'thread list',
    `thread records ${THREADS[0]}`,
    'service-account list',
    'token list',
    'pair invites',
    'config show',
  ])('no line of spl %s is wider', async (line) => {
    const shown = await inTerminal(line, columns)
    expect(shown).not.toBe('')
    const wide = shown.split('\n').filter((text) => textWidth(text) > columns)
    expect(wide).toEqual([])
    expect(shown).not.toContain('\uFFFD')
  })
})

test('a QR code that does not fit is not drawn: there is the link, and how to get the code', async () => {
  const line = 'pair --device phone --url https://localhost:1 --invite'
  const narrow = await inTerminal(line, 60)
  expect(narrow).not.toMatch(/[█▄▀]/u)
  expect(narrow).toMatch(/^https:\/\/syncropel\.com\/pair#/m)
  expect(narrow).toMatch(/the QR code needs \d\d columns: widen the terminal/)
  expect(await inTerminal(line, 80)).toMatch(/█{9}/u)
})
