import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startGateway, type Gateway } from '../../local-daemon/gateway/start-gateway.ts'
import { bundleWorker } from '../../local-daemon/gateway/worker-bundle.ts'
import { startRawWorkerd, type RawWorkerd } from './raw-workerd.ts'

/** Everything that is measured, running: the ceiling (workerd alone), the gateway with its front, as `spl gateway serve` runs it, the home behind it. */
export interface Stage extends AsyncDisposable {
  readonly ceiling: RawWorkerd
  readonly gateway: Gateway
  readonly home: ChildProcess
  /** The daemon on loopback, without the gateway. */
  readonly directUrl: string
  readonly bearer: string
  /** Path of a record that exists. */
  readonly recordPath: string
}

interface HomeFacts {
  readonly did: string
  readonly bearer: string
  readonly url: string
}

export async function setStage(): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'spl-bench-'))
  const home = fork(fileURLToPath(new URL('home-process.ts', import.meta.url)), [
    join(directory, 'home'),
  ])
  const [facts] = (await once(home, 'message')) as [HomeFacts]
  const ceiling = await startRawWorkerd(
    join(directory, 'ceiling'),
    await bundleWorker(fileURLToPath(new URL('ceiling-worker.ts', import.meta.url))),
  )
  const gateway = await startGateway({
    ownerDid: facts.did,
    directory: join(directory, 'gateway'),
    // A body that is cut on purpose (the stalled readers) is reported there; it is no news.
    onLog: () => {},
  })
  home.send(gateway.url)
  await once(home, 'message')
  return {
    ceiling,
    gateway,
    home,
    directUrl: facts.url,
    bearer: facts.bearer,
    recordPath: await appendOne(facts),
    async [Symbol.asyncDispose]() {
      const exited = once(home, 'exit')
      home.disconnect()
      await exited
      await Promise.all([gateway.stop(), ceiling.stop()])
      await rm(directory, { recursive: true, force: true })
    },
  }
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

export function recordBody(n: number): object {
  return {
    thread: 'th_bench',
    actor: 'did:sync:user:bench',
    act: 'DO',
    body: { n, text: 'what a small record may hold' },
    data_type: 'SCALAR',
  }
}
