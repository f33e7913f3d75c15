import { readFileSync } from 'node:fs'

/** Most files that this process may have open, if the system tells (Linux). Node raises it to the hard limit. */
export function openFilesLimit(): number | undefined {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8')
    const [, soft = ''] = /^Max open files +(\S+)/mu.exec(limits) ?? []
    return soft === 'unlimited' || soft === '' ? undefined : Number(soft)
  } catch {
    return undefined
  }
}
