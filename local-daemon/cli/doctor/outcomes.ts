import type { Check } from './check.ts'

export function pass(name: string, message: string, details?: Check['details']): Check {
  return { name, status: 'pass', message, ...(details && { details }) }
}

export function skip(name: string, message: string): Check {
  return { name, status: 'skip', message }
}

export function warning(
  name: string,
  message: string,
  fix: string,
  details?: Check['details'],
): Check {
  return { name, status: 'warn', message, fix, ...(details && { details }) }
}

export function failure(
  name: string,
  message: string,
  fix: string,
  details?: Check['details'],
): Check {
  return { name, status: 'fail', message, fix, ...(details && { details }) }
}
