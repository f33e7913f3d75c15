/** Paths that answer without a bearer, at the edge and at home alike. */
const ANONYMOUS_PATHS: ReadonlySet<string> = new Set(['/health'])

/** @param target path and query as on the request line */
export function isAnonymousTarget(target: string): boolean {
  const question = target.indexOf('?')
  return ANONYMOUS_PATHS.has(question === -1 ? target : target.slice(0, question))
}
