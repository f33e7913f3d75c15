import { join } from 'node:path'
import type { FrontLimits } from '../../../local-daemon/gateway/front/front-limits.ts'
import { selfSignedCertificate } from '../../../local-daemon/gateway/self-signed.ts'
import { startGateway, type Gateway } from '../../../local-daemon/gateway/start-gateway.ts'
import { bundleWorker } from '../../../local-daemon/gateway/worker-bundle.ts'
import {
  aHomeWithIdentity,
  type HomeWithIdentity,
} from '../../support/daemon/a-home-with-identity.ts'
import { nothingRuns } from '../../support/processes-of.ts'

/** One Worker behind two fronts: one without TLS, and one with a certificate in `given/` of the home. */
export interface TwoFronts extends AsyncDisposable {
  readonly home: HomeWithIdentity
  readonly plain: Gateway
  readonly secure: Gateway
  /** Lines of both. */
  readonly log: string[]
}

/** @param secureLimits the limits with TLS, where they differ */
export async function twoFronts(
  source: string,
  limits: Partial<FrontLimits>,
  secureLimits: Partial<FrontLimits> = limits,
): Promise<TwoFronts> {
  await using undo = new AsyncDisposableStack()
  const home = undo.use(aHomeWithIdentity())
  const log: string[] = []
  const worker = await bundleWorker({ contents: source, resolveDir: '/' })
  const given = { ownerDid: home.ownerDid, worker, onLog: (line: string) => void log.push(line) }
  undo.defer(() => nothingRuns(home.path))
  const plain = await startGateway({ ...given, limits, directory: join(home.path, 'plain') })
  undo.defer(() => plain.stop())
  const tls = await selfSignedCertificate(join(home.path, 'given'), 'localhost', Date.now())
  const directory = join(home.path, 'secure')
  const secure = await startGateway({ ...given, directory, tls, limits: secureLimits })
  undo.defer(() => secure.stop())
  const done = undo.move()
  return { home, plain, secure, log, [Symbol.asyncDispose]: () => done.disposeAsync() }
}
