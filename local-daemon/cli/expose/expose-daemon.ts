import { forThisHome } from '../output/for-this-home.ts'
import { tally } from '../doctor/check-text.ts'
import { CliError } from '../cli-error.ts'
import type { Finding } from '../doctor/finding.ts'
import { ShownFindings } from '../doctor/shown-findings.ts'
import { EXIT_CODE } from '../exit-code.ts'
import type { Home } from '../../home/home.ts'
import { homeOf, type GlobalOptions } from '../global-options.ts'
import { noteHomeOnly } from '../client/home-only.ts'
import { note, print, printJson } from '../output/output.ts'
import { applyPlan } from './apply-plan.ts'
import { askWish, confirm, type HalfWish } from './ask-wish.ts'
import { daemonControl } from './daemon-control.ts'
import { makePlan } from './make-plan.ts'
import type { Plan } from './plan.ts'
import { presentOf } from './present-of.ts'
import { provePlan } from './prove-plan.ts'
import { installedService } from '../serve/service/installed-service.ts'
import { serviceManaged } from '../serve/service/show-service.ts'
import { planText } from './show-plan.ts'
import type { Wish } from './wish.ts'
import { writeFiles } from './write-files.ts'
import { basename, join } from 'node:path'

export type ExposeWish = HalfWish

export interface ExposeManner extends GlobalOptions {
  /** Directory for the proxy's files. */
  readonly write?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
}

/**
 * Plans, asks for leave, carries out, and proves. The exit code says whether the proof held.
 *
 * @throws CliError of the plan, EXPOSE_NOT_CONFIRMED, and of whatever step failed
 */
export async function exposeDaemon(half: ExposeWish, manner: ExposeManner): Promise<void> {
  noteHomeOnly('spl expose', manner)
  const home = homeOf(manner)
  const json = manner.json === true
  const present = await presentOf(home)
  const wish = await askWish(half, present)
  const first = placed(makePlan(wish, present), manner.write)
  if (!json) print(planText(first))
  if (manner.dryRun) {
    if (json) printJson({ ...planReport(first), files: [], checks: [] })
    return
  }
  guardService(home, first)
  await askLeave(first, manner)
  const files = manner.write === undefined ? [] : writeFiles(manner.write, first)
  for (const file of files) note(`wrote ${file}`)
  const plan = await carryOut(home, first, wish, manner.write)
  await awaitPerson(plan, json)
  const findings = new ShownFindings(json)
  if (!json) print('Proof:')
  const bearer = manner.token?.trim()
  const { origins } = wish
  const report = (finding: Finding): void => findings.add(finding)
  const checks = await provePlan({ home, plan, asked: origins, bearer, report })
  if (checks.some(({ status }) => status === 'fail')) process.exitCode = EXIT_CODE.failed
  if (json) return printJson({ ...planReport(plan), applied: true, files, checks })
  print(`\n${tally(checks)}\n`)
  print(`Next:\n${plan.next.map((line) => `  ${forThisHome(line)}\n`).join('')}`)
}

/**
 * Does what the plan says. Only a daemon that runs knows its settings: where it has to be started, what comes after that
 * is planned anew, so that a list keeps what is in it, and what is open is closed.
 *
 * @returns everything that was done
 */
async function carryOut(
  home: Home,
  first: Plan,
  wish: Wish,
  write: string | undefined,
): Promise<Plan> {
  const control = daemonControl(home)
  const start = first.steps.filter((step) => step.do === 'start')
  if (start.length === 0) {
    await applyPlan(home, first, control)
    return first
  }
  await applyPlan(home, { ...first, steps: start }, control)
  const rest = placed(makePlan(wish, await presentOf(home)), write)
  await applyPlan(home, rest, control)
  return { ...rest, steps: [...start, ...rest.steps] }
}

/** The plan as it is carried out: with `--write` the files go there, and the plan says so. */
function placed(plan: Plan, write: string | undefined): Plan {
  if (write === undefined) return plan
  const steps = plan.steps.map((step) =>
    step.do === 'write' ? { ...step, file: join(write, basename(step.file)) } : step,
  )
  return { ...plan, steps }
}

function planReport({ use, way, url, steps, warnings, next }: Plan): object {
  return { object: 'exposure', use, way, url, applied: false, steps, warnings, next }
}

/** Before anything is changed: a daemon that has a service is started by that, with the arguments that stand there. */
function guardService(home: Home, { steps }: Plan): void {
  if (!steps.some(({ do: what }) => what === 'restart')) return
  const service = installedService(home)
  if (service !== undefined) throw serviceManaged(service)
}

/** Settings and restarts need a yes; what is only shown needs none. */
async function askLeave({ steps }: Plan, { yes, json }: ExposeManner): Promise<void> {
  const ours = steps.filter((step) => step.do !== 'person' && step.do !== 'write')
  if (ours.length === 0 || yes) return
  const asks = process.stdin.isTTY && !json
  if (asks && (await confirm(`Do these ${ours.length} steps now?`))) return
  throw new CliError(
    'EXPOSE_NOT_CONFIRMED',
    'nothing was changed',
    asks
      ? 'run the same command again and answer yes'
      : 'run the same command with --yes, or with --dry-run to see the steps',
    EXIT_CODE.usage,
  )
}

/** What others' programs need is done by a person: the proof waits for it. */
async function awaitPerson({ steps }: Plan, json: boolean): Promise<void> {
  if (json || !process.stdin.isTTY || !steps.some((step) => step.do === 'person')) return
  while (!(await confirm('Have you done your steps?'))) note('waiting for you')
}
