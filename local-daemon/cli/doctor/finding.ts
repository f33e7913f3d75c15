import type { Check } from './check.ts'

/** A check of the report; `target` is the public address that it was made at, for those made from outside. */
export interface Finding extends Check {
  readonly target?: string
}

/** Findings in the order in which they were made; `report` is told each as soon as it is known. */
export function gatherFindings(report: (finding: Finding) => void) {
  const findings: Finding[] = []
  function add(finding: Finding): void {
    findings.push(finding)
    report(finding)
  }
  return { findings: findings as readonly Finding[], add }
}
