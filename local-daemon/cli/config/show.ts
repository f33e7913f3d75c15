import type { Command } from 'commander'
import { gatewayText } from '../output/gateway-text.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { print, printJson, warn } from '../output/output.ts'
import { settingText } from './setting-text.ts'
import type { ShownConfig } from './shown-config.ts'
import { table } from '../output/table.ts'
import { shortTime } from '../output/local-time.ts'

export function addConfigShow(config: Command): void {
  config
    .command('show')
    .description('show every setting and where its value comes from')
    .addHelpText(
      'after',
      examples(
        ['spl config show', 'a table'],
        ["spl config show --json | jq '.settings[] | {key, value}'", 'for scripts'],
      ),
    )
    .action(async (_options: unknown, command: Command) => {
      const options = optionsOf(command)
      const client = await daemonClient(options)
      const shown = await client.get<ShownConfig>('/v1/config')
      if (options.json) return printJson(shown)
      const rows = shown.settings.map((setting) => [
        setting.key,
        settingText(setting.key, setting.value),
        setting.source,
        shortTime(setting.set_at),
      ])
      print(table(['SETTING', 'VALUE', 'SOURCE', 'SET'], rows))
      const edge = gatewayText(shown.edge)
      if (edge !== undefined) print(`gateway: settings ${edge}`)
      for (const warning of shown.warnings) warn(warning)
    })
}
