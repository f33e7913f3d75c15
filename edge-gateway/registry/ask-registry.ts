import type { VerifiedRequest } from '../../protocol/identity/request-signature.ts'
import type { Refusal } from '../door/refusal.ts'
import type { Env } from '../deployment/env.ts'
import type { Registration } from './registration.ts'
import { readInviteBody } from './registry-body.ts'
import type { InviteEntry } from './registry-book.ts'
import type { JoinRequest, ListedHostname, Outcome } from './registry-object.ts'
import { registryOf, type Registry } from './registry-stub.ts'
import type { RegistryVisitor } from './registry-visitor.ts'

/** The answer to a request: a refusal, or the value that it asked for. */
export type Told = Refusal | { readonly answer: object }

/**
 * Asks the registry's object for what a visitor wants.
 * @param changed called when a hostname may have been assigned or revoked
 */
export async function askRegistry(
  visitor: RegistryVisitor,
  env: Env,
  changed: () => void,
): Promise<Told> {
  const registry = registryOf(env)
  if (visitor.as === 'anybody') {
    return { answer: { object: 'registry_challenge', challenge: await registry.challenge() } }
  }
  if (visitor.as === 'invited') return join(registry, visitor.proof, visitor.join, changed)
  const told = await askAsAdmin(registry, visitor)
  if (visitor.route.kind === 'revoke') changed()
  return told
}

async function join(
  registry: Registry,
  proof: VerifiedRequest,
  request: JoinRequest,
  changed: () => void,
): Promise<Told> {
  const outcome = (await registry.join(proof, request)) as Outcome<Registration>
  if ('answer' in outcome) changed()
  return told(outcome, registration)
}

async function askAsAdmin(
  registry: Registry,
  { proof, route, body }: Extract<RegistryVisitor, { as: 'admin' }>,
): Promise<Told> {
  switch (route.kind) {
    case 'invite': {
      const invite = readInviteBody(body, Math.floor(Date.now() / 1000))
      if ('code' in invite) return invite
      return told((await registry.invite(proof, invite)) as Outcome<InviteEntry>, inviteShown)
    }
    case 'invites': {
      const found = (await registry.invites(proof)) as Outcome<readonly InviteEntry[]>
      return told(found, (all) => list(all.map(inviteShown), null))
    }
    case 'cancel': {
      const cancelled = await registry.cancelInvite(proof, route.inviteId)
      return told(cancelled as Outcome<InviteEntry>, inviteShown)
    }
    case 'hostnames': {
      const page = (await registry.hostnames(proof, route.after)) as Outcome<{
        readonly data: readonly ListedHostname[]
        readonly more: boolean
      }>
      return told(page, ({ data, more }) =>
        list(data.map(listed), more ? (data.at(-1)?.hostname ?? null) : null),
      )
    }
    case 'revoke': {
      const revoked = await registry.revoke(proof, route.hostname)
      return told(revoked as Outcome<ListedHostname>, listed)
    }
  }
}

function told<Value>(outcome: Outcome<Value>, show: (value: Value) => object): Told {
  return 'refusal' in outcome ? outcome.refusal : { answer: show(outcome.answer) }
}

function registration({ hostname, owner, since }: Registration): object {
  return { object: 'gateway_hostname', hostname, owner, since }
}

function listed(one: ListedHostname): object {
  return { ...registration(one), connected: one.connected }
}

function inviteShown({ inviteId, hostname, createdAt, expiresAt, owner, joined }: InviteEntry) {
  return {
    object: 'gateway_invite',
    invite_id: inviteId,
    hostname,
    created_at: createdAt,
    expires_at: expiresAt,
    owner,
    joined,
  }
}

function list(data: readonly object[], next: string | null): object {
  return { object: 'list', data, has_more: next !== null, next_cursor: next }
}
