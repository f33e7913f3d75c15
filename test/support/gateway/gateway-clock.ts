import { send } from '../clients/send.ts'

/**
 * Sets the clock of a gateway that was started with `movableClock`.
 * @param to milliseconds ahead of the real time; `still`: the clock stops where it is; `still+<ms>`: it moves by that much, and stops
 */
export async function setGatewayClock(
  port: number,
  to: number | 'still' | `still+${number}`,
): Promise<void> {
  const { status } = await send(port, { headers: [['x-test-clock', String(to)]] })
  if (status !== 204) throw new Error('set the clock: this gateway has none that can be set')
}
