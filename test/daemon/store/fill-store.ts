import { openStore } from '../../../local-daemon/store/open-store.ts'
import { aDraft } from '../../support/daemon/a-daemon.ts'
import { anOrigin } from '../../support/daemon/a-store.ts'

/* Appends until the disk refuses; prints each acknowledged id, then how two appends were refused. */

const path = process.argv[2] ?? ''
const store = openStore({ path, origin: anOrigin() })
const text = 'x'.repeat(10_000)
for (;;) {
  try {
    const { record } = await store.append(aDraft({ body: { text } }))
    process.stdout.write(`${record.id}\n`)
  } catch (error) {
    const again = await store.append(aDraft()).then(
      () => 'TAKEN',
      (refusal: unknown) => (refusal as { code: string }).code,
    )
    const cause = (store.trouble()?.cause as { code?: string } | undefined)?.code
    process.stdout.write(`${(error as { code: string }).code} ${again} ${cause}\n`)
    break
  }
}
store.close()
