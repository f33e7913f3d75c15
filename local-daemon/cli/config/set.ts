import type { Command } from 'commander'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { changeSetting, type ChangeOptions } from './change-setting.ts'
import { parseSettingKey, parseSettingValue } from '../parse/setting.ts'
import { SETTING_KINDS } from '../parse/setting-kinds.ts'
import { parseId } from '../parse/id.ts'

export function addConfigSet(config: Command): void {
  config
    .command('set')
    .description('change a setting; it takes effect with the next request and survives a restart')
    .argument('<key>', 'one of the settings below', parseId)
    .argument('<value...>', "true or false, a number, or a list ('' empties it)")
    .option('--force', 'require bearer tokens even if no admin has one')
    .addHelpText('after', `\nSettings:\n${settingLines()}`)
    .addHelpText(
      'after',
      examples(
        [
          'spl config set strict_actor_header true',
          'a request may name another actor only if its token allows it',
        ],
        [
          'spl config set trusted_proxies 10.0.0.2,10.0.0.3',
          'a list, separated by commas or spaces',
        ],
        ["spl config set allowed_hosts ''", 'an empty list'],
      ),
    )
    .action((key: string, words: string[], _options: unknown, command: Command) => {
      const known = parseSettingKey(key)
      return changeSetting(
        known,
        parseSettingValue(known, words),
        optionsOf<ChangeOptions>(command),
      )
    })
}

function settingLines(): string {
  const width = Math.max(...Object.keys(SETTING_KINDS).map((key) => key.length))
  return Object.entries(SETTING_KINDS)
    .map(([key, kind]) => `  ${key.padEnd(width)}  ${kind}`)
    .join('\n')
}
