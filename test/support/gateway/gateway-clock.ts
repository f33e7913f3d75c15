import { send } from '../clients/send.ts'

/**
 * Sets the clock of a gateway that was started with `movableClock`.
 * @param to milliseconds ahead of the real time, or `still`: from now on it stands
 */
export async function setGatewayClock(port: number, to: number | 'still'): Promise<void> {
  const { status } = await send(port, { headers: [['x-test-clock', String(to)]] })
  if (status !== 204) throw new Error('set the clock: this gateway has none that can be set')
}
