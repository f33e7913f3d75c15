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
    .description('set a setting to its default again, durably')
    .argument('<key>', 'its name: spl config show has them all', parseId)
    .option('--force', 'require bearers even if no admin has one')
    .addHelpText('after', examples(['spl config unset allowed_hosts', 'none beside its own']))
    .action(async (key: string, _options: unknown, command: Command) => {
      const known = parseSettingKey(key)
      const options = optionsOf<ChangeOptions>(command)
      const { default: initial } = await oneSetting(await daemonClient(options), known)
      await changeSetting(known, initial, options)
    })
}
