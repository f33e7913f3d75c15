import type { Logger } from 'pino'
import type { StoreTrouble } from './store-trouble.ts'

/** A line for each change of what is wrong with the store. */
export function logTrouble(logger: Logger, trouble: StoreTrouble | undefined): void {
  if (trouble === undefined) return logger.info('the store takes records again')
  const { code, cause, message, owner } = trouble
  const { message: text, try: next } = owner ?? { message, try: trouble.try }
  logger.error({ code, try: next, ...(cause && { err: cause }) }, text)
}
