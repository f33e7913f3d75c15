import { randomBytes } from 'node:crypto'
import type { Demo } from './start-demo.ts'
import { shellPath, shellWord } from '../../problem/shell-word.ts'

/** Three lines to paste: append a record through the public hostname, read it back, follow the thread. */
export function curlLines(demo: Demo): readonly (readonly [meaning: string, line: string])[] {
  const thread = `th_${randomBytes(32).toString('hex')}`
  const record = { thread, actor: 'did:sync:user:demo', act: 'INTEND', body: { goal: 'hello' } }
  const curl = `curl --cacert ${shellPath(demo.cacert)} -H ${shellWord(`Authorization: Bearer ${demo.bearer}`)}`
  const json = `-H 'Content-Type: application/json' -d ${shellWord(JSON.stringify({ ...record, data_type: 'SCALAR' }))}`
  return [
    ['append', `${curl} ${json} ${demo.publicUrl}/v1/records`],
    ['read', `${curl} ${demo.publicUrl}/v1/threads/${thread}/records`],
    [
      'follow, in a second terminal, and append again',
      `${curl} -N ${shellWord(`${demo.publicUrl}/v1/sync/subscribe?thread=${thread}`)}`,
    ],
  ]
}
