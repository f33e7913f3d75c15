import { ask, sha256 } from '../../support/clients/ask.ts'
import type { PublicSide } from '../public-side.ts'

export type Asked =
  | { readonly kind: 'record'; readonly id: string }
  | {
      readonly kind: 'list'
      readonly form: 'flat' | 'sync'
      readonly thread: string | undefined
      readonly limit: number
    }

const OUTAGES: ReadonlySet<number> = new Set([502, 503, 504])

/** Asks for a body, and notes it if it was taken for whole. */
export async function takeBody(side: PublicSide, asked: Asked): Promise<void> {
  const path = pathOf(asked)
  const answer = await ask(side, { path, headers: [side.authorization] }).catch(() => undefined)
  if (answer === undefined || OUTAGES.has(answer.status)) return
  // A thread that nobody has written to yet.
  if (answer.status !== 200) {
    side.history.surprises.push(`GET ${path}: ${answer.status} ${answer.text.slice(0, 500)}`)
    return
  }
  const { body, text } = answer
  const taken = { path, bytes: body.length, sha256: sha256(body) }
  if (asked.kind === 'record') {
    side.history.bodies.push({ ...taken, kind: 'record', id: asked.id })
    return
  }
  const { form, thread } = asked
  side.history.bodies.push({ ...taken, kind: 'list', form, after: 0, thread, end: endOf(text) })
}

function pathOf(asked: Asked): string {
  if (asked.kind === 'record') return `/v1/records/${asked.id}`
  const thread = asked.thread === undefined ? '' : `&thread=${asked.thread}`
  const route = asked.form === 'flat' ? '/v1/records' : '/v1/sync/changes'
  return `${route}?limit=${asked.limit}${thread}`
}

function endOf(text: string): { readonly upTo: string; readonly more: boolean } | undefined {
  try {
    const { has_more: more, next_cursor: upTo } = JSON.parse(text) as Record<string, unknown>
    return { upTo: String(upTo), more: more === true }
  } catch {
    return undefined
  }
}
