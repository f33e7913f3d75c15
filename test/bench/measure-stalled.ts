import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Stage } from './stage.ts'
import { transfer } from './transfer.ts'

const READERS = 100
const BYTES = 1024 * 1024 * 1024
const WARM_UP_BYTES = 512 * 1024 * 1024
/** After this long nothing flows any more: kernel buffers and windows are full. */
const SETTLE_MS = 6_000

export interface StalledResult {
  readonly readers: number
  readonly gatewayGrowthMib: number
  readonly daemonGrowthMib: number
}

/** Resident memory that clients cost who ask for 1 GiB each and never read. */
export async function measureStalled(stage: Stage): Promise<StalledResult> {
  // A process that has worked once: what its runtime keeps from then on is not the readers' doing.
  await transfer({
    url: `${stage.gateway.url}/bench/down?bytes=${WARM_UP_BYTES}`,
    bearer: stage.bearer,
  })
  const pids = [stage.gateway.pid, stage.home.pid as number] as const
  const before = await Promise.all(pids.map(residentMib))
  const sockets = await Promise.all(
    Array.from({ length: READERS }, () => openAndStall(stage.gateway.url, stage.bearer)),
  )
  await sleep(SETTLE_MS)
  const after = await Promise.all(pids.map(residentMib))
  for (const socket of sockets) socket.destroy()
  return {
    readers: READERS,
    gatewayGrowthMib: (after[0] as number) - (before[0] as number),
    daemonGrowthMib: (after[1] as number) - (before[1] as number),
  }
}

async function openAndStall(url: string, bearer: string): Promise<Socket> {
  const { port, host } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1')
  socket.on('error', () => {})
  socket.pause()
  await once(socket, 'connect')
  socket.write(
    `GET /bench/down?bytes=${BYTES} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${bearer}\r\n\r\n`,
  )
  return socket
}

async function residentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024
}
