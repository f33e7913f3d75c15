import type { Command } from 'commander'
import { examples } from '../help/examples.ts'
import { addConfigAuthSetCorsOrigins } from './auth-set-cors-origins.ts'
import { addConfigGet } from './get.ts'
import { addConfigPath } from './path.ts'
import { addConfigSet } from './set.ts'
import { addConfigShow } from './show.ts'
import { addConfigUnset } from './unset.ts'

export function addConfig(program: Command): void {
  const config = program
    .command('config')
    .description('show and change settings; a change takes effect with the next request')
    .helpCommand(false)
    .addHelpText(
      'after',
      examples(
        ['spl config show', 'every setting'],
        ['spl config set strict_actor_header true', 'change one'],
      ),
    )
  addConfigShow(config)
  addConfigGet(config)
  addConfigSet(config)
  addConfigUnset(config)
  addConfigAuthSetCorsOrigins(config)
  addConfigPath(config)
}
