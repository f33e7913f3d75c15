import type { SignatureFault } from '../../protocol/identity/request-signature.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { Refusal } from '../door/refusal.ts'

export const REGISTRY_UNAVAILABLE: Refusal = {
  code: 'REGISTRY_UNAVAILABLE',
  message: 'The gateway cannot look up the owner of this hostname',
  try: 'try again in a few seconds',
  retryAfter: 5,
}

export const NO_REGISTRY: Refusal = {
  code: 'NOT_FOUND',
  message: 'This gateway has one owner and assigns no hostnames',
  try: 'deploy it with ADMIN_DID instead of OWNER_DID, or: spl gateway serve --admin self',
}

export const NO_SUCH_ROUTE: Refusal = {
  code: 'NOT_FOUND',
  message: 'The registry has no such route',
  try: 'use the same version of spl here and at the gateway',
}

export const OTHER_METHOD = {
  code: 'METHOD_NOT_ALLOWED',
  message: 'This route of the registry does not have this method',
} as const satisfies Refusal

export const BODY_TOO_LARGE: Refusal = {
  code: 'BODY_TOO_LARGE',
  message: `The registry takes ${LIMITS.registryBodyBytes} bytes at most`,
}

/** Why a signature is not good. */
export const SIGNATURE_REFUSALS: Readonly<Record<SignatureFault, Refusal>> = {
  missing: {
    code: 'SIGNATURE_INVALID',
    message: 'This route needs a signature',
    try: 'ask with spl gateway list, invite, join or revoke',
  },
  malformed: {
    code: 'SIGNATURE_INVALID',
    message: 'The signature is malformed',
    try: 'update spl',
  },
  'wrong-key': {
    code: 'SIGNATURE_INVALID',
    message: 'The request is not signed with the key of this gateway’s admin',
    try: 'run it on the machine and with the --home whose did (spl status) is ADMIN_DID of the gateway',
  },
  signature: {
    code: 'SIGNATURE_INVALID',
    message: 'The signature is not valid for this host and this request',
    try: 'ask the public hostname itself; a proxy in front must keep the Host header',
  },
}

export const NO_SUCH_HOSTNAME: Refusal = {
  code: 'NOT_FOUND',
  message: 'This hostname has no owner',
  try: 'spl gateway list',
}

export const NO_SUCH_INVITE: Refusal = {
  code: 'NOT_FOUND',
  message: 'There is no such open invite',
  try: 'spl gateway list --invites',
}

export const INVITE_KNOWN: Refusal = {
  code: 'INVALID_REQUEST',
  message: 'This invite exists already',
  try: 'make each invite with a nonce of its own: spl gateway invite',
  details: { field: 'invite_id' },
}

export const INVITE_INVALID: Refusal = {
  code: 'INVITE_INVALID',
  message: 'This is not an invite of this gateway, or it has expired or was cancelled',
  try: 'ask the admin of the gateway for another one: spl gateway invite',
}

export const INVITE_USED: Refusal = {
  code: 'CODE_USED',
  message: 'This invite was used before',
  try: 'if it was not you, tell the admin: spl gateway list shows who it was',
}

export const HOSTNAME_TAKEN: Refusal = {
  code: 'HOSTNAME_TAKEN',
  message: 'This hostname has an owner already',
  try: 'choose another one; the invite is still good',
}

export const HOSTNAME_ENDING: Refusal = {
  code: 'HOSTNAME_TAKEN',
  message: 'The previous home of this hostname is still being disconnected',
  try: 'the same command again in a few seconds; the invite is still good',
}

export const HOSTNAMES_FULL: Refusal = {
  code: 'REGISTRY_FULL',
  message: `This gateway has its ${LIMITS.gatewayHostnames} hostnames already`,
  try: 'the admin takes back one that nobody uses: spl gateway revoke <hostname>',
}

export const INVITES_FULL: Refusal = {
  code: 'REGISTRY_FULL',
  message: `There are ${LIMITS.gatewayInvites} open invites already`,
  try: 'take one back: spl gateway list --invites, spl gateway revoke <invite>',
}

/** @param allowed what the invite is for: a hostname or a pattern */
export function notInvited(allowed: string): Refusal {
  return {
    code: 'HOSTNAME_NOT_INVITED',
    message: `This invite is for ${allowed}`,
    try: allowed.startsWith('*.')
      ? `choose one: spl gateway join <code> --hostname name${allowed.slice(1)} (no name of another script; the admin gives out those by name)`
      : 'leave --hostname out',
  }
}

/** @param field of the body that is wrong */
export function invalidField(field: string, rule: string): Refusal {
  return { code: 'INVALID_REQUEST', message: `${field} must be ${rule}`, details: { field } }
}

/** @param field that the body has twice */
export function repeatedField(field: string): Refusal {
  return {
    code: 'INVALID_REQUEST',
    message: `The body has ${field} twice`,
    try: 'give each member once',
    details: { field },
  }
}
