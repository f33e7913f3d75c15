import type { Command } from 'commander'
import { daemonClient } from '../client/daemon-client.ts'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { print, printJson } from '../output/output.ts'
import { oneSetting } from './one-setting.ts'
import { parseSettingKey } from '../parse/setting.ts'
import { parseId } from '../parse/id.ts'

export function addConfigGet(config: Command): void {
  config
    .command('get')
    .description('print the value of one setting, in the form that spl config set takes')
    .argument('<key>', 'name of the setting: spl config show lists them', parseId)
    .addHelpText(
      'after',
      examples(
        ['spl config get auth_required', 'true or false'],
        ['spl config get auth_cors_origins', 'a list with commas; empty if there is none'],
      ),
    )
    .action(async (key: string, _options: unknown, command: Command) => {
      const known = parseSettingKey(key)
      const options = optionsOf(command)
      const setting = await oneSetting(await daemonClient(options), known)
      if (options.json) return printJson({ object: 'setting', ...setting })
      print(Array.isArray(setting.value) ? setting.value.join(',') : String(setting.value))
    })
}
