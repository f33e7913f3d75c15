import { parseDidKey } from '../../../protocol/did-key.ts'
import { CliError } from '../cli-error.ts'
import type { DaemonClient } from '../daemon-client.ts'
import type { Health } from '../serve/presence.ts'
import type { Login } from './login-file.ts'

/** Milliseconds and bytes of the whole answer: `/health` is a few hundred bytes, and reads no disk. */
export const INSTANCE_LIMITS = { withinMs: 15_000, answerBytes: 64 * 1024 } as const

/**
 * The did:key of the daemon at an address, as it says itself.
 *
 * @param client one without a bearer: no secret is sent for it
 * @throws CliError NOT_SPL, and whatever keeps an answer from coming
 */
export async function askInstance(client: DaemonClient, origin: string): Promise<string> {
  const { instance_did: did } = (await client.get<Partial<Health> | null>('/health')) ?? {}
  if (typeof did === 'string' && isDidKey(did)) return did
  throw new CliError(
    'NOT_SPL',
    `what answers at ${origin} is no spl daemon`,
    `check the address; at home spl status shows it, and ${origin}/health must tell its identity`,
  )
}

/**
 * Makes sure that the daemon which was logged in to still answers there, before it gets the bearer.
 *
 * @throws CliError INSTANCE_CHANGED
 */
export async function checkInstance(
  client: DaemonClient,
  { url, instance_did: expected }: Login,
): Promise<void> {
  const found = await askInstance(client, url)
  if (found === expected) return
  throw new CliError(
    'INSTANCE_CHANGED',
    `another daemon answers at ${url}: ${found}, not ${expected}; it got no bearer`,
    `find out why; if it is right: spl login ${url} --did ${found}`,
  )
}

function isDidKey(text: string): boolean {
  try {
    parseDidKey(text)
    return true
  } catch {
    return false
  }
}
