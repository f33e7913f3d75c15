import type { Command } from 'commander'
import { daemonClient } from '../client/daemon-client.ts'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { changeSetting, type ChangeOptions } from './change-setting.ts'
import { oneSetting } from './one-setting.ts'
import { parseSettingKey } from '../parse/setting.ts'
import { parseId } from '../parse/id.ts'

export function addConfigUnset(config: Command): void {
  config
    .command('unset')
    .description('reset a setting to its default')
    .argument('<key>', 'name of the setting: spl config show lists them', parseId)
    .option('--force', 'require bearer tokens even if no admin has one')
    .addHelpText('after', examples(['spl config unset allowed_hosts', 'only its own hosts']))
    .action(async (key: string, _options: unknown, command: Command) => {
      const known = parseSettingKey(key)
      const options = optionsOf<ChangeOptions>(command)
      const { default: initial } = await oneSetting(await daemonClient(options), known)
      await changeSetting(known, initial, options)
    })
}
