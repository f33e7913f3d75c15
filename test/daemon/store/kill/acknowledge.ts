import { openStore } from '../../../../local-daemon/store/open-store.ts'
import { aDraft } from '../../../support/daemon/a-daemon.ts'
import { anOrigin } from '../../../support/daemon/a-store.ts'

/* Appends without end from many writers at once, and prints each id once it is acknowledged. */

const path = process.argv[2] ?? ''
const store = openStore({ path, origin: anOrigin() })

async function write(writer: number): Promise<never> {
  for (;;) {
    const thread = `th_writer_${writer}`
    const { record } = await store.append(aDraft({ thread, body: { text: 'tea '.repeat(50) } }))
    process.stdout.write(`${record.id}\n`)
  }
}
await Promise.all(Array.from({ length: 16 }, (_, writer) => write(writer)))
