import { enter } from '../door/enter.ts'
import { clientOf, type PublicUrl } from '../door/public-request.ts'
import { refuse } from '../door/refusal.ts'
import { CHALLENGES, type StrangerLimit, STRANGERS } from '../door/stranger-limits.ts'
import type { RegistrySettings } from '../deployment/settings.ts'
import { askRegistry, type Told } from './ask-registry.ts'
import { readVisitor, type RegistryVisitor } from './registry-visitor.ts'

/** What a Worker knows of hostnames without asking the registry. */
export interface RegistryHosts {
  /** A hostname was assigned or revoked. */
  changed(): void
  /** Whether the host of the request is one of this gateway. */
  isOwn(): Promise<boolean>
}

/** Answers a request for the registry itself. Only a request with a valid form, rate and signature wakes its object. */
export async function answerRegistry(
  request: Request,
  url: PublicUrl,
  settings: RegistrySettings,
  { changed, isOwn }: RegistryHosts,
): Promise<Response> {
  const asked = { requestId: crypto.randomUUID() }
  const told = await enter<RegistryVisitor, Told>(settings, {
    client: clientOf(request, settings),
    strangers: STRANGERS,
    // A fault of the form counts as a stranger's: the admin's commands make no such request.
    formFault: () => undefined,
    credential: () => readVisitor(request, url, settings, isOwn),
    strangerLimitOf: ({ as }) => LIMIT_OF[as],
    admit: (visitor) => askRegistry(visitor, settings.env, changed),
    refuse: (refusal) => refusal,
  })
  return 'code' in told ? refuse(told, asked) : json(told.answer, asked.requestId)
}

/** Requests that need no admin's signature count as a stranger's, even if they succeed. */
const LIMIT_OF: Readonly<Record<RegistryVisitor['as'], StrangerLimit | undefined>> = {
  anybody: CHALLENGES,
  invited: STRANGERS,
  admin: undefined,
}

function json(answer: object, requestId: string): Response {
  return Response.json(answer, {
    headers: {
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': requestId,
    },
  })
}
