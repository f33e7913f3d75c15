import type { Home } from '../../home/home.ts'
import { survey } from '../doctor/survey.ts'
import { readLastStart } from '../client/running-file.ts'
import { INITIAL_START } from '../client/start-arguments.ts'
import { localAddresses } from './local-addresses.ts'
import type { Present } from './wish.ts'

/** What is there now: this machine's addresses, and the daemon of the home with its settings. Nothing is changed. */
export async function presentOf(home: Home): Promise<Present> {
  const addresses = localAddresses()
  const { running, daemon } = await survey(home)
  if (running === undefined || daemon === undefined) {
    const last = readLastStart(home)
    return {
      addresses,
      port: last?.port || INITIAL_START.port,
      settings: {},
      ...(last?.gateway && { lastGateway: { url: last.gateway, cacert: last.gatewayCa } }),
    }
  }
  const { address, gateway, gateway_ca: cacert } = running
  return {
    addresses,
    port: Number(new URL(address).port || 80),
    settings: daemon.settings,
    running: { address, gateway: gateway === null ? null : { url: gateway, cacert } },
  }
}
