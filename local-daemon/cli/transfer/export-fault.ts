import type { ExportFault } from '../../../protocol/records/export-reader.ts'
import { CliError } from '../cli-error.ts'

const AGAIN = 'copy the file again, or export again; --partial takes what is intact'

/** What is wrong with a file as a whole, as the error that a person reads. */
export function exportFault(path: string, { code, line, message }: ExportFault): CliError {
  const where = `${path}, line ${line}`
  switch (code) {
    case 'NOT_EXPORT':
      return new CliError(
        'FILE_NOT_EXPORT',
        `${path} is no export: ${message}`,
        'spl export -o <file> makes one; for records without a header: spl import --lines',
      )
    case 'VERSION':
      return new CliError(
        'FILE_VERSION',
        `${where}: ${message}`,
        'upgrade spl on both machines, and export again',
      )
    case 'CHANGED':
      return new CliError('FILE_CHANGED', `${where}: ${message}`, AGAIN)
    case 'GAP':
      return new CliError('FILE_GAP', `${where}: ${message}`, AGAIN)
    case 'FOREIGN':
      return new CliError('FILE_FOREIGN', `${where}: ${message}`, AGAIN)
    case 'TOO_LARGE':
      return new CliError('FILE_TOO_LARGE', `${where}: ${message}`, AGAIN)
    case 'CUT':
      return new CliError('FILE_CUT', `${where}: ${message}`, AGAIN)
    case 'JOINED':
      return new CliError(
        'FILE_JOINED',
        `${where}: ${message}`,
        `make a file of its own of what begins at line ${line}, and import each`,
      )
  }
}
