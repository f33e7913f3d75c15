import { encodeEdgePolicy, withoutReach } from '../../protocol/tunnel/edge-policy.ts'
import { ACCOUNTS_THREAD, CONFIG_THREAD } from '../store/daemon-threads.ts'
import { nowSeconds } from '../access/accounts.ts'
import { EDGE_LIMITS } from './limits.ts'
import type { Settings } from '../settings/settings.ts'
import type { Store } from '../store/open-store.ts'
import { projectPolicy } from './project-policy.ts'

/** What the edge link needs of the tunnel. */
export interface PolicyChannel {
  /** Sends the current policy if there is a connection. */
  pushPolicy(): void
  /** The policy that the current connection's gateway has acknowledged; null without one. */
  readonly acknowledged: number | null
  readonly connected: boolean
}

/** Whether the gateway uses the newest policy. `none`: there is no gateway. */
export interface EdgeReport {
  readonly state: 'applied' | 'pending' | 'none'
  readonly version: number
}

/** Keeps the gateway's policy in step with the store, and reports whether it is. */
export class EdgeLink {
  readonly #store: Store
  readonly #settings: Settings
  readonly #waiting = new Set<() => void>()
  #channel: PolicyChannel | undefined
  #version: number

  /** @param settings constructed before this, so that it is up to date when this hears of a commit */
  constructor(store: Store, settings: Settings) {
    this.#store = store
    this.#settings = settings
    this.#version = store.head()
    store.commits.add((records) => {
      const newest = records.findLast(
        ({ thread }) => thread === ACCOUNTS_THREAD || thread === CONFIG_THREAD,
      )
      if (newest === undefined) return
      this.#version = newest.seq
      this.#channel?.pushPolicy()
    })
  }

  connectTo(channel: PolicyChannel): void {
    this.#channel = channel
  }

  /** The payload to push, from the store as it is now. */
  payload(): Uint8Array | undefined {
    const { values } = this.#settings
    const policy = projectPolicy(this.#store, values, this.#version, nowSeconds())
    return encodeEdgePolicy(policy) ?? encodeEdgePolicy(withoutReach(policy))
  }

  /** The gateway has acknowledged a policy: `settled` looks again. */
  wakeWaiting(): void {
    for (const wake of this.#waiting) wake()
  }

  /** The current state. */
  report(): EdgeReport {
    const version = this.#version
    if (this.#channel === undefined) return { state: 'none', version }
    const has = this.#channel.acknowledged
    return { state: has !== null && has >= version ? 'applied' : 'pending', version }
  }

  /** As `report`, after a short wait for a connected gateway. */
  async settled(): Promise<EdgeReport> {
    const until = performance.now() + EDGE_LIMITS.edgeAckMs
    for (;;) {
      const report = this.report()
      const left = until - performance.now()
      if (report.state !== 'pending' || !this.#channel?.connected || left <= 0) return report
      await this.#change(left)
    }
  }

  #change(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      this.#waiting.add(wake)
    })
  }
}
