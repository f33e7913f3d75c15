import type { StoreMark } from './copy/store-mark.ts'

/** `hub-<time>-<records>-<epoch>.db`: the beginning of the epoch is enough to tell stores apart. */
const FORM = /^hub-\d{8}T\d{6}Z-\d{1,16}-[0-9a-f]{8}\.db$/u
const EPOCH_DIGITS = 8

/** The name of a new backup. Two of the same name have the same records of the same store. */
export function backupName(
  madeAt: number,
  { records, epoch }: Pick<StoreMark, 'records' | 'epoch'>,
): string {
  const time = new Date(madeAt).toISOString().replaceAll(/[-:]|\.\d+/gu, '')
  return `hub-${time}-${records}-${epoch.slice(0, EPOCH_DIGITS)}.db`
}

/** Whether a file in a place is a backup, by its name. */
export function isBackupName(name: string): boolean {
  return FORM.test(name)
}
