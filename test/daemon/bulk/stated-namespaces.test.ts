import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { verifyStore } from '../../../local-daemon/cli/verify/verify-store.ts'
import { linesOf, postLines } from '../../support/bulk/post-lines.ts'
import { foreignHome } from '../../support/bulk/signed-lines.ts'
import { aDaemon, aDraft, type TestDaemon } from '../../support/daemon/a-daemon.ts'

const THREAD = 'th_moved'
const home = foreignHome()
/** A record that does not name its namespace, in a line that does. */
const line = (namespace: unknown, clock = 1, thread = THREAD) => ({
  ...home.sign(aDraft({ thread, clock, body: { n: clock } })),
  namespace,
})
const named = (namespace: string, clock = 1) =>
  home.sign(aDraft({ thread: THREAD, clock, body: { namespace } }))
const place = (at: TestDaemon, thread = THREAD) => at.daemon.store.namespaceOf(thread)

async function aHomeWith(...names: readonly string[]): Promise<TestDaemon> {
  const at = await aDaemon()
  for (const name of names) await at.post('/v1/namespaces', { name })
  return at
}

async function told(at: TestDaemon, lines: readonly unknown[], bearer = at.bearer) {
  const { outcomes } = await postLines({ base: at.base, bearer }, linesOf(lines))
  return outcomes.map(({ outcome, code, field }) => [code ?? outcome, field ?? ''])
}

const ACCEPTED = ['accepted', '']

describe('a signed line that begins a thread', () => {
  it('begins it in the namespace that the line names, though its record is not the first', async () => {
    await using at = await aHomeWith('team')
    expect(await told(at, [line('team', 7), line('team', 8)])).toEqual([ACCEPTED, ACCEPTED])
    expect(place(at)).toBe('team')
    expect(await told(at, [line('default', 3, 'th_other')])).toEqual([ACCEPTED])
    expect(place(at, 'th_other')).toBe('default')
  })

  it('begins none if nothing says where it belongs, in any append', async () => {
    await using at = await aHomeWith('team')
    const silent = line(undefined)
    expect(await told(at, [silent])).toEqual([['NAMESPACE_REJECTED', 'namespace']])
    expect(await told(at, [silent])).toEqual([['NAMESPACE_REJECTED', 'namespace']])
    expect(place(at)).toBeUndefined()
    // A record that names it does, and then the others belong there too.
    const begins = { ...named('team', 5), namespace: undefined }
    expect(await told(at, [begins, silent])).toEqual([ACCEPTED, ACCEPTED])
    expect(place(at)).toBe('team')
  })

  it('begins none in a namespace that is not here, or is archived', async () => {
    await using at = await aHomeWith('team', 'team/ops')
    await at.daemon.access.namespaces.change('team', { archived: true })
    const lines = ['missing', 'team', 'team/ops'].map((name, n) => line(name, 1, `th_${n}`))
    const refused = ['NAMESPACE_REJECTED', 'namespace']
    expect(await told(at, lines)).toEqual([refused, refused, refused])
    expect(place(at, 'th_0') ?? place(at, 'th_1') ?? place(at, 'th_2')).toBeUndefined()
  })

  it.each([[42], ['No Name'], [''], [null], ['a/b/c/d/e'], [{ name: 'team' }]])(
    'is refused if what it names is no name: %j',
    async (namespace) => {
      await using at = await aHomeWith('team')
      expect(await told(at, [line(namespace)])).toEqual([['INVALID_RECORD', 'namespace']])
      expect(place(at)).toBeUndefined()
    },
  )

  it('is refused if its record names another one', async () => {
    await using at = await aHomeWith('team', 'open')
    const lines = [{ ...named('team'), namespace: 'open' }]
    expect(await told(at, lines)).toEqual([['INVALID_RECORD', 'namespace']])
    expect(place(at)).toBeUndefined()
  })
})

describe('a signed line for a thread that is here', () => {
  it('does not move it: one that names another namespace is refused, and the thread takes others', async () => {
    await using at = await aHomeWith('team', 'open')
    const lines = [line('team', 1), line('open', 2), line('default', 3), line('team', 4)]
    const moved = ['NAMESPACE_REJECTED', 'namespace']
    expect(await told(at, lines)).toEqual([ACCEPTED, moved, moved, ACCEPTED])
    expect(await told(at, [line('open', 5), line('missing', 6)])).toEqual([moved, moved])
    expect(place(at)).toBe('team')
    // Whoever wants it there all the same, says nothing.
    expect(await told(at, [line(undefined, 5)])).toEqual([ACCEPTED])
    expect(await told(at, [line('open', 1)])).toEqual([['duplicate', '']])
    expect(place(at)).toBe('team')
  })

  it('says the same of lines in one append and in several, and in a dry run', async () => {
    await using at = await aHomeWith('team', 'open')
    const lines = [line('missing', 0), line('team', 1), line('open', 2), line(undefined, 3)]
    const all = { base: at.base, bearer: at.bearer }
    const dry = await at.post('/v1/records?dry_run=true', lines)
    const codes = (await dry.text())
      .trim()
      .split('\n')
      .slice(0, lines.length)
      .map((text) => JSON.parse(text) as { outcome: string; code?: string })
      .map(({ outcome, code }) => code ?? outcome)
    expect(place(at)).toBeUndefined()
    const real: string[] = []
    for (const one of lines) {
      const { outcomes } = await postLines(all, linesOf([one]))
      real.push(...outcomes.map(({ outcome, code }) => code ?? outcome))
    }
    expect(real).toEqual(['NAMESPACE_REJECTED', 'accepted', 'NAMESPACE_REJECTED', 'accepted'])
    expect(codes).toEqual(real)
  })
})

