import type { Home } from '../../home/home.ts'
import type { SizeNow } from '../../store/size/store-sizes.ts'
import { CliError } from '../cli-error.ts'
import { socketClient } from './daemon-client.ts'

/** Milliseconds that a healthy daemon may take for `/health`. It reads no disk for it. */
const HEALTH_TIMEOUT_MS = 3_000

/** What is wrong with the store, and what to do. */
export interface StoreProblem {
  readonly code: string
  readonly message: string
  readonly try: string
  /** Unix time, milliseconds. */
  readonly since: number
}

/** `GET /health`. */
export interface Health {
  readonly status: string
  readonly version?: string
  readonly instance_did?: string
  /** Told on the socket alone. */
  readonly process?: { readonly pid: number; readonly started: string; readonly name: string }
  /** Told on the socket alone. */
  readonly store?: {
    readonly records: number
    readonly writable: boolean
    /** Why it is another store than the one before the last start. */
    readonly lineage_broken?: string | null
    readonly problem?: StoreProblem | null
    readonly size?: SizeNow
  }
  /** Told on the socket alone. */
  readonly security?: { readonly auth_required: boolean; readonly insecure_localhost: boolean }
}

/** Whether a daemon lives in a home, judged by its socket: a listener that is gone refuses at once. */
export type Presence =
  | { readonly state: 'absent' }
  | { readonly state: 'silent' }
  | { readonly state: 'answers'; readonly health: Health }

export async function presenceOf(home: Home): Promise<Presence> {
  try {
    const health = await socketClient(home, HEALTH_TIMEOUT_MS).get<Health>('/health')
    return { state: 'answers', health }
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    return error.code === 'DAEMON_TIMEOUT' ? { state: 'silent' } : { state: 'absent' }
  }
}
