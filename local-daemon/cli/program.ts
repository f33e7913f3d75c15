import { Command } from 'commander'
import { VERSION } from '../process/version.ts'
import { examples } from './help/examples.ts'
import { reportError } from './report-error.ts'
import { CliError } from './cli-error.ts'
import { EXIT_CODE } from './exit-code.ts'
import { nameHome } from './output/for-this-home.ts'
import { note, print } from './output/output.ts'
import { watchStdout } from './output/stdout.ts'
import { styled } from './output/styled.ts'
import { ignoreHangUp } from './signals/hang-up.ts'
import { refuseTornArguments } from './parse/torn-arguments.ts'

const ABOUT = 'A local-first store of signed records, with a public hostname and no open port.'

const AFTER = `
Exit codes:
  0  success
  1  the command failed
  2  the command line is wrong
  3  no daemon answers
  4  the bearer token is missing or was refused
  70  serve or gateway serve stopped because of an internal fault
  130  Ctrl-C

Environment:
  SYNCROPEL_HOME       home directory (default ~/.syncro); --home overrides it
  SPL_SERVE_URL        daemon or gateway on another machine (default: the one
                       from spl login, or the Unix socket of the home)
  SPL_TOKEN            bearer token for it; --token overrides it; without both
                       the saved one is used
  SPL_ACTOR            DID that new records are written as
  SPL_BOOTSTRAP_TOKEN  secret that may create the first account on this machine
  NODE_EXTRA_CA_CERTS  PEM file of a self-signed certificate
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY
                       HTTP proxy, also from the daemon to its gateway
  SPL_PROXY            the same, only for spl; overrides them; off: no proxy
  NO_COLOR             no colours; FORCE_COLOR=1: colours in a pipe too
  SPL_DEBUG            1: errors show their stack trace
${examples(
  ['spl try', 'a gateway and a daemon on this machine, to see it work'],
  ['spl serve --daemon', 'your own daemon in the background'],
  ['spl login https://spl.example.com', 'a daemon on another machine'],
)}`

/** The root command: what holds for all commands and is said once. Commands are added to it with `.command()`. */
export function createProgram(): Command {
  const program = new Command('spl')
  return program
    .description(ABOUT)
    .version(VERSION, '-v, --version', 'print the version')
    .option('--home <dir>', 'home directory of the daemon')
    .option('--token <bearer>', 'bearer token for SPL_SERVE_URL; SPL_TOKEN hides it from ps')
    .option('--json', 'print one JSON object on stdout')
    .helpCommand(false)
    .on('option:home', (directory: string) =>
      nameHome(
        directory,
        program.commands.map((command) => command.name()),
      ),
    )
    .addHelpText('after', AFTER)
    .configureHelp({
      showGlobalOptions: true,
      minWidthToWrap: 20,
      styleTitle: (title) => styled('bold', title),
    })
    .configureOutput({ writeOut: print, writeErr: note, outputError: () => {} })
    .exitOverride()
}

/** Runs one command line. Never throws: every error is reported and becomes the exit code. */
export async function runProgram(program: Command, argv: readonly string[]): Promise<void> {
  watchStdout((error) => reportError(outputFailed(error), helpOf(program, argv.slice(2))))
  ignoreHangUp()
  try {
    refuseTornArguments(argv)
    await program.parseAsync([...argv])
  } catch (error) {
    const words = argv.slice(2)
    process.exitCode = reportError(error, helpOf(program, words), unknownOptions(program, words))
  }
}

function outputFailed(cause: Error): CliError {
  return new CliError(
    'OUTPUT_FAILED',
    `write to stdout: ${cause.message}`,
    'make room, or send the output elsewhere; the command itself was done',
    EXIT_CODE.failed,
    { cause },
  )
}

/** The command whose help fits a wrong line: as many words of it as name commands. */
function helpOf(program: Command, words: readonly string[]): string {
  let command = program
  const names = [program.name()]
  for (const word of words) {
    const next = command.commands.find((candidate) => candidate.name() === word)
    if (next === undefined) continue
    command = next
    names.push(word)
  }
  return [...names, '--help'].join(' ')
}

/** Words that look like an option, and are one of no command: commander complains of a missing one before it sees them. */
function unknownOptions(program: Command, words: readonly string[]): string[] {
  const known = new Set(flagsOf(program))
  const flags = words.filter((word) => word.startsWith('--')).map((word) => word.split('=')[0])
  return flags.filter((flag): flag is string => flag !== undefined && !known.has(flag))
}

function flagsOf(command: Command): string[] {
  const own = command.options.flatMap(({ long }) => long ?? [])
  return [...own, ...command.commands.flatMap((one) => flagsOf(one))]
}