describe('a bearer with a reach', () => {
  async function bound(at: TestDaemon, reach: object): Promise<string> {
    const made = await at.post('/v1/service-accounts', {
      name: 'bound',
      scopes: ['records:write', 'federation:manage'],
      reach,
      with_token: true,
    })
    return ((await made.json()) as { minted: { token: string } }).minted.token
  }
  const OUT = ['REACH_FORBIDDEN', 'thread']

  it('begins a thread only where it reaches, whatever the line says', async () => {
    await using at = await aHomeWith('open', 'team')
    const bearer = await bound(at, { namespaces: ['open'] })
    // Also one that does not exist: what there is elsewhere is not told.
    const names = ['team', 'missing', 'default', undefined, 'open2']
    const lines = names.map((name, n) => line(name, 1, `th_${n}`))
    expect(await told(at, lines, bearer)).toEqual(lines.map(() => OUT))
    expect(await told(at, [line('open', 1, 'th_9')], bearer)).toEqual([ACCEPTED])
    expect(place(at, 'th_9')).toBe('open')
  })

  it('does not get into a thread by naming a namespace that it reaches', async () => {
    await using at = await aHomeWith('open', 'team')
    const bearer = await bound(at, { namespaces: ['open'] })
    expect(await told(at, [line('team', 1)])).toEqual([ACCEPTED])
    const lines = [line('open', 2), line('team', 1), line('open', 1)]
    expect(await told(at, lines, bearer)).toEqual([OUT, OUT, OUT])
    expect(place(at)).toBe('team')
  })

  it('puts no thread of its reach into a namespace that it does not reach', async () => {
    await using at = await aHomeWith('team')
    const bearer = await bound(at, { threads: [THREAD] })
    expect(await told(at, [line('team', 1)], bearer)).toEqual([OUT])
    expect(place(at)).toBeUndefined()
    expect(await told(at, [line('default', 1)], bearer)).toEqual([ACCEPTED])
    expect(place(at)).toBe('default')
  })
})

it('a line of one of the daemon’s own threads is in no namespace, whatever it says', async () => {
  await using at = await aHomeWith('team')
  const lines = [line('team', 1, 'th_consent'), line('team', 1, 'th_audit_x')]
  expect(await told(at, lines)).toEqual(lines.map(() => ['THREAD_RESERVED', 'record.thread']))
})

describe('a check of the whole store', () => {
  const checked = ({ daemon }: TestDaemon) =>
    verifyStore({ path: daemon.storePath ?? '', did: daemon.identity.did, lineage: [] })

  it('finds a thread that a line has placed where the store’s own records say', async () => {
    await using at = await aHomeWith('team', 'other')
    const begun = [line('team', 7), line('team', 8), line('default', 1, 'th_else')]
    // Its first record, which names the namespace, comes later; another one says it in both places.
    const late = [{ ...named('team', 1), namespace: 'team' }]
    const both = { ...home.sign(aDraft({ thread: 'th_o', body: { namespace: 'other' } })) }
    expect(await told(at, [...begun, ...late, { ...both, namespace: 'other' }])).toEqual(
      Array.from({ length: 5 }, () => ACCEPTED),
    )
    expect(await told(at, begun)).toEqual(begun.map(() => ['duplicate', '']))
    expect(await checked(at)).toMatchObject({ complete: true, findings: [] })
    const { page } = at.daemon.store
    const notes = page({ thread: 'th_namespace_registry' }, 0, Infinity, 100).records
    expect(notes.filter(({ raw }) => raw.includes('thread_placed'))).toHaveLength(1)
  })

  it('finds one that was moved in the file', async () => {
    await using at = await aHomeWith('team', 'other')
    expect(await told(at, [line('team', 7)])).toEqual([ACCEPTED])
    const database = new Database(at.daemon.storePath ?? '')
    const other = "(SELECT id FROM namespaces WHERE name = 'other')"
    database.exec(`UPDATE threads SET namespace = ${other} WHERE thread = '${THREAD}'`)
    database.exec(`UPDATE records SET namespace = ${other} WHERE namespace > 1`)
    database.close()
    expect((await checked(at)).count).toBeGreaterThan(0)
  })

  it('is not deceived by a placement that another key has signed', async () => {
    await using at = await aHomeWith('team')
    const body = { topic: 'thread_placed', thread: THREAD, namespace: 'team' }
    const forged = aDraft({ thread: 'th_namespace_registry', act: 'LEARN', body, clock: 99 })
    expect(await told(at, [home.sign(forged)])).toEqual([['THREAD_RESERVED', 'record.thread']])
  })
})
