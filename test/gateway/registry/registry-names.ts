import { BASE } from '../../support/gateway/gateway-under-test.ts'
import { until } from '../../support/until.ts'

const names = Array.from({ length: 400 }, (_, index) => `n${index}.${BASE}`)

/** A hostname that no test has had yet. */
export const aName = (): string => names.pop() ?? ''

export const nowSeconds = (): number => Math.floor(Date.now() / 1000)

export const connected = (tunnel: { status: { state: string } }): Promise<void> =>
  until('the tunnel is connected', () => tunnel.status.state === 'connected')
