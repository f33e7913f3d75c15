import type { Edge } from '../client/answers.ts'
import { gatewayText } from '../output/gateway-text.ts'
import { daemonClient, type DaemonClient } from '../client/daemon-client.ts'
import type { GlobalOptions } from '../global-options.ts'
import { noteNext, print, printJson, warn } from '../output/output.ts'
import type { SettingValue } from '../parse/setting.ts'
import type { SettingKey } from '../parse/setting-kinds.ts'
import { oneSetting } from './one-setting.ts'
import { settingText } from './setting-text.ts'

export interface ChangeOptions extends GlobalOptions {
  readonly force?: boolean
}

interface Setting {
  readonly object: 'setting'
  readonly key: string
  readonly value: SettingValue
  readonly record_id: string
  readonly warnings: readonly string[]
  readonly edge: Edge
}

/** Changes one setting at the daemon and says whether the gateway has the change too. */
export async function changeSetting(
  key: SettingKey,
  value: SettingValue,
  options: ChangeOptions,
): Promise<void> {
  const client = await daemonClient(options)
  const body = { value, ...(options.force && { force: true }) }
  const changed = await client.post<Setting>(`/v1/config/${key}`, body)
  if (options.json) return printJson(changed)
  print(`${changed.key}: ${settingText(changed.key, changed.value)}`)
  const edge = gatewayText(changed.edge)
  if (edge !== undefined) print(`gateway: ${edge}`)
  for (const warning of changed.warnings) warn(warning)
  if (key === 'backup_to' && value !== null) await noteSending(client)
}

/** That an address is set sends nothing yet. */
async function noteSending(client: DaemonClient): Promise<void> {
  const { value } = await oneSetting(client, 'backup_recipients')
  if (Array.isArray(value) && value.length === 0) {
    warn('nothing is sent yet: a backup leaves this machine encrypted, and there is no recipient')
    noteNext('next', 'spl backup keygen -o key.txt, then spl config set backup_recipients age1…')
    return
  }
  noteNext('to see that it is sent', 'spl backup create, then spl backup list')
}
