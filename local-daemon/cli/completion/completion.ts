import { Argument, type Command } from 'commander'
import { COMPLETION_SCRIPTS, INSTALL_HINTS, SHELLS, type Shell } from './scripts.ts'
import { examples } from '../help/examples.ts'
import { note, printAsIs } from '../output/output.ts'

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print the completion script for a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText(
      'after',
      examples(
        ['source <(spl completion bash)', 'now, or at each start in ~/.bashrc'],
        ['source <(spl completion zsh)', 'the same in ~/.zshrc, after compinit'],
        ['spl completion fish > ~/.config/fish/completions/spl.fish', 'for good'],
      ),
    )
    .action((shell: Shell) => {
      printAsIs(COMPLETION_SCRIPTS[shell])
      if (process.stdout.isTTY) note(`to load it in every new shell: ${INSTALL_HINTS[shell]}`)
    })
}
