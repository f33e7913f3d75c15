import type { TestDaemon } from '../../support/daemon/a-daemon.ts'

export interface SeenOutcome {
  readonly line: number
  readonly outcome: 'accepted' | 'duplicate' | 'rejected'
  readonly id?: string
  readonly seq?: number
  readonly code?: string
  readonly message?: string
  readonly field?: string
  readonly try?: string
}

/** The answer to a bulk append. */
export interface SeenOutcomes {
  readonly outcomes: readonly SeenOutcome[]
  /** Undefined: it was cut. */
  readonly summary: Readonly<Record<string, unknown>> | undefined
  /** What cut it, if it says so. */
  readonly cut: Readonly<Record<string, unknown>> | undefined
}

export function linesOf(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('')
}

export async function postLines(
  at: TestDaemon,
  lines: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
  token = at.bearer,
): Promise<SeenOutcomes> {
  const answer = await fetch(`${at.base}/v1/records`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
    body: lines,
    ...(lines instanceof ReadableStream && { duplex: 'half' as const }),
  })
  return outcomesOf(await answer.text())
}

export function outcomesOf(text: string): SeenOutcomes {
  const values = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  return {
    outcomes: values.filter((value) => !Object.hasOwn(value, 'object')) as unknown as SeenOutcome[],
    summary: values.find((value) => value['object'] === 'bulk_summary'),
    cut: values.find((value) => value['object'] === 'error'),
  }
}
