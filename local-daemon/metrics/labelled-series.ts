type Level<Series> = Map<string, Level<Series> | Series>

/**
 * One entry for each combination of label values that occurred. Each label is a nested map: one key made of all
 * values would be a new string for every request.
 */
export class LabelledSeries<Label extends string, Series extends object> {
  readonly #labels: readonly Label[]
  readonly #make: () => Series
  readonly #top: Level<Series> = new Map()
  readonly #all: { readonly values: readonly string[]; readonly series: Series }[] = []

  /** @param make never makes a Map */
  constructor(labels: readonly Label[], make: () => Series) {
    this.#labels = labels
    this.#make = make
  }

  of(values: readonly string[]): Series {
    let at: Level<Series> | Series | undefined = this.#top
    for (const value of values) {
      if (!(at instanceof Map)) break
      at = at.get(value)
    }
    return at === undefined || at instanceof Map ? this.#add(values) : at
  }

  all(): (readonly [Record<string, string>, Series])[] {
    return this.#all.map(({ values, series }) => [
      Object.fromEntries(this.#labels.map((label, at) => [label, values[at] ?? ''])),
      series,
    ])
  }

  #add(values: readonly string[]): Series {
    const series = this.#make()
    this.#all.push({ values: [...values], series })
    let level = this.#top
    for (const value of values.slice(0, -1)) {
      const next = level.get(value)
      const deeper: Level<Series> = next instanceof Map ? next : new Map()
      level.set(value, deeper)
      level = deeper
    }
    level.set(values.at(-1) ?? '', series)
    return series
  }
}
