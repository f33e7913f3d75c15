import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorker } from '../../local-daemon/gateway/worker-bundle.ts'
import { recordBody } from './record-body.ts'
import { startRawWorkerd, type RawWorkerd } from './raw-workerd.ts'

/** The gateway, in a process of its own. */
export interface GatewayUnderLoad {
  readonly url: string
  /** Of workerd. */
  readonly pid: number
  /** Of the front, which also looks after workerd. */
  readonly frontPid: number
}

/** Everything that is measured, running: the ceiling (workerd alone), the gateway as `spl gateway serve` runs it, the home behind it. */
export interface Stage extends AsyncDisposable {
  /** For files that live as long as the stage. */
  readonly directory: string
  readonly ceiling: RawWorkerd
  readonly gateway: GatewayUnderLoad
  readonly home: ChildProcess
  /** The daemon on loopback, without the gateway. */
  readonly directUrl: string
  /** An admin's. */
  readonly bearer: string
  /** Of an account that may write, as the actor of `recordBody`. */
  readonly writer: string
  /** Path of a record that exists. */
  readonly recordPath: string
}

export interface StageOptions {
  /** Environment of the gateway's process, besides this one's. */
  readonly gatewayEnvironment?: Readonly<Record<string, string>>
}

interface HomeFacts {
  readonly did: string
  readonly bearer: string
  readonly writer: string
  readonly url: string
}

export async function setStage(options: StageOptions = {}): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'spl-bench-'))
  const home = fork(fileURLToPath(new URL('home-process.ts', import.meta.url)), [
    join(directory, 'home'),
  ])
  const [facts] = (await once(home, 'message')) as [HomeFacts]
  const ceiling = await startRawWorkerd(
    join(directory, 'ceiling'),
    await bundleWorker(fileURLToPath(new URL('ceiling-worker.ts', import.meta.url))),
  )
  const front = fork(
    fileURLToPath(new URL('gateway-process.ts', import.meta.url)),
    [facts.did, join(directory, 'gateway')],
    {
      env: { ...process.env, ...options.gatewayEnvironment },
    },
  )
  const [gateway] = (await once(front, 'message')) as [{ url: string; pid: number }]
  home.send(gateway.url)
  await once(home, 'message')
  return {
    directory,
    ceiling,
    gateway: { ...gateway, frontPid: front.pid as number },
    home,
    directUrl: facts.url,
    bearer: facts.bearer,
    writer: facts.writer,
    recordPath: await appendOne(facts),
    async [Symbol.asyncDispose]() {
      await ended(home)
      await Promise.all([ended(front), ceiling.stop()])
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function ended(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.disconnect()
  await exited
}

async function appendOne({ url, bearer }: HomeFacts): Promise<string> {
  const response = await fetch(`${url}/v1/records`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(recordBody(0)),
  })
  const { id } = (await response.json()) as { id: string }
  return `/v1/records/${id}`
}
