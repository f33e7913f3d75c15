import { checkText } from './check-text.ts'
import { print } from '../output/output.ts'
import type { Finding } from './finding.ts'

/** Shows findings as they come, under the address that they were made at; with `--json` nothing. */
export class ShownFindings {
  readonly #silent: boolean
  #target: string | undefined

  constructor(silent: boolean) {
    this.#silent = silent
  }

  add(finding: Finding): void {
    if (this.#silent) return
    if (finding.target !== this.#target) {
      this.#target = finding.target
      print(`\nfrom outside, ${finding.target ?? 'here'}`)
    }
    print(checkText(finding))
  }
}
