/** One way through all records or threads of a store. */
export interface Pages {
  readonly what: string
  /** Records or threads that came. */
  readonly count: number
  readonly perSecond: number
}

const PAGE = 1_000
const ACTORS = 10

/** What is asked for: a path, or the body of a query. */
type Ask = (place: string | null) => string | object

/** Reads a whole store in each way that there is, one after the other. Throws if one of them does not give everything. */
export async function pageThrough(
  base: string,
  bearer: string,
  { records, threads }: { readonly records: number; readonly threads: number },
): Promise<readonly Pages[]> {
  const headers = { authorization: `Bearer ${bearer}` }

  /** The changes feed as one answer. */
  async function lines(): Promise<number> {
    const accept = { ...headers, accept: 'application/x-ndjson' }
    const answer = await fetch(`${base}/v1/sync/changes`, { headers: accept })
    let count = 0
    for await (const chunk of answer.body ?? []) count += newlinesIn(chunk as Uint8Array)
    return count
  }

  async function pages(ask: Ask, one: string): Promise<number> {
    let count = 0
    for (let place: string | null = null, first = true; first || place !== null; first = false) {
      const text = await page(ask(place))
      count += text.split(one).length - 1
      const more = /"has_more":true/u.test(text)
      place = more ? (/"next_cursor":"([^"]+)"/u.exec(text)?.[1] ?? null) : null
    }
    return count
  }

  async function page(asked: string | object): Promise<string> {
    const answer =
      typeof asked === 'string'
        ? await fetch(base + asked, { headers })
        : await fetch(`${base}/v1/records/query`, {
            method: 'POST',
            headers: { ...headers, 'content-type': 'application/json' },
            body: JSON.stringify(asked),
          })
    const text = await answer.text()
    if (answer.status !== 200) throw new Error(`${JSON.stringify(asked)}: ${text}`)
    return text
  }

  async function ofActors(): Promise<number> {
    let count = 0
    for (let n = 0; n < ACTORS; n += 1) {
      const actor = encodeURIComponent(`did:sync:agent:worker-${n}`)
      count += await pages(
        (place) => `/v1/records?actor=${actor}&limit=${PAGE}${behind('cursor', place)}`,
        RECORD,
      )
    }
    return count
  }

  const ways: readonly (readonly [string, number, () => Promise<number>])[] = [
    ['changes feed as NDJSON', records, lines],
    [
      'changes feed in pages',
      records,
      () => pages((place) => `/v1/sync/changes?limit=10000${behind('since', place)}`, RECORD),
    ],
    ['records of each actor in pages', records, ofActors],
    [
      'query in pages',
      records,
      () => pages((cursor) => ({ filter: { clock: { $gte: 0 } }, limit: PAGE, cursor }), RECORD),
    ],
    [
      'threads in pages',
      threads,
      () => pages((place) => `/v1/threads?limit=${PAGE}${behind('cursor', place)}`, THREAD),
    ],
  ]
  const done: Pages[] = []
  for (const [what, least, read] of ways) {
    const begun = performance.now()
    const count = await read()
    if (count < least) throw new Error(`${what}: ${count} of ${least}`)
    done.push({ what, count, perSecond: (count / (performance.now() - begun)) * 1000 })
  }
  return done
}

const RECORD = '"sig":"'
const THREAD = '"object":"thread"'

function behind(name: string, place: string | null): string {
  return place === null ? '' : `&${name}=${encodeURIComponent(place)}`
}

function newlinesIn(chunk: Uint8Array): number {
  let count = 0
  for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) count += 1
  return count
}
