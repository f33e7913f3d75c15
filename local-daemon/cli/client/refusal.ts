import type { Problem, ProblemCode } from '../../../protocol/http/problem.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE, type ExitCode } from '../exit-code.ts'

/** Turns the one error envelope into the error a person reads. */
export function refusal(
  status: number,
  answer: Partial<Problem> | null,
  steps: Steps = BEARER_STEPS,
): CliError {
  const problem = forShells(flattened(answer ?? {}), steps)
  const message = problem.message ?? `status ${status}`
  const { field } = problem
  return new CliError(
    problem.code ?? 'ANSWER_INVALID',
    field === undefined || message.includes(field) ? message : `${message} (${field})`,
    problem.try ?? nextStep(problem),
    exitCodeOf(status, problem.code),
  )
}

/** On one line each: a line feed in them could pass for a next step of ours. */
function flattened(problem: Partial<Problem>): Partial<Problem> {
  const entries = Object.entries(problem).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.replaceAll('\n', ' ') : value,
  ])
  return Object.fromEntries(entries) as Partial<Problem>
}

/** The same with the next step of a shell, where the daemon's is about header fields. */
function forShells(problem: Partial<Problem>, steps: Steps): Partial<Problem> {
  const step = steps[problem.code ?? ''] ?? shellStep(problem.try)
  return step === undefined ? problem : { ...problem, try: step }
}

/** The daemon names routes; a person at a shell has commands. */
function shellStep(step: string | undefined): string | undefined {
  if (step?.includes('/openapi.json')) return '--help after the command shows what it takes'
  return step?.replace(/\bGET (\/v1\/[\w/-]+) lists/u, (route, path: string) => {
    const command = COMMAND_OF[path]
    return command === undefined ? route : `${command} shows`
  })
}

/** What shows at a shell what a route shows. */
const COMMAND_OF: Readonly<Record<string, string>> = {
  '/v1/service-accounts': 'spl service-account list',
  '/v1/tokens': 'spl token list',
  '/v1/invites': 'spl pair invites',
  '/v1/threads': 'spl thread list',
}

/** Next steps by code. */
type Steps = Readonly<Record<string, string>>

/** Where an invite was shown in place of a bearer: a new one is made at home. */
export function inviteSteps(url: string): Steps {
  const anew = `at home: spl pair --invite --device <label> --url ${url}`
  return {
    AUTH_INVALID: anew,
    CODE_USED: `if you did not use it, at home: spl service-account list, then revoke that account; otherwise ${anew}`,
  }
}

/** What a person at a shell does; the daemon's own hints are for programs that speak HTTP. */
export const BEARER_STEPS: Steps = {
  AUTH_REQUIRED:
    'SPL_TOKEN=<bearer>, or save one with: spl token save -; or pair this machine: spl login <url>',
  AUTH_INVALID:
    'spl token show-source shows which bearer token was sent; for another one, at home: spl token create --sa <id>, then here spl token save -, or spl login <url>',
  SEARCH_OFF:
    'the owner turns it on: spl config set search_enabled true; spl query works without it',
  AUTH_REVOKED:
    'at home: spl token create --sa <id>, then here: spl token save -, or spl login <url>',
}

function nextStep(problem: Partial<Problem>): string {
  if (problem.required_scope !== undefined)
    return `use a bearer token with the scope ${problem.required_scope}`
  return problem.request_id === undefined
    ? 'change the request; --help after the command shows examples'
    : `search the log of the ${problem.hop} for request ${problem.request_id}`
}

/** Refusals that no other bearer would change: of a setting, a namespace, a thread of the daemon itself. */
const OF_NO_BEARER: ReadonlySet<string> = new Set([
  'SEARCH_OFF',
  'NAMESPACE_REJECTED',
  'THREAD_RESERVED',
] satisfies ProblemCode[])

function exitCodeOf(status: number, code: string | undefined): ExitCode {
  if (code !== undefined && OF_NO_BEARER.has(code)) return EXIT_CODE.failed
  if (status === 401 || status === 403) return EXIT_CODE.refused
  return status === 502 || status === 503 || status === 504
    ? EXIT_CODE.unreachable
    : EXIT_CODE.failed
}
