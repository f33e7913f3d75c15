import { expect, test } from 'vitest'
import { KILLS, runScene, type Scene } from './run-scene.ts'
import { backupScene, offlineBackupScene, scheduledScene } from './scenes/backup.ts'
import { bulkScene } from './scenes/bulk.ts'
import { migrationScene } from './scenes/migration.ts'
import { namespacesScene } from './scenes/namespaces.ts'
import { offsiteScene, partsScene } from './scenes/offsite.ts'
import { redactionScene } from './scenes/redaction.ts'
import { restoreFromScene, restoreScene } from './scenes/restore.ts'
import { exportScene, importScene } from './scenes/transfer.ts'

const SCENES: Readonly<Record<string, () => Promise<Scene>>> = {
  'a bulk append': bulkScene,
  'an import': importScene,
  'an export': exportScene,
  'a backup': backupScene,
  'a scheduled backup': scheduledScene,
  'a backup without a daemon': offlineBackupScene,
  'a backup that is sent': offsiteScene,
  'a backup that is sent in parts': partsScene,
  'a restore': restoreScene,
  'a restore from elsewhere': restoreFromScene,
  redactions: redactionScene,
  'changes of namespaces': namespacesScene,
  'a new schema': migrationScene,
}

for (const [name, make] of Object.entries(SCENES)) {
  test(
    `${name} that is killed again and again loses nothing that was acknowledged, and leaves nothing half done`,
    { timeout: 60_000 + KILLS * 15_000 },
    async () => {
      const { kills, late } = await runScene(name, make)
      expect(kills).toBe(KILLS)
      // Otherwise the work was hardly killed. Of two kills, both may be late.
      if (kills >= 10) expect(late).toBeLessThanOrEqual(kills * 0.5)
    },
  )
}
