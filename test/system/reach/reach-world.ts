import type { Reach } from '../../../protocol/identity/reach.ts'
import type { Scope } from '../../../protocol/identity/scopes.ts'
import { ADA, aDraft } from '../../support/daemon/a-daemon.ts'
import { aRealHome, type RealHome } from '../../support/daemon/a-real-home.ts'

/** Threads by the namespace that each is in. */
export const THREADS: Readonly<Record<string, string>> = {
  th_ops: 'team/ops',
  th_ci: 'team/ops/ci',
  th_two: 'team2',
  th_opsy: 'team/ops2',
  th_far: 'outpost',
  th_plain: 'default',
}
const NAMESPACES = ['team', 'team/ops', 'team/ops/ci', 'team/ops2', 'team2', 'outpost']

/** A kind of bearer: its reach, the threads and the namespaces that it sees. */
export interface Kind {
  readonly name: string
  readonly reach: Reach | undefined
  readonly threads: readonly string[]
  readonly namespaces: readonly string[]
}

export const KINDS: readonly Kind[] = [
  {
    name: 'no reach',
    reach: undefined,
    threads: Object.keys(THREADS),
    namespaces: ['default', ...NAMESPACES],
  },
  {
    name: 'team/ops',
    reach: { namespaces: ['team/ops'], threads: [] },
    threads: ['th_ops', 'th_ci'],
    namespaces: ['team/ops', 'team/ops/ci'],
  },
  {
    name: 'team/ops/ci, below it',
    reach: { namespaces: ['team/ops/ci'], threads: [] },
    threads: ['th_ci'],
    namespaces: ['team/ops/ci'],
  },
  {
    name: 'th_ops alone',
    reach: { namespaces: [], threads: ['th_ops'] },
    threads: ['th_ops'],
    namespaces: [],
  },
  {
    name: 'outpost, and a namespace and a thread that do not exist',
    reach: { namespaces: ['outpost', 'later'], threads: ['th_later'] },
    threads: ['th_far'],
    namespaces: ['outpost'],
  },
]

/** A daemon behind a gateway with a record in each thread, and requests by both ways. */
export interface ReachWorld extends AsyncDisposable {
  readonly home: RealHome
  /** The id of the record in each thread. */
  readonly ids: Readonly<Record<string, string>>
  readonly ways: Readonly<Record<string, () => string>>
  bearerOf(kind: Kind, scopes: readonly Scope[]): Promise<string>
  write(thread: string): Promise<string>
}

export async function aReachWorld(): Promise<ReachWorld> {
  const home = await aRealHome()
  for (const name of NAMESPACES) {
    await home.daemon().access.namespaces.create(name, null)
  }
  async function write(thread: string): Promise<string> {
    const namespace = THREADS[thread] ?? 'default'
    const draft = aDraft({ thread, body: { namespace, canary: `canary-${thread}` } })
    return (await home.daemon().store.append(draft)).record.id
  }
  const ids: Record<string, string> = {}
  for (const thread of Object.keys(THREADS)) ids[thread] = await write(thread)
  return {
    home,
    ids,
    write,
    ways: {
      'at home': () => `http://127.0.0.1:${home.daemon().addresses.tcp.port}`,
      'through the gateway': () => home.gateway.origin,
    },
    async bearerOf({ reach }, scopes) {
      const request = { name: 'reacher', scopes, actors: [ADA], ...(reach && { reach }) }
      const { access } = home.daemon()
      const { token } = await access.accounts.createWithToken(request, null)
      await access.edge.settled()
      return token
    },
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  }
}
