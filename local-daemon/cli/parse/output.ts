import { parsePath } from './path.ts'

/** A file of the command line, absolute from here on, or `-` for stdin or stdout. */
export function parseOutput(text: string): string {
  return text === '-' ? text : parsePath(text)
}
