import { copyFileSync, renameSync } from 'node:fs'
import { openStore } from '../../../local-daemon/store/open-store.ts'
import { aDraft } from '../../support/daemon/a-daemon.ts'
import { anOrigin } from '../../support/daemon/a-store.ts'
import { countSteps, killAfter } from '../../support/kill-at-step.ts'

/* Opens a store, or closes a lost one, and is killed before the nth step that changes files; prints `whole` if it was not. */

const [path = '', work = '', step = '0'] = process.argv.slice(2)
const lineage = { path: `${path}.state`, isExpected: true }
// Of any process, as the key in a home is.
const origin = { ...anOrigin(), did: 'did:key:zSame' }

countSteps(['copyFileSync', 'linkSync', 'renameSync', 'rmSync', 'truncateSync'])

if (work === 'open') {
  killAfter(Number(step))
  try {
    openStore({ path, origin, lineage })
  } catch {
    // Refused: what is there afterwards is looked at.
  }
  killAfter(Infinity)
} else {
  const store = openStore({ path, origin, lineage })
  await store.append(aDraft({ body: { text: 'lost' } }))
  // Another store comes in its place, with its log.
  for (const end of ['', '-wal']) {
    copyFileSync(`${path}.other${end}`, `${path}.new${end}`)
    renameSync(`${path}.new${end}`, `${path}${end}`)
  }
  await store.append(aDraft()).catch(() => {})
  await store.whenSaved()
  killAfter(Number(step))
  store.close()
  killAfter(Infinity)
}
process.stdout.write('whole')
