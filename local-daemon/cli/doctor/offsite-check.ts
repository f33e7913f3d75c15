import type { Check } from './check.ts'
import { failure, pass, skip, warning } from './outcomes.ts'
import type { Survey } from './survey.ts'

const NAME = 'backup-elsewhere'

/** Whether the newest backup is in the S3 store too, if there is to be one. */
export function offsiteCheck({ daemon }: Survey): Check {
  const { offsite, data } = daemon?.backups ?? {}
  if (offsite === undefined || data === undefined) return skip(NAME, 'no daemon answers')
  if (offsite === null) {
    return skip(NAME, 'backups stay on this disk: spl config set backup_to s3://…')
  }
  if (offsite.failure !== null) {
    const { code, message, try: next } = offsite.failure
    return failure(NAME, `the newest backup was not sent: ${message} [${code}]`, next ?? 'spl logs')
  }
  const newest = data.find(({ fault }) => fault === null)?.name
  if (newest === undefined || offsite.names.includes(newest)) {
    return pass(NAME, `the newest backup is in ${offsite.to} too`)
  }
  if (offsite.sending) return pass(NAME, `the newest backup is being sent to ${offsite.to}`)
  return warning(NAME, `the newest backup is not in ${offsite.to} yet`, 'spl logs shows why')
}
