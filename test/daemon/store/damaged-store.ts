import { expect } from 'vitest'
import type { aKeptHome } from '../../support/daemon/a-kept-home.ts'
import { EventReader, type SeenEvent } from '../../support/clients/events.ts'
import { aDraft } from '../../support/daemon/a-daemon.ts'

export type KeptHome = ReturnType<typeof aKeptHome>

export const PAGE = 8192

/** A stopped home with some pages of records, and the cursor of who has seen ten of them. */
export async function someRecords(
  at: KeptHome,
): Promise<{ ids: readonly string[]; cursor: string }> {
  await at.start()
  await at.append(8)
  const cursor = await at.cursor()
  const { store } = at.daemon()
  const drafts = Array.from({ length: 150 }, (_, n) =>
    aDraft({ body: { text: `needle-${n}-${'x'.repeat(300)}`, n } }),
  )
  const appended = await Promise.all(drafts.map((draft) => store.append(draft)))
  const ids = appended.map(({ record }) => record.id)
  await at.stop()
  return { ids, cursor }
}

export interface List {
  readonly records?: readonly { readonly id: string }[]
  readonly data?: readonly { readonly id: string }[]
  readonly has_more: boolean
  readonly next_cursor: string
  readonly code?: string
  readonly try?: string
}

export async function list(at: KeptHome, path: string): Promise<List> {
  return (await (await at.ask(path)).json()) as List
}

/** What a stream brings until its end, or until it is live. */
export async function streamed(at: KeptHome, path: string): Promise<readonly SeenEvent[]> {
  const answer = await at.ask(path)
  expect(answer.status).toBe(200)
  const events = new EventReader(answer)
  const seen: SeenEvent[] = []
  for (let next = await events.next(); next !== undefined; next = await events.next()) {
    seen.push(next)
    if ('event' in next && next.event === 'ready') break
  }
  await events.cancel()
  return seen
}

export function namesOf(seen: readonly SeenEvent[]): readonly string[] {
  return seen.flatMap((one) => ('event' in one ? [one.event] : []))
}
