import type { Command } from 'commander'
import type { Home } from '../../home/home.ts'
import { locateBearer } from '../client/bearer.ts'
import { CliError } from '../cli-error.ts'
import { destinationOf } from '../client/destination.ts'
import { tally } from './check-text.ts'
import type { Finding } from './finding.ts'
import { ShownFindings } from './shown-findings.ts'
import type { Login } from '../client/login-file.ts'
import { homeOf, optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { print, printJson } from '../output/output.ts'

interface DoctorOptions extends GlobalOptions {
  readonly outside: boolean
  readonly deep?: boolean
}

/** Exit codes of this command alone, as monitoring programs expect them. */
const ALL_WELL = 0
const WARNED = 1
const FAILED = 2

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check everything that can be wrong: on this machine, on the link, from outside')
    .option('--no-outside', 'skip the checks through the public hostname')
    .option('--deep', 'also restore the newest backup for a try')
    .addHelpText(
      'after',
      '\nExit codes of this command: 0 all is well, 1 a warning, 2 a failure.\n',
    )
    .addHelpText(
      'after',
      examples(
        ['spl doctor', 'every check, and what to do about it'],
        ['spl doctor --no-outside', 'without a request to the public hostname'],
        ['spl doctor --deep', 'and a drill: can the newest backup be restored?'],
        [
          'SPL_SERVE_URL=https://spl.example.com spl doctor',
          'a daemon on another machine, from here',
        ],
        ['spl doctor --json | jq \'.checks[] | select(.status == "fail")\'', 'for scripts'],
      ),
    )
    .action((_options: unknown, command: Command) => doctor(optionsOf<DoctorOptions>(command)))
}

async function doctor(options: DoctorOptions): Promise<void> {
  const shown = new ShownFindings(options.json === true)
  const checks = await findingsOf(options, (finding) => shown.add(finding))
  process.exitCode = codeOf(checks)
  if (options.json) return printJson({ object: 'doctor', status: statusOf(checks), checks })
  print(`\n${tally(checks)}`)
}

async function findingsOf(
  options: DoctorOptions,
  report: (finding: Finding) => void,
): Promise<readonly Finding[]> {
  const { runDoctor, runRemoteDoctor } = await import('./run-doctor.ts')
  const home = homeOf(options)
  const destination = destinationOf(options)
  if (destination.kind === 'home') {
    // Not SPL_TOKEN or the saved one, which are for a daemon elsewhere: allowed_hosts decides which servers are asked.
    const bearer = options.token?.trim()
    const deep = options.deep === true
    return runDoctor({ home, bearer, outside: options.outside, deep, report })
  }
  const { origin, login } = destination
  const bearer = await bearerOf(options, home, login)
  const ca = login?.ca ?? undefined
  return runRemoteDoctor({
    origin: { origin, ca },
    bearer,
    expectedDid: login?.instance_did,
    report,
  })
}

/** One that others may read is not used; the check of file modes tells of it. */
async function bearerOf(
  options: DoctorOptions,
  home: Home,
  login: Login | undefined,
): Promise<string | undefined> {
  try {
    return (await locateBearer(options.token, home, login))?.bearer
  } catch (error) {
    if (error instanceof CliError) return undefined
    throw error
  }
}

function statusOf(checks: readonly Finding[]): 'pass' | 'warn' | 'fail' {
  if (checks.some(({ status }) => status === 'fail')) return 'fail'
  return checks.some(({ status }) => status === 'warn') ? 'warn' : 'pass'
}

function codeOf(checks: readonly Finding[]): number {
  return { pass: ALL_WELL, warn: WARNED, fail: FAILED }[statusOf(checks)]
}
