import { type Reach, reachEntries } from '../../../protocol/identity/reach.ts'

/** A reach for people; undefined: everywhere. A daemon of before says nothing of one. */
export function reachText(reach: Reach | null | undefined): string | undefined {
  return reach === null || reach === undefined ? undefined : reachEntries(reach).join(', ')
}

/** Scopes and reach in the cell of a table. */
export function grantText(scopes: readonly string[], reach: Reach | null | undefined): string {
  const where = reachText(reach)
  return where === undefined ? scopes.join(',') : `${scopes.join(',')} in ${where}`
}
