import { setTimeout as sleep } from 'node:timers/promises'
import type { Home } from '../../home/home.ts'
import { CliError } from '../cli-error.ts'
import { socketClient } from '../client/daemon-client.ts'
import { noteNext, warn } from '../output/output.ts'
import type { Link } from '../tunnel/link-rows.ts'

/** Milliseconds that the first connection to the gateway may take before the start says that there is none yet. */
const WITHIN_MS = 2_000
const POLL_MS = 50

/** Says on stderr that a daemon which was just started is not connected to its gateway, and why. It goes on trying. */
export async function warnOfLink(home: Home): Promise<void> {
  const link = await settledLink(home)
  if (link === undefined || !link.configured || link.state === 'connected') return
  warn(`no link to ${link.gateway_url} yet: ${link.last_error ?? `still ${link.state}`}`)
  noteNext('try', 'spl doctor, which says what to do; the daemon keeps trying')
}

async function settledLink(home: Home): Promise<Link | undefined> {
  const client = socketClient(home)
  try {
    for (const deadline = performance.now() + WITHIN_MS; ; await sleep(POLL_MS)) {
      const link = await client.get<Link>('/v1/tunnel')
      const isOpen = link.configured && link.state !== 'connected' && link.last_error === null
      if (!isOpen || performance.now() > deadline) return link
    }
  } catch (error) {
    if (error instanceof CliError) return undefined
    throw error
  }
}
