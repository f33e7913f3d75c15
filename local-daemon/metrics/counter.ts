import { LabelledSeries } from './labelled-series.ts'
import type { Family } from '../../protocol/http/exposition.ts'

/** A number that only grows, or with `gauge` also shrinks, by label values. */
export class Counter<Label extends string> {
  readonly #about: Pick<Family, 'name' | 'help' | 'type'>
  readonly #series: LabelledSeries<Label, { value: number }>

  constructor(
    name: string,
    help: string,
    labels: readonly Label[],
    type: 'counter' | 'gauge' = 'counter',
  ) {
    this.#about = { name, help, type }
    this.#series = new LabelledSeries(labels, () => ({ value: 0 }))
  }

  /** @param values in the order of the labels; keep the number of different ones small */
  add(values: readonly string[], by = 1): void {
    this.#series.of(values).value += by
  }

  family(): Family {
    const samples = this.#series.all().map(([labels, { value }]) => ({ labels, value }))
    return { ...this.#about, samples }
  }
}
