import { type ParsedFamily, parsePrometheus } from '../prometheus-text.ts'
import { send } from '../clients/send.ts'

export const METRICS_PATH = '/.well-known/spl-gateway/metrics'

/** What the gateway has counted, at one moment. */
export interface GatewayMetrics {
  readonly families: ReadonlyMap<string, ParsedFamily>
  /** A series' value, by its name without `spl_gateway_` and the value of its one label; 0 if there is none. */
  value(name: string, label?: string): number
  /** All series of a name that are not 0, by label. */
  by(name: string): Record<string, number>
}

/** Scrapes, which counts itself: once under requests of the kind metrics. */
export async function scrapeGateway(port: number, bearer: string): Promise<GatewayMetrics> {
  const headers = [['authorization', `Bearer ${bearer}`]] as const
  const answer = await send(port, { path: METRICS_PATH, headers })
  if (answer.status !== 200) throw new Error(`scrape the gateway: ${answer.status} ${answer.text}`)
  const families = parsePrometheus(answer.text)
  const samples = (name: string) => families.get(`spl_gateway_${name}`)?.samples ?? []
  const labelOf = (labels: Readonly<Record<string, string>>) => Object.values(labels)[0] ?? ''
  return {
    families,
    value: (name, label = '') =>
      samples(name).find(({ labels }) => labelOf(labels) === label)?.value ?? 0,
    by: (name) =>
      Object.fromEntries(
        samples(name).flatMap(({ labels, value }) =>
          value === 0 ? [] : [[labelOf(labels), value]],
        ),
      ),
  }
}
