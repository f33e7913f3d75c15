import type { StoreMark } from './copy/store-mark.ts'

/** `hub-<time>-<records>-<epoch>.db`: the beginning of the epoch is enough to tell stores apart. */
const FORM = /^hub-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-(\d{1,16})-([0-9a-f]{8})\.db$/u
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

/** What the name of a backup says: when it began, Unix time in milliseconds with whole seconds, how many records, the beginning of the epoch. */
export function partsOfName(
  name: string,
): { readonly madeAt: number; readonly records: number; readonly epoch: string } | undefined {
  const [, year, month, day, hour, minute, second, records, epoch = ''] = FORM.exec(name) ?? []
  if (records === undefined) return undefined
  const madeAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return { madeAt, records: Number(records), epoch }
}
