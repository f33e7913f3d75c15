import { z } from '@hono/zod-openapi'
import { isChallenge } from '../../../protocol/identity/request-signature.ts'
import { DEFAULT_NAMESPACE } from '../../../protocol/identity/namespace-name.ts'
import { SCOPES } from '../../../protocol/identity/scopes.ts'
import { isBoundable, ReachBody, ReachOrNull, UNBOUNDABLE } from './reach-schemas.ts'
import { ACCESS_LIMITS } from '../../access/limits.ts'
import { isSettingKey, type SettingKey, SETTINGS } from '../../settings/setting-definitions.ts'
import { PLAIN, printable } from './printable.ts'
import { Cursor, Did, listOf, NamespaceName } from './schemas.ts'
import { VIAS } from '../../access/via.ts'

/* The shapes of accounts, tokens, invites, tickets and settings, for validation and for /openapi.json alike. */

const { tokenMaxSeconds, inviteMaxSeconds, inviteDefaultSeconds, accountActors } = ACCESS_LIMITS

const AccountId = z
  .string()
  .regex(
    /^sa_[0-9a-hjkmnp-tv-z]{10,26}$/,
    'must be the id of a service account, such as sa_7k2m9q4x1c3v5b8n',
  )
const TokenIdText = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be the id of a token: 64 lower-case hex digits')
const InviteIdText = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be the id of an invite: 64 lower-case hex digits')
/** It is printed in tables. */
const Label = printable(1, 64).openapi({ minLength: 1, maxLength: 64, pattern: PLAIN })
const EnvTag = z.string().regex(/^[a-z0-9]{1,16}$/, 'must be 1 to 16 of a-z and 0-9')
const Scopes = z.array(z.enum(SCOPES)).max(SCOPES.length)
const Ttl = z.int().min(1).max(tokenMaxSeconds).openapi({ description: 'Seconds' })
const Seconds = z.int().openapi({ description: 'Unix time, seconds' })

const grant = {
  scopes: Scopes.default(['records:read', 'records:write']),
  actors: z.array(Did).max(accountActors).default([]),
  namespace: NamespaceName.default(DEFAULT_NAMESPACE),
  env: EnvTag.default('prod'),
  reach: ReachBody.optional(),
}
export const NewAccount = z
  .strictObject({
    name: Label,
    ...grant,
    with_token: z.boolean().default(false),
    ttl_seconds: Ttl.optional(),
  })
  .refine(({ with_token, ttl_seconds }) => with_token || ttl_seconds === undefined, {
    path: ['ttl_seconds'],
    message: 'is the lifetime of a token: it needs with_token',
  })
  .refine(isBoundable, UNBOUNDABLE)
  .openapi('NewServiceAccount')
export const NewToken = z
  .strictObject({
    service_account_id: AccountId,
    ttl_seconds: Ttl.optional(),
    reach: ReachBody.optional(),
  })
  .openapi('NewToken')
export const Rotation = z
  .strictObject({
    ttl_seconds: Ttl.optional(),
    force: z.boolean().default(false),
    reach: ReachBody.optional(),
  })
  .openapi('Rotation')
/** For what a code is exchanged: all of the invite, or less. JSON even if empty, so that no page can send it without a preflight. */
export const Redemption = z.strictObject({ reach: ReachBody.optional() }).openapi('Redemption')
export const NewInvite = z
  .strictObject({
    device: Label,
    ...grant,
    ttl_seconds: z.int().min(1).max(inviteMaxSeconds).default(inviteDefaultSeconds),
  })
  .refine(isBoundable, UNBOUNDABLE)
  .openapi('NewInvite')
export const NewTicket = z
  .strictObject({ path: z.string().openapi({ description: 'Path of an event stream, no query' }) })
  .openapi('NewStreamTicket')
export const FirstAccount = z.strictObject({ name: Label.default('admin') }).openapi('FirstAccount')
export const NewSetting = z
  .strictObject({
    value: z.unknown().refine((value) => value !== undefined, 'is missing'),
    force: z.boolean().default(false),
  })
  .openapi('NewSetting')

export const SettingParams = z.object({
  key: z.enum(Object.keys(SETTINGS).filter(isSettingKey) as [SettingKey]),
})
export const AccountParams = z.object({ id: AccountId })
export const TokenParams = z.object({ id: TokenIdText })
const Force = z.enum(['true', 'false']).default('false')
export const RevokeAccountQuery = z.object({
  reason: printable(0, 256).optional().openapi({ maxLength: 256, pattern: PLAIN }),
  force: Force,
})
export const RevokeTokenQuery = z.object({ force: Force })
export const TokensQuery = z.object({ service_account_id: AccountId.optional() })

const Edge = z
  .object({ state: z.enum(['applied', 'pending', 'none']), version: z.int() })
  .openapi('Edge')
const tokenFields = {
  object: z.literal('token'),
  token_id: TokenIdText,
  service_account_id: AccountId,
  env: z.string(),
  scopes: Scopes,
  reach: ReachOrNull,
  created_at: Seconds,
  expires_at: Seconds.nullable(),
  revoked_at: Seconds.nullable(),
  last_used_at: Seconds.nullable().openapi({ description: 'To ten minutes; null: never' }),
}
const Token = z.object(tokenFields).openapi('Token')
/*
 * Each of these is its own object: composed, they would be `allOf`, where two parts can contradict one
 * another, and where a generated client reads one part and refuses the other after the bearer was minted.
 */
