import { CliError } from '../cli-error.ts'
import type { DaemonClient } from '../client/daemon-client.ts'
import type { SettingKey } from '../parse/setting-kinds.ts'
import type { ShownConfig, ShownSetting } from './shown-config.ts'

/**
 * One setting as the daemon has it.
 *
 * @throws CliError ANSWER_INVALID of a daemon that does not know it
 */
export async function oneSetting(client: DaemonClient, key: SettingKey): Promise<ShownSetting> {
  const { settings } = await client.get<ShownConfig>('/v1/config')
  const found = settings.find((setting) => setting.key === key)
  if (found !== undefined) return found
  throw new CliError(
    'ANSWER_INVALID',
    `the daemon does not know the setting ${key}`,
    'spl status shows its version, spl version shows yours: update the older one',
  )
}
