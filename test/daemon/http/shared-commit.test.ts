import { expect, it } from 'vitest'
import { verifyRecord } from '../../../protocol/records/record-signature.ts'
import { aDaemon, aDraft } from '../../support/daemon/a-daemon.ts'

const WRITERS = 32

it('appends of many writers that arrive together share one commit, and each is signed', async () => {
  await using at = await aDaemon()
  const { app, store } = at.daemon
  const commits: number[] = []
  store.commits.add((records) => commits.push(records.length))
  const answers = await Promise.all(
    Array.from({ length: WRITERS }, (_, n) => {
      const request = new Request(`${at.base}/v1/records`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(aDraft({ body: { n } })),
      })
      return app.fetch(request, { via: 'socket' })
    }),
  )
  expect(commits).toEqual([WRITERS])
  for (const answer of answers) {
    expect(answer.status).toBe(201)
    const { object, id, origin, sig, ...record } = (await answer.json()) as Record<string, unknown>
    expect(object).toBe('record')
    expect(await verifyRecord({ id, record, origin, sig })).toMatchObject({ kind: 'verified', id })
  }
})
