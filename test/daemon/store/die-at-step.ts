import fs, { copyFileSync, renameSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import Database from 'better-sqlite3'
import { openStore } from '../../../local-daemon/store/open-store.ts'
import { aDraft } from '../../support/daemon/a-daemon.ts'
import { anOrigin } from '../../support/daemon/a-store.ts'

/* Opens a store, or closes a lost one, and is killed before the nth step that changes files; prints `whole` if it was not. */

const [path = '', work = '', step = '0'] = process.argv.slice(2)
const lineage = { path: `${path}.state`, isExpected: true }
// Of any process, as the key in a home is.
const origin = { ...anOrigin(), did: 'did:key:zSame' }
let left = Infinity

/** One step more: the last one is not done. */
function count(): void {
  left -= 1
  if (left < 0) process.kill(process.pid, 'SIGKILL')
}

for (const name of ['copyFileSync', 'linkSync', 'renameSync', 'rmSync', 'truncateSync'] as const) {
  const real = fs[name] as (...all: unknown[]) => unknown
  Object.assign(fs, {
    [name]: (...all: unknown[]) => {
      count()
      return real(...all)
    },
  })
}
syncBuiltinESMExports()
const { close } = Database.prototype
Database.prototype.close = function closeCounted() {
  count()
  return close.call(this)
}

if (work === 'open') {
  left = Number(step)
  try {
    openStore({ path, origin, lineage })
  } catch {
    // Refused: what is there afterwards is looked at.
  }
  left = Infinity
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
  left = Number(step)
  store.close()
  left = Infinity
}
process.stdout.write('whole')
