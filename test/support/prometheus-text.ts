/** One line of values, as Prometheus would store it. */
export interface ParsedSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface ParsedFamily {
  readonly help: string
  readonly type: string
  readonly samples: readonly ParsedSample[]
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const HELP = new RegExp(String.raw`^# HELP (${NAME}) ((?:[^\\]|\\[\\n])*)$`)
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`)
const SAMPLE = new RegExp(String.raw`^(${NAME})(?:\{([^]*)\})? (\S+)$`)
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/
const NUMBER = /^(?:[+-]?Inf|NaN|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/

/**
 * Reads the text format 0.0.4. Throws for everything that Prometheus would refuse or misread: an invalid line, a family
 * that is split or has no HELP and TYPE, a series that appears twice, a histogram that does not add up.
 */
export function parsePrometheus(text: string): Map<string, ParsedFamily> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  const families = new Map<string, { help: string; type: string; samples: ParsedSample[] }>()
  const series = new Set<string>()
  let name = ''
  const lines = text.slice(0, -1).split('\n')
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    const help = HELP.exec(line)
    if (help !== null) {
      name = help[1] ?? ''
      const type = TYPE.exec(lines[(at += 1)] ?? '')
      if (type?.[1] !== name) throw new Error(`no TYPE of ${name} after its HELP`)
      if (families.has(name)) throw new Error(`${name} comes twice`)
      families.set(name, { help: unescaped(help[2] ?? ''), type: type[2] ?? '', samples: [] })
      continue
    }
    const sample = parseSample(line)
    const family = families.get(name)
    const suffixes = family?.type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
    if (family === undefined || !suffixes.some((suffix) => sample.name === name + suffix)) {
      throw new Error(`${sample.name} does not belong to ${name}`)
    }
    const key = JSON.stringify([sample.name, Object.entries(sample.labels).toSorted()])
    if (series.has(key)) throw new Error(`twice: ${key}`)
    series.add(key)
    family.samples.push(sample)
  }
  for (const [of, family] of families) check(of, family)
  return families
}

function parseSample(line: string): ParsedSample {
  const parts = SAMPLE.exec(line)
  if (parts === null) throw new Error(`no sample: ${line}`)
  const [, name = '', labelText = '', value = ''] = parts
  if (!NUMBER.test(value)) throw new Error(`no number: ${line}`)
  const labels: Record<string, string> = {}
  for (let rest = labelText; rest !== '';) {
    const label = LABEL.exec(rest)
    if (label === null) throw new Error(`no label: ${rest}`)
    const [all, of = '', content = ''] = label
    if (of in labels || of.startsWith('__')) throw new Error(`label ${of}`)
    labels[of] = unescaped(content)
    rest = rest.slice(all.length)
  }
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) }
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_all, character: string) =>
    character === 'n' ? '\n' : character,
  )
}

function check(name: string, { type, samples }: ParsedFamily): void {
  if ((type === 'counter') !== name.endsWith('_total')) throw new Error(`${name} is a ${type}`)
  if (type === 'counter' && samples.some(({ value }) => !(value >= 0))) throw new Error(name)
  if (type !== 'histogram') return
  const groups = Map.groupBy(samples, ({ labels: { le: _le, ...others } }) =>
    JSON.stringify(Object.entries(others).toSorted()),
  )
  for (const group of groups.values()) {
    const buckets = group.filter((sample) => sample.name.endsWith('_bucket'))
    const bounds = buckets.map(({ labels: { le = '' } }) => Number(le.replace('Inf', 'Infinity')))
    const ascending = bounds.every((bound, at) => at === 0 || bound > (bounds[at - 1] ?? 0))
    const growing = buckets.every(({ value }, at) => value >= (buckets[at - 1]?.value ?? 0))
    if (!ascending || !growing || bounds.at(-1) !== Number.POSITIVE_INFINITY) {
      throw new Error(`buckets of ${name}`)
    }
    const count = group.find((sample) => sample.name.endsWith('_count'))
    if (count?.value !== buckets.at(-1)?.value) throw new Error(`count of ${name}`)
    if (!group.some((sample) => sample.name.endsWith('_sum'))) throw new Error(`sum of ${name}`)
  }
}
