import { CliError } from '../../cli-error.ts'
import { EXIT_CODE } from '../../exit-code.ts'
import type { GlobalOptions } from '../../global-options.ts'
import { note, noteNext, print, printJson } from '../../output/output.ts'
import { fields } from '../../output/table.ts'
import type { ServiceReport } from './install-service.ts'
import type { ServiceManager } from './service-manager.ts'

/** Shows what was done, and what is left for the person to do where the service manager could not be told. */
export function showService(report: ServiceReport, options: GlobalOptions): void {
  if (options.json) printJson(report)
  else {
    print(
      fields([
        ['Service', `${report.name} ${report.status}`],
        ['File', report.path],
        ['Home', report.home],
      ]),
    )
  }
  for (const hint of report.hints) note(hint)
  if (report.applied) return
  note(`warning: the service manager could not be told: ${report.reason}`)
  noteNext('try', 'run these in a session of that user:')
  for (const command of report.commands) note(`  ${command}`)
}

/** @returns the refusal of arguments that stand in a service */
export function serviceManaged({ name, supervisor }: ServiceManager): CliError {
  return new CliError(
    'SERVICE_MANAGED',
    `${name} (${supervisor}) starts this daemon, with the arguments in its file`,
    'to change them: spl serve --install-service with all the arguments',
    EXIT_CODE.usage,
  )
}
