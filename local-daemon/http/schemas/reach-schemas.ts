import { z } from '@hono/zod-openapi'
import {
  canonicalReach,
  REACH_LIMITS,
  ReachError,
  SCOPES_WITHOUT_REACH,
} from '../../../protocol/identity/reach.ts'
import { isDaemonThread } from '../../store/daemon-threads.ts'
import { formOf } from './form-of.ts'
import { ThreadId } from './ids.ts'
import { NamespaceName } from './schemas.ts'

/** The bounds of a reach, for the schema; its canonical form is made from what passed. */
export const ReachBody = z
  .strictObject(
    {
      namespaces: z.array(NamespaceName).max(REACH_LIMITS.entries).default([]),
      threads: z.array(ThreadId).max(REACH_LIMITS.entries).default([]),
    },
    formOf('{"namespaces":["team/ops"]}'),
  )
  .superRefine((asked, context) => {
    try {
      canonicalReach(asked)
    } catch (error) {
      if (!(error instanceof ReachError)) throw error
      context.addIssue({ code: 'custom', message: error.message })
    }
    const own = asked.threads.find(isDaemonThread)
    if (own === undefined) return
    const message = `cannot include ${own}, a thread of the daemon itself`
    context.addIssue({ code: 'custom', path: ['threads'], message })
  })
  .openapi('NewReach', { description: 'Where a bearer may read and write; left out: everywhere' })
const Reach = z
  .object({ namespaces: z.array(z.string()), threads: z.array(z.string()) })
  .openapi('Reach')
export const ReachOrNull = z
  .union([Reach, z.null()])
  .openapi({ description: 'Where it may read and write; null: everywhere' })
/** What these scopes are about has no place. */
export function isBoundable({
  scopes,
  reach,
}: {
  scopes: readonly string[]
  reach?: unknown
}): boolean {
  return reach === undefined || !scopes.some((scope) => SCOPES_WITHOUT_REACH.has(scope))
}
export const UNBOUNDABLE = {
  path: ['reach'],
  message: `does not go with the scopes ${[...SCOPES_WITHOUT_REACH].join(', ')}: they are about the whole daemon`,
}
