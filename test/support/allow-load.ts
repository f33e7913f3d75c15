import type { Daemon } from '../../local-daemon/daemon.ts'
import { CONFIG_THREAD } from '../../local-daemon/store/daemon-threads.ts'

/** One bearer token makes the whole load: its rate is still counted, and never reached. */
export async function allowLoad({ store, identity }: Daemon): Promise<void> {
  for (const [key, value] of [
    ['token_requests_per_second', 1_000_000],
    ['token_burst', 10_000_000],
  ] as const) {
    await store.append({
      parents: [],
      thread: CONFIG_THREAD,
      actor: identity.did,
      act: 'LEARN',
      body: { topic: key, value },
      data_type: 'SCALAR',
      judged_by: null,
    })
  }
}