const mintedFields = {
  ...tokenFields,
  token: z.string().openapi({ description: 'Shown this once' }),
}
const MintedToken = z.object(mintedFields).openapi('MintedToken')
const accountFields = {
  object: z.literal('service_account'),
  id: AccountId,
  name: z.string(),
  did: z.string(),
  scopes: Scopes,
  actors: z.array(z.string()),
  namespace: z.string(),
  reach: ReachOrNull,
  env: z.string(),
  active: z.boolean(),
  created_at: Seconds,
  revoked_at: Seconds.nullable(),
  reason: z.string().nullable(),
}
const Account = z.object(accountFields).openapi('ServiceAccount')
export const AccountWithTokens = z
  .object({
    ...accountFields,
    tokens: z.array(Token),
    has_more: z.boolean().openapi({ description: 'Whether there are more tokens' }),
    next_cursor: Cursor.nullable(),
  })
  .openapi('ServiceAccountWithTokens')
export const CreatedAccount = z
  .object({ ...accountFields, minted: z.union([MintedToken, z.null()]), edge: Edge })
  .openapi('CreatedServiceAccount')
export const ChangedAccount = z
  .object({ ...accountFields, edge: Edge })
  .openapi('ChangedServiceAccount')
export const ChangedToken = z.object({ ...tokenFields, edge: Edge }).openapi('ChangedToken')
export const NewlyMinted = z.object({ ...mintedFields, edge: Edge }).openapi('NewlyMintedToken')
export const Rotated = z
  .object({ ...mintedFields, edge: Edge, revoked: z.array(TokenIdText) })
  .openapi('RotatedToken')
export const AccountList = listOf(Account, 'ServiceAccountList')
export const TokenList = listOf(Token, 'TokenList')
export const Invite = z
  .object({
    object: z.literal('invite'),
    invite_id: z.string(),
    code: z.string().openapi({ description: 'Shown this once' }),
    device: z.string(),
    scopes: Scopes,
    reach: ReachOrNull,
    expires_at: Seconds,
    edge: Edge,
  })
  .openapi('Invite')
export const ListedInvite = z
  .object({
    object: z.literal('invite'),
    invite_id: InviteIdText,
    device: z.string(),
    scopes: Scopes,
    reach: ReachOrNull,
    created_at: Seconds,
    expires_at: Seconds,
    redeemed_at: Seconds.nullable(),
    revoked_at: Seconds.nullable(),
  })
  .openapi('ListedInvite')
export const InviteList = listOf(ListedInvite, 'InviteList')
export const InviteParams = z.object({ id: InviteIdText })
export const Pairing = z
  .object({
    ...mintedFields,
    object: z.literal('pairing'),
    device: z.string(),
    instance_did: z.string(),
  })
  .openapi('Pairing')
export const StreamTicketAnswer = z
  .object({
    object: z.literal('stream_ticket'),
    ticket: z.string(),
    path: z.string(),
    expires_at: Seconds,
  })
  .openapi('StreamTicket')
const settingFields = { key: z.string(), value: z.unknown(), record_id: z.string().nullable() }
export const Config = z
  .object({
    object: z.literal('config'),
    settings: z.array(
      z.object({
        ...settingFields,
        default: z.unknown(),
        source: z.enum(['default', 'record']),
        set_at: z.int().nullable(),
      }),
    ),
    warnings: z.array(z.string()),
    edge: Edge,
  })
  .openapi('Config')
export const Setting = z
  .object({
    object: z.literal('setting'),
    ...settingFields,
    warnings: z.array(z.string()),
    edge: Edge,
  })
  .openapi('Setting')
export const Identity = z
  .object({
    object: z.literal('identity'),
    instance_did: z.string(),
    via: z.enum(VIAS),
    service_account_id: z.string().nullable(),
    did: z.string().nullable(),
    scopes: Scopes,
    actors: z.array(z.string()),
    namespace: z.string().nullable(),
    reach: ReachOrNull,
    expires_at: Seconds.nullable(),
    client_address: z.string().nullable().openapi({ description: 'As far as it can be known' }),
  })
  .openapi('Identity')

export const ProofQuery = z.object({
  challenge: z
    .string()
    .refine(isChallenge, 'must be 22 to 64 characters of base64url: 16 bytes by chance, or more')
    .openapi({
      description: 'Yours, by chance, for this one question',
      example: 'q83vASNFZ4mrze8BI0VniQ',
    }),
})
export const IdentityProof = z
  .object({
    object: z.literal('identity_proof'),
    instance_did: z.string(),
    authority: z.string().openapi({ description: 'By which host the daemon was called' }),
    process: z.string().openapi({ description: 'By chance, anew with each start of the daemon' }),
    signature_input: z.string().openapi({ description: 'As in RFC 9421, over the request' }),
    signature: z.string(),
  })
  .openapi('IdentityProof')
