import { homedir } from 'node:os'
import { join } from 'node:path'
import { Option, type Command } from 'commander'
import { EXIT_CODE } from '../exit-code.ts'
import { optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note, print, printJson } from '../output/output.ts'
import { withProgress } from '../output/progress.ts'
import { fields } from '../output/table.ts'
import { stopForSure } from '../signals/stop-for-sure.ts'
import { ignoreUserSignals } from '../signals/user-signals.ts'
import { untilSignal } from '../signals/until-signal.ts'
import type { Demo } from './start-demo.ts'

interface TryOptions extends GlobalOptions {
  readonly check?: boolean
}

export function addTry(program: Command): void {
  program
    .command('try')
    .description('start a connected gateway and daemon on this machine, to see it work')
    .addOption(new Option('--check', 'test everything once and stop: exit code 0 or 1'))
    .addHelpText(
      'after',
      examples(
        ['spl try', 'prints three curl commands and runs until Ctrl-C'],
        ['spl try --check', 'one line for each step'],
        ['spl try --json', 'public_url, cacert, daemon_url, bearer and home for scripts'],
      ),
    )
    .addHelpText(
      'after',
      '\nIt uses the home ~/.syncro-try, never your own; --home selects another one.',
    )
    .action((_options: unknown, command: Command) => tryOut(optionsOf<TryOptions>(command)))
}

async function tryOut(options: TryOptions): Promise<void> {
  const { startDemo } = await import('./start-demo.ts')
  ignoreUserSignals()
  const signalled = untilSignal()
  const directory = options.home ?? join(homedir(), '.syncro-try')
  const demo = await withProgress('starting a gateway and a daemon', options, () =>
    startDemo(directory),
  )
  try {
    if (options.check) await Promise.race([check(demo, options), signalled.then(interrupted)])
    else await stay(demo, options, signalled)
  } finally {
    await stopForSure(() => demo.stop())
  }
}

async function check(demo: Demo, options: TryOptions): Promise<void> {
  const { checkDemo } = await import('./check.ts')
  const steps: object[] = []
  const ok = await checkDemo(demo, (step) => {
    steps.push(step)
    if (!options.json) print(`${step.ok ? 'ok  ' : 'FAIL'}  ${step.name}: ${step.detail}`)
  })
  if (options.json) printJson({ object: 'check', ok, public_url: demo.publicUrl, steps })
  if (!ok) process.exitCode = EXIT_CODE.failed
}

/** Half a check has proved nothing. */
function interrupted(): void {
  process.exitCode = EXIT_CODE.failed
}

async function stay(
  demo: Demo,
  options: TryOptions,
  signalled: Promise<NodeJS.Signals>,
): Promise<void> {
  if (options.json) {
    const { publicUrl: public_url, cacert, daemonUrl: daemon_url, bearer, home } = demo
    printJson({ public_url, cacert, daemon_url, bearer, home })
  } else {
    print(await welcome(demo))
  }
  await signalled
  note('\nstopping')
}

async function welcome(demo: Demo): Promise<string> {
  const { curlLines } = await import('./curl-lines.ts')
  const facts = fields([
    ['Public URL', demo.publicUrl],
    ['Daemon', demo.daemonUrl],
    ['CA', demo.cacert],
    ['Bearer', demo.bearer],
    ['Home', demo.home],
  ])
  const lines = curlLines(demo).map(([meaning, line]) => `# ${meaning}\n${line}\n`)
  return `${facts}\n${lines.join('\n')}\nCtrl-C stops both.`
}
