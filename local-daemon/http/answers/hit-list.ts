import { isDamage } from '../../store/trouble/store-trouble.ts'
import type { Hit } from '../../store/query/record-query.ts'
import type { RecordView } from '../../store/record-view.ts'
import { flatJson, type StoredRecord } from '../../store/stored-record.ts'
import { STORE_LIMITS } from '../../store/limits.ts'
import type { TextPage } from './paged-answer.ts'

interface HitListOptions<OfHit extends Hit> {
  readonly view: RecordView
  readonly hits: readonly OfHit[]
  /** Whether there are more behind them. */
  readonly more: boolean
  /** The cursor behind a record. */
  readonly cursorAt: (hit: OfHit) => string
  /** JSON members at the end of a record, such as `,"matches":[]`; none by default. */
  readonly ofRecord?: (hit: OfHit, record: StoredRecord) => string
  /** JSON members at the end, such as `,"plan":{}`. */
  readonly end: string
}

/**
 * The records that a query has found, page by page: they are read when their reader takes them. A list that meets a damaged record ends before
 * it, as `RecordListText` does.
 */
export function renderHits<OfHit extends Hit>(
  options: HitListOptions<OfHit>,
  from: number,
): TextPage<number> {
  const { view, hits, more, cursorAt, ofRecord, end } = options
  const texts: string[] = []
  let bytes = 0
  let at = from
  let isCut = false
  while (at < hits.length && bytes < STORE_LIMITS.pageBytes) {
    const hit = hits[at]
    if (hit === undefined) break
    const record = readHit(view, hit, at === 0)
    isCut = record === undefined
    if (record === undefined) break
    const text = flatJson(record)
    texts.push(ofRecord === undefined ? text : `${text.slice(0, -1)}${ofRecord(hit, record)}}`)
    bytes += record.raw.length
    at += 1
  }
  const opening = from === 0 ? '{"object":"list","data":[' : texts.length === 0 ? '' : ','
  const text = opening + texts.join(',')
  if (at < hits.length && !isCut) return { text, next: at }
  const last = hits[at - 1]
  const goesOn = (more || isCut) && last !== undefined
  const next = goesOn ? JSON.stringify(cursorAt(last)) : 'null'
  return { text: `${text}],"has_more":${goesOn},"next_cursor":${next}${end}}`, next: undefined }
}

/** Undefined for one that cannot be read, after others that could be. */
function readHit(view: RecordView, { seq }: Hit, isFirst: boolean): StoredRecord | undefined {
  try {
    return view.page({}, seq - 1, seq, 1).records[0]
  } catch (error) {
    if (isDamage(error) && !isFirst) return undefined
    throw error
  }
}
