/** One thing for each combination of label values that came up. */
export class LabelledSeries<Label extends string, Series> {
  readonly #labels: readonly Label[]
  readonly #make: () => Series
  readonly #series = new Map<string, { readonly values: readonly string[]; readonly of: Series }>()

  constructor(labels: readonly Label[], make: () => Series) {
    this.#labels = labels
    this.#make = make
  }

  of(values: readonly string[]): Series {
    const key = values.join('\n')
    const known = this.#series.get(key)
    if (known !== undefined) return known.of
    const made = { values: [...values], of: this.#make() }
    this.#series.set(key, made)
    return made.of
  }

  all(): (readonly [Record<string, string>, Series])[] {
    return [...this.#series.values()].map(({ values, of }) => [
      Object.fromEntries(this.#labels.map((label, at) => [label, values[at] ?? ''])),
      of,
    ])
  }
}
