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
    .description('print the value of one setting, as spl config set takes it')
    .argument('<key>', 'its name: spl config show has them all', parseId)
    .addHelpText(
      'after',
      examples(
        ['spl config get auth_required', 'true or false'],
        ['spl config get auth_cors_origins', 'a list with commas, empty for none'],
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
