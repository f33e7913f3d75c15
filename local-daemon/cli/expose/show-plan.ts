import type { SettingValue } from '../parse/setting.ts'
import type { Plan, Step } from './plan.ts'
import { MATRIX } from './use-case.ts'
import { forThisHome } from '../output/for-this-home.ts'
import { styled } from '../output/styled.ts'
import { shellPath } from '../../problem/shell-word.ts'

/** The plan for people: what is done here, what is theirs to do, what to know. */
export function planText({ use, way, url, steps, warnings }: Plan): string {
  const lines = [
    styled('bold', `${MATRIX[use].title}, by ${way}`),
    ...(url === null ? [] : [`It will be reachable at ${url}`]),
    '',
    ...(steps.length === 0 ? ['Nothing to do.'] : steps.flatMap(stepLines).map(forThisHome)),
    ...(warnings.length === 0 ? [] : ['']),
    ...warnings.map((text) => `${styled('yellow', 'note:')} ${text}`),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

function stepLines(step: Step, at: number): string[] {
  const number = `${at + 1}.`
  switch (step.do) {
    case 'start':
      return [`${number} spl serve --daemon`, `   ${step.why}`]
    case 'set':
      return [`${number} spl config set ${step.key} ${words(step.value)}`, `   ${step.why}`]
    case 'restart':
      return [`${number} spl serve --restart ${restartFlags(step)}`, `   ${step.why}`]
    case 'write':
      return [`${number} save ${step.file}`, `   ${step.why}: ${step.printedBy}`]
    case 'person':
      return [`${number} you do this: ${step.why}`, ...step.commands.map((line) => `     ${line}`)]
  }
}

/** A value as a person would type it. */
function words(value: SettingValue): string {
  if (value === null) return 'none'
  if (typeof value !== 'object') return String(value)
  return value.length === 0 ? "''" : value.join(',')
}

function restartFlags({ host, gateway }: Extract<Step, { do: 'restart' }>): string {
  const flags = [
    ...(host === undefined ? [] : [`--host ${host}`]),
    ...(gateway === null ? ['--no-gateway'] : []),
    ...(gateway ? [`--gateway ${gateway.url}`] : []),
    ...(gateway?.cacert ? [`--gateway-ca ${shellPath(gateway.cacert)}`] : []),
  ]
  return flags.join(' ')
}
