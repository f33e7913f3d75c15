import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runHere } from '../../../support/cli/run-here.ts'
import { aDaemon, aDraft, type TestDaemon } from '../../../support/daemon/a-daemon.ts'

let at: TestDaemon
beforeAll(async () => {
  at = await aDaemon()
  for (const name of ['family', 'family/kids', 'work']) await spl('namespace', 'create', name)
  const open = (thread: string, namespace: string) =>
    at.daemon.store.append(aDraft({ thread, body: { namespace, text: 'tea' } }))
  await open('th_note-1', 'family')
  await open('th_kids-1', 'family/kids')
})
afterAll(() => at[Symbol.asyncDispose]())

const spl = (...args: string[]) => runHere(args, { home: at.daemon.home.root })
const file = (name: string) => join(at.daemon.home.root, name)

describe('a thread or a namespace where nothing can be, named as a filter', () => {
  it.each([
    ['export', '--thread', 'th_note-'],
    ['search', 'tea', '--thread', 'th_note-'],
    ['query', '--thread', 'th_note-'],
    ['query', 'act=DO', '--thread', 'th_note-'],
  ])('%s %s %s is refused as by spl thread records, with what was meant', async (...line) => {
    const sister = await spl('thread', 'records', 'th_note-')
    const run = await spl(...line, ...(line[0] === 'export' ? ['-o', file('t.ndjson')] : []))
    expect([run.code, run.stdout]).toEqual([sister.code, ''])
    expect(sister.stderr).toContain('[NOT_FOUND]')
    expect(run.stderr).toMatch(/did you mean th_note-1\? \[NOT_FOUND\]\ntry: spl thread list/u)
    expect(existsSync(file('t.ndjson')) || existsSync(file('t.ndjson.part'))).toBe(false)
  })

  it.each([
    ['th_nowhere-at-all', /there is no such thread here \[NOT_FOUND\]\ntry: spl thread list/iu],
    [`th_${'f'.repeat(64)}`, /there is no such thread here \[NOT_FOUND\]\ntry: spl thread list/iu],
  ])('%s, like no other, is refused without a guess', async (thread, words) => {
    for (const line of [['query'], ['search', 'tea'], ['export', '-o', file('t.ndjson')]]) {
      const run = await spl(...line, '--thread', thread)
      expect([line, run.code, run.stdout]).toEqual([line, 1, ''])
      expect(run.stderr).toMatch(words)
    }
  })

  it.each([['thread', 'list'], ['search', 'tea'], ['export']])(
    '%s of a namespace that is not there is refused',
    async (...line) => {
      const run = await spl(...line, '--namespace', 'fam')
      expect([run.code, run.stdout]).toEqual([1, ''])
      expect(run.stderr).toContain(
        'there is no namespace fam; did you mean family? [NAMESPACE_UNKNOWN]',
      )
    },
  )

  it.each([['search', 'tea'], ['export']])(
    '%s of a thread in another namespace says where it is',
    async (...line) => {
      const run = await spl(...line, '--thread', 'th_note-1', '--namespace', 'work')
      expect([run.code, run.stdout]).toEqual([1, ''])
      expect(run.stderr).toMatch(/\[THREAD_ELSEWHERE\]\ntry: .*is in family\n$/u)
    },
  )

  it('that can have records, and has none like that, is an empty answer', async () => {
    const below = ['--thread', 'th_kids-1', '--namespace', 'family']
    expect(await spl('search', 'xyzzy', ...below)).toMatchObject({ code: 0 })
    expect(await spl('search', 'xyzzy', '--namespace', 'work')).toMatchObject({ code: 0 })
    expect(await spl('query', 'act=LEARN', '--thread', 'th_note-1')).toMatchObject({ code: 0 })
    const run = await spl('export', ...below, '-o', file('kids.ndjson'))
    expect(run.stderr).toContain('1 record,')
  })
})
