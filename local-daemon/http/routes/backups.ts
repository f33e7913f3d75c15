import { viewOfList, viewOfManifest } from '../../backup/backup-view.ts'
import { jsonAnswer } from '../answers/answer.ts'
import { parseBody } from '../input/parse-input.ts'
import { Backup, BackupList, NewBackup } from '../schemas/backup-schemas.ts'
import { answers, jsonBody } from '../schemas/describe.ts'
import type { RouteParts } from './route-parts.ts'

/**
 * Making and listing backups. No route removes, reads or restores one: a stolen token can do no harm to what is kept.
 */
export function addBackups({ router, authorise, backups, offsite, endedBook }: RouteParts): void {
  router.on(
    {
      method: 'post',
      path: '/v1/admin/backup',
      operationId: 'makeBackup',
      refuses: ['BACKUP_RUNNING', 'BACKUP_REFUSED', 'BACKUP_NO_ROOM', 'BACKUP_FAILED'],
      summary: 'Make a backup of the store, prove it, and keep it at home',
      request: jsonBody(NewBackup),
      responses: { 201: answers(Backup, 'It is kept') },
    },
    async (c) => {
      await parseBody(NewBackup, c, authorise)
      const manifest = await backups.make('asked')
      return jsonAnswer(c.env, 201, JSON.stringify(viewOfManifest(manifest)))
    },
  )

  router.on(
    {
      method: 'get',
      path: '/v1/backups',
      operationId: 'listBackups',
      summary: 'The backups at home, the newest first, and when the next one is due',
      responses: { 200: answers(BackupList, 'Backups') },
    },
    async (c) => {
      const found = await backups.list()
      const body = viewOfList(found, backups.report(), offsite.report(), endedBook?.failure)
      return jsonAnswer(c.env, 200, JSON.stringify(body))
    },
  )
}
