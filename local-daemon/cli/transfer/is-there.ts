import { access } from 'node:fs/promises'

/** Whether something has this path that this process can see. */
export function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
