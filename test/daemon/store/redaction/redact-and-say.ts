import { redactionNote } from '../../../../local-daemon/access/redaction-note.ts'
import { openStore } from '../../../../local-daemon/store/open-store.ts'
import { anOrigin } from '../../../support/daemon/a-store.ts'

/* Redacts the records with the given ids, one after the other, and says each once it is done. */

const [path = '', ...ids] = process.argv.slice(2)
const origin = anOrigin()
const store = openStore({ path, origin })
const cause = { principal: { kind: 'owner' } as never, reason: 'killed', requestId: undefined }
process.stdout.write('begins\n')
for (const id of ids) {
  await store.redact(id, redactionNote(origin.did, cause))
  process.stdout.write(`${id}\n`)
}
process.stdout.write('done\n')
