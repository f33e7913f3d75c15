import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aHome } from '../support/daemon/a-daemon.ts'
import { twoMachines, whyNoMachines, type TwoMachines } from './two-machines.ts'

const lack = whyNoMachines()
if (lack !== undefined) process.stderr.write(`a second machine: skipped: ${lack}\n`)

interface Exposure {
  readonly url: string
  readonly steps: readonly { readonly do: string }[]
  readonly checks: readonly { readonly name: string; readonly status: string }[]
}

describe.skipIf(lack !== undefined)('a daemon that is exposed to a second machine', () => {
  const undo = new AsyncDisposableStack()
  let machines: TwoMachines
  let home: string
  let away: string

  beforeAll(() => {
    machines = undo.use(twoMachines())
    home = undo.use(aHome()).path
    away = undo.use(aHome()).path
    undo.defer(async () => void (await machines.spl('home', home, ['serve', '--stop'])))
  })
  afterAll(() => undo.disposeAsync())

  async function expose(...args: string[]): Promise<{ code: number | null; answer: Exposure }> {
    const { stdout, code, stderr } = await machines.spl('home', home, [
      'expose',
      ...args,
      '--yes',
      '--json',
    ])
    if (stdout === '') throw new Error(stderr)
    return { code, answer: JSON.parse(stdout) as Exposure }
  }

  const ask = (url: string) =>
    machines.evaluate(
      'other',
      `fetch('${url}', { signal: AbortSignal.timeout(5000) }).then((r) => r.status, (e) => e.cause?.code ?? e.name)`,
    )
  const statuses = ({ checks }: Exposure) =>
    Object.fromEntries(checks.map(({ name, status }) => [name, status]))

  test('is alone on loopback before', async () => {
    await machines.spl('home', home, ['serve', '--daemon', '--port', '9100'])
    expect(await ask(`http://${machines.lan}:9100/health`)).toBe('ECONNREFUSED')
    expect(await ask(`http://${machines.tailnet}:9100/health`)).toBe('ECONNREFUSED')
  })

  test('a phone on the Wi-Fi: reached at the private address, nowhere else, with the warning', async () => {
    const { code, answer } = await expose('phone', '--by', 'lan')
    expect([code, answer.url]).toEqual([0, `http://${machines.lan}:9100`])
    expect(statuses(answer)).toMatchObject({
      reachable: 'pass',
      bind: 'pass',
      'plain-http': 'warn',
    })
    expect(await ask(`${answer.url}/health`)).toBe(200)
    expect(await ask(`${answer.url}/v1/threads`)).toBe(401)
    expect(await ask(`http://${machines.tailnet}:9100/health`)).toBe('ECONNREFUSED')
  })

  test('a second machine: reached over the tailnet, and the command line there logs in and works', async () => {
    const { code, answer } = await expose('second-machine')
    expect([code, answer.url]).toEqual([0, `http://${machines.tailnet}:9100`])
    expect(statuses(answer)).toMatchObject({
      reachable: 'pass',
      streaming: 'pass',
      websocket: 'pass',
    })
    expect(await ask(`${answer.url}/health`)).toBe(200)
    expect(await ask(`http://${machines.lan}:9100/health`)).toBe('ECONNREFUSED')

    const invited = await machines.spl('home', home, [
      'pair',
      '--invite',
      '--device',
      'laptop',
      '--url',
      answer.url,
      '--no-qr',
    ])
    const { invite } = JSON.parse(invited.stdout) as { readonly invite: string }
    const login = await machines.spl('other', away, ['login', answer.url, '--code', invite])
    expect([login.stderr, login.code]).toEqual([login.stderr, 0])
    const intended = await machines.spl('other', away, ['intend', 'make tea', '--json'])
    expect([intended.stderr, intended.code]).toEqual([intended.stderr, 0])
    const { id } = JSON.parse(intended.stdout) as { readonly id: string }
    const { thread } = JSON.parse(intended.stdout) as { readonly thread: string }
    const shown = await machines.spl('home', home, ['thread', 'records', thread, '--json'])
    expect(shown.stdout).toContain(id)
    const doctor = await machines.spl('other', away, ['doctor', '--json'])
    expect(JSON.parse(doctor.stdout)).toMatchObject({ object: 'doctor', status: 'pass' })
  })

  test('the same again changes nothing', async () => {
    const { code, answer } = await expose('second-machine')
    expect([code, answer.steps]).toEqual([0, []])
  })

  test('nobody: back on loopback, and the second machine is refused', async () => {
    const { code } = await expose('nobody')
    expect(code).toBe(0)
    expect(await ask(`http://${machines.tailnet}:9100/health`)).toBe('ECONNREFUSED')
    const status = await machines.spl('other', away, ['status'])
    expect(status.code).toBe(3)
  })
})
