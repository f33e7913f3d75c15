import { type ListenHost, urlHost } from '../network/listen-host.ts'
import { ProblemError } from '../problem/problem-error.ts'
import { StartError } from '../problem/start-error.ts'
import type { SettingValues } from '../settings/setting-definitions.ts'

/**
 * Refuses to start beyond loopback while bearers are switched off. They would be required there anyway, but
 * the owner switched them off for this machine only.
 *
 * @throws StartError AUTH_OFF
 */
export function guardExposedStart(
  { address, exposure }: ListenHost,
  settings: SettingValues,
): void {
  if (exposure === 'loopback' || settings.auth_required) return
  throw new StartError(
    'AUTH_OFF',
    `The setting auth_required is false, and ${address} can be reached from other machines`,
    'Start on loopback and require bearers first: spl serve --daemon, spl config set auth_required true, then spl serve --restart --host ' +
      address,
  )
}

/**
 * Refuses to switch bearers off while other machines reach the daemon.
 *
 * @throws ProblemError INVALID_SETTING
 */
export function guardExposedChange(
  { address, exposure }: ListenHost,
  key: string,
  value: unknown,
): void {
  if (exposure === 'loopback' || key !== 'auth_required' || value !== false) return
  throw new ProblemError(
    'INVALID_SETTING',
    `Bearers stay required while the daemon listens on ${urlHost(address)}, beyond loopback`,
    { field: 'value', try: 'Go back to loopback first: spl serve --restart --host 127.0.0.1.' },
  )
}
