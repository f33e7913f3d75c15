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
  /** What the readers cost workerd when an object makes the body by itself: its own write buffers. */
  readonly platformGrowthMib: number
  /** The gateway's whole growth, the platform's share included. */
  readonly gatewayTotalGrowthMib: number
  readonly daemonGrowthMib: number
}

/** Resident memory that clients cost who ask for 1 GiB each and never read. */
export async function measureStalled(stage: Stage): Promise<StalledResult> {
  const { ceiling, gateway, bearer } = stage
  const home = stage.home.pid as number
  const [platform] = await stall(`${ceiling.url}/stream?bytes=`, undefined, [ceiling.pid])
  const [relay, daemon] = await stall(`${gateway.url}/bench/down?bytes=`, bearer, [
    gateway.pid,
    home,
  ])
  return {
    readers: READERS,
    platformGrowthMib: platform as number,
    gatewayTotalGrowthMib: relay as number,
    daemonGrowthMib: daemon as number,
  }
}

/** How much the processes grow. */
async function stall(
  url: string,
  bearer: string | undefined,
  pids: readonly number[],
): Promise<number[]> {
  // A process that has worked once: what its runtime keeps from then on is not the readers' doing.
  const credentials = bearer === undefined ? {} : { bearer }
  await transfer({ url: url + WARM_UP_BYTES, ...credentials })
  const before = await Promise.all(pids.map(residentMib))
  const sockets = await Promise.all(
    Array.from({ length: READERS }, () => openAndStall(new URL(url + BYTES), bearer)),
  )
  await sleep(SETTLE_MS)
  const after = await Promise.all(pids.map(residentMib))
  for (const socket of sockets) socket.destroy()
  return after.map((value, index) => value - (before[index] as number))
}

async function openAndStall(url: URL, bearer: string | undefined): Promise<Socket> {
  const socket = connect(Number(url.port), '127.0.0.1')
  socket.on('error', () => {})
  socket.pause()
  await once(socket, 'connect')
  const authorization = bearer === undefined ? '' : `Authorization: Bearer ${bearer}\r\n`
  socket.write(
    `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n${authorization}\r\n`,
  )
  return socket
}

async function residentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024
}
