import type { Command } from 'commander'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { changeSetting, type ChangeOptions } from './change-setting.ts'
import { parseSettingValue } from '../parse/setting.ts'

export function addConfigAuthSetCorsOrigins(config: Command): void {
  config
    .command('auth-set-cors-origins')
    .description('replace the list of origins whose web pages may call the daemon')
    .argument('<origins...>', "separated by commas or spaces; '' empties the list")
    .addHelpText(
      'after',
      examples(
        ['spl config auth-set-cors-origins https://syncropel.com', 'only this one'],
        [
          'spl config auth-set-cors-origins https://syncropel.com,https://app.example.com',
          'both of them',
        ],
        ["spl config auth-set-cors-origins ''", 'no web page'],
      ),
    )
    .action((words: string[], _options: unknown, command: Command) =>
      changeSetting(
        'auth_cors_origins',
        parseSettingValue('auth_cors_origins', words),
        optionsOf<ChangeOptions>(command),
      ),
    )
}
