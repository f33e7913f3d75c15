import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { detach } from '../../protocol/detach.ts'
import { FRONT_LIMITS } from './front/front-limits.ts'
import { WorkerdSocket, type WorkerdAddress } from './front/workerd-socket.ts'
import { GatewayError } from './gateway-error.ts'
import { startWorkerd, type WorkerdExit, type WorkerdProcess } from './workerd-process.ts'

/** Milliseconds between two checks whether it is back. */
const RETRY_MS = 20

export interface SupervisedWorkerd {
  /** The current or last process id. */
  readonly pid: number
  /** How often it was restarted. */
  readonly restarts: number
  /** Resolves when it has stopped. */
  readonly exited: Promise<WorkerdExit>
  /** A connection to it. Waits while it restarts; rejects after `workerdWaitMs`. */
  dial(): Promise<WorkerdSocket>
  stop(): Promise<void>
}

/**
 * Runs workerd and restarts it when it ends by itself: at once, then after pauses that double up to
 * `restartMaxMs`. Each end and each failed start is a line in the log.
 *
 * @param configFile the config for its start
 * @param socketPath the Unix socket in the config; undefined if it listens on a loopback port
 * @throws GatewayError as of startWorkerd, when the first start fails
 */
export async function superviseWorkerd(
  configFile: string,
  socketPath: string | undefined,
  onLog: (line: string) => void,
): Promise<SupervisedWorkerd> {
  const stopping = new AbortController()
  let workerd = await launch()
  let isUp = true
  let restarts = 0
  const exited = keepRunning()

  async function launch(): Promise<WorkerdProcess> {
    // A killed one left it: it would be in the way of the next.
    if (socketPath !== undefined) await rm(socketPath, { force: true })
    return startWorkerd(configFile, onLog)
  }

  async function keepRunning(): Promise<WorkerdExit> {
    let pause = 0
    for (;;) {
      const startedAt = performance.now()
      const exit = await workerd.exited
      if (stopping.signal.aborted) return exit
      isUp = false
      if (performance.now() - startedAt > FRONT_LIMITS.steadyMs) pause = 0
      onLog(`workerd is gone (${exit.signal ?? `status ${exit.code}`}); it is started again`)
      for (;;) {
        pause = Math.min(
          Math.max(pause * 2, FRONT_LIMITS.restartFirstMs),
          FRONT_LIMITS.restartMaxMs,
        )
        await sleep(pause, undefined, { signal: stopping.signal }).catch(() => {})
        if (stopping.signal.aborted) return exit
        try {
          workerd = await launch()
          break
        } catch (error) {
          onLog(`start workerd again: ${(error as Error).message}`)
        }
      }
      restarts += 1
      isUp = true
      // It had to stop while it started.
      if (stopping.signal.aborted) await workerd.stop()
    }
  }

  function reach(): Promise<WorkerdSocket> {
    return connected(
      socketPath === undefined ? { host: '127.0.0.1', port: workerd.port } : { path: socketPath },
    )
  }

  async function dial(): Promise<WorkerdSocket> {
    if (isUp) {
      try {
        return await reach()
      } catch {
        // It is ending: what follows waits for the next one.
      }
    }
    const until = performance.now() + FRONT_LIMITS.workerdWaitMs
    while (performance.now() < until && !stopping.signal.aborted) {
      await sleep(RETRY_MS)
      if (!isUp) continue
      try {
        return await reach()
      } catch (error) {
        if (performance.now() > until) throw error
      }
    }
    throw new GatewayError('GATEWAY_UNAVAILABLE', 'workerd is starting again', 'wait some seconds')
  }

  async function stop(): Promise<void> {
    stopping.abort()
    await workerd.stop()
    await exited
    if (socketPath !== undefined) await rm(socketPath, { force: true })
  }

  detach(exited, (error) => onLog(String(error)))
  return {
    get pid() {
      return workerd.pid
    },
    get restarts() {
      return restarts
    },
    exited,
    dial,
    stop,
  }
}

function connected(address: WorkerdAddress): Promise<WorkerdSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WorkerdSocket()
    socket.once('error', reject)
    socket.connect(address, () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}
