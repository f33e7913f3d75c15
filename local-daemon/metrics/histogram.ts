import { type Family, numberText, type Sample } from '../../protocol/http/exposition.ts'
import { LabelledSeries } from './labelled-series.ts'

interface Series {
  /** Values in each bucket, the last one without an upper bound; not cumulative. */
  readonly counts: number[]
  sum: number
}

/** How values spread over fixed buckets, by label values. */
export class Histogram<Label extends string> {
  readonly #about: Pick<Family, 'name' | 'help'>
  readonly #bounds: readonly number[]
  readonly #series: LabelledSeries<Label, Series>

  /** @param bounds upper bounds, inclusive, ascending, without +Inf */
  constructor(name: string, help: string, labels: readonly Label[], bounds: readonly number[]) {
    this.#about = { name, help }
    this.#bounds = bounds
    this.#series = new LabelledSeries(labels, () => ({
      counts: Array.from({ length: bounds.length + 1 }, () => 0),
      sum: 0,
    }))
  }

  /** @param values in the order of the labels; keep the number of different ones small */
  observe(values: readonly string[], value: number): void {
    const series = this.#series.of(values)
    const bounds = this.#bounds
    let at = 0
    while (at < bounds.length && value > (bounds[at] ?? 0)) at += 1
    series.counts[at] = (series.counts[at] ?? 0) + 1
    series.sum += value
  }

  family(): Family {
    const samples = this.#series.all().flatMap(([labels, series]) => this.#samples(labels, series))
    return { ...this.#about, type: 'histogram', samples }
  }

  #samples(labels: Readonly<Record<string, string>>, { counts, sum }: Series): Sample[] {
    let below = 0
    const buckets = counts.map((count, at) => {
      below += count
      const le = numberText(this.#bounds[at] ?? Number.POSITIVE_INFINITY)
      return { suffix: '_bucket', labels: { ...labels, le }, value: below }
    })
    return [
      ...buckets,
      { suffix: '_sum', labels, value: sum },
      { suffix: '_count', labels, value: below },
    ]
  }
}
