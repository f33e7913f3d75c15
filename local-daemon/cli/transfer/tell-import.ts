import { countText } from '../../problem/count-text.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { note, printJson } from '../output/output.ts'
import { exportFault } from './export-fault.ts'
import type { Imported } from './import-file.ts'
import type { RejectedLines, RejectedReason } from './rejected-lines.ts'

export interface ImportToTell {
  readonly path: string
  readonly imported: Imported
  readonly rejected: RejectedLines
  readonly isDry: boolean
  readonly ms: number
  readonly json: boolean | undefined
}

/**
 * Says what became of an import. The exit code is 0 only if the file is whole and the daemon has all of its records.
 *
 * @throws CliError FILE_… for a file that is not whole
 */
export function tellImport(told: ImportToTell): void {
  const { imported, path, json } = told
  const { faults, taker } = imported
  const isComplete = faults.length === 0 && taker.counts.rejected === 0
  if (!isComplete) process.exitCode = EXIT_CODE.failed
  if (json) return printJson(asJson(told, isComplete))
  const { rejected } = told
  tellRejected(rejected)
  note(summary(told))
  const [first, ...others] = faults.map((fault) => exportFault(path, fault))
  for (const { message, code } of others) note(`also: ${message} [${code}]`)
  if (first !== undefined) throw first
  if (rejected.count > 0) throw refusedSome(rejected.count, told)
}

/** Says which lines were refused so far, and why. */
export function tellRejected(rejected: RejectedLines): void {
  for (const reason of rejected.reasons) note(rejectedText(reason))
  const more = rejected.reasons.reduce((left, { count }) => left - count, rejected.count)
  if (more > 0) note(`and ${countText(more, 'more line')}; --rejected <file> writes all of them`)
}

function asJson(told: ImportToTell, isComplete: boolean): object {
  const { imported, path, isDry, ms } = told
  const { header, records, faults, taker } = imported
  const { listed } = told.rejected
  return {
    object: 'import',
    status: isComplete ? 'complete' : 'incomplete',
    dry_run: isDry,
    path,
    exporter: header?.exporter ?? null,
    query: header?.query ?? null,
    records,
    ...taker.counts,
    whole: faults.length === 0,
    faults: faults.map((fault) => ({ ...fault, code: exportFault(path, fault).code })),
    rejected_lines: listed,
    duration_ms: Math.round(ms),
  }
}

function rejectedText({ first, count }: RejectedReason): string {
  const { line, code, field, message, try: next } = first
  // The daemon's messages are whole sentences; those of the check before name what the field is not.
  const isWhole = field === undefined || /^[A-Z]/u.test(message) || message.startsWith(`${field} `)
  const what = isWhole ? message : `${field === '$' ? 'the record' : field} ${message}`
  const others = count === 1 ? '' : ` and ${count - 1} more`
  return `line ${line}${others}: ${what} [${code}]\n  try: ${next}`
}

/** Two short lines: the numbers, and whose signature is on the file. */
function summary({ imported, isDry, ms }: ImportToTell): string {
  const { records, taker, header, isRefused } = imported
  const { accepted, duplicate, rejected, redacted } = taker.counts
  const by = header === undefined ? '' : `\nexported by ${header.exporter}`
  const all = countText(records, 'record')
  if (isRefused) return `nothing was sent of ${all}${by}`
  const left = records - accepted - duplicate - rejected - redacted
  const verdicts = isDry
    ? [
        `${accepted} would be accepted`,
        `${duplicate} there already`,
        `${rejected} would be refused`,
      ]
    : [`${accepted} accepted`, `${duplicate} there already`, `${rejected} refused`]
  if (redacted > 0) verdicts.push(`${redacted} redacted, left out`)
  if (left > 0) verdicts.push(`${left} not sent`)
  const rate = isDry || ms < 1_000 ? '' : `; ${Math.round((records * 1_000) / ms)}/s`
  return `${all}: ${verdicts.join(', ')}${rate}${by}`
}

function refusedSome(count: number, { isDry, imported }: ImportToTell): CliError {
  const { accepted, duplicate } = imported.taker.counts
  const isNone = accepted + duplicate === 0
  const others = isNone ? '' : `; all others ${isDry ? 'are fine' : 'are there'}`
  return new CliError(
    'IMPORT_INCOMPLETE',
    `${isDry ? `${countText(count, 'line')} would be` : countText(count, 'line was', 'lines were')} refused${others}`,
    'the lines above say why; --rejected <file> writes them all',
  )
}
