import type { Command } from 'commander'
import { examples } from '../help-examples.ts'
import { addConfigAuthSetCorsOrigins } from './config-auth-set-cors-origins.ts'
import { addConfigGet } from './config-get.ts'
import { addConfigPath } from './config-path.ts'
import { addConfigSet } from './config-set.ts'
import { addConfigShow } from './config-show.ts'
import { addConfigUnset } from './config-unset.ts'

export function addConfig(program: Command): void {
  const config = program
    .command('config')
    .description('look at settings and change them; each holds from the next request on')
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
