import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { CliError } from '../cli-error.ts'
import type { Plan } from './plan.ts'

/**
 * Writes the plan's files into a directory, under their own names; none is replaced, and one that says the same stays,
 * so that the command can go on where it stopped. Returns their paths.
 *
 * @throws CliError EXPOSE_FILE_EXISTS, EXPOSE_NOT_WRITTEN
 */
export function writeFiles(directory: string, { steps }: Plan): readonly string[] {
  return steps.flatMap((step) => {
    if (step.do !== 'write') return []
    const path = join(directory, basename(step.file))
    try {
      mkdirSync(directory, { recursive: true })
      writeFileSync(path, step.content, { flag: 'wx', mode: 0o644 })
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'EEXIST' && contentOf(path) === step.content) return [path]
      throw code === 'EEXIST'
        ? new CliError(
            'EXPOSE_FILE_EXISTS',
            `${path} already exists and was not changed`,
            'choose another directory with --write, or move that file away',
          )
        : new CliError(
            'EXPOSE_NOT_WRITTEN',
            `write ${path}: ${message}`,
            'choose a directory with --write that you can write to',
          )
    }
    return [path]
  })
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
