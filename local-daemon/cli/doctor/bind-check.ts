import type { Check } from './check.ts'
import { exposureOf } from './exposure-of.ts'
import { pass, skip, warning } from './outcomes.ts'
import type { Survey } from './survey.ts'

/** Who can reach the daemon's own port. On wildcard and public addresses it never starts. */
export function bindCheck({ running }: Survey): Check {
  const name = 'bind'
  if (running === undefined) return skip(name, 'no running daemon, so its address is unknown')
  const { address } = running
  const exposure = exposureOf(new URL(address)) ?? 'unknown'
  const details = { address, exposure }
  if (exposure === 'loopback')
    return pass(name, `${address}, reachable from this machine only`, details)
  if (exposure === 'tailnet')
    return pass(name, `${address}, reachable from the tailnet only`, details)
  return warning(
    name,
    `${address} is plain HTTP: anyone on that network can read bearer tokens and records`,
    'spl expose phone --by tailnet, or spl expose peer with a gateway; or leave it if you trust the network',
    details,
  )
}
