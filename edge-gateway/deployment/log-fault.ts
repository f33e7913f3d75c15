/**
 * Writes one line for a mistake of ours that was settled where it happened: `spl gateway logs` and the journal show it.
 * No header, target or body is in it.
 *
 * @param requestId of the request that it cost; absent: none, or more than one
 */
export function logFault(place: string, error: unknown, requestId?: string): void {
  const known = error instanceof Error ? error : new Error(String(error))
  const { name, message, stack } = known
  const id = requestId === undefined ? {} : { request_id: requestId }
  console.error(JSON.stringify({ level: 'error', place, ...id, name, message, stack }))
}
