import { describe, expect, it } from 'vitest'
import { runHere } from '../../support/cli/run-here.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'
import { until } from '../../support/until.ts'

describe('spl redact', () => {
  it('takes the body out, says where it is noted, and changes nothing a second time', async () => {
    await using at = aKeptHome()
    await at.start()
    const [id = ''] = await at.append(1, 'hunter2')
    const line = ['redact', id, '--reason', 'a password', '--json', '--yes']
    const run = await runHere(line, { home: at.path })
    expect(run).toMatchObject({ code: 0, stderr: '' })
    const told = JSON.parse(run.stdout) as Record<string, unknown>
    expect(told).toMatchObject({ object: 'redaction', id, created: true, erased: true })
    const note = await runHere(['thread', 'records', 'th_audit_redactions', '--json'], {
      home: at.path,
    })
    expect(JSON.parse(note.stdout)).toMatchObject({
      data: [{ id: told['record_id'], body: { record_id: id, reason: 'a password' } }],
    })
    const again = await runHere(['redact', id, '--reason', 'again', '--yes'], { home: at.path })
    expect(again.code).toBe(0)
    expect(again.stdout).toContain(id)
    expect(again.stderr).toContain('redacted before')
  })

  it('names the backups from before that may still have the body', async () => {
    await using at = aKeptHome()
    await at.start()
    const create = async () =>
      (
        JSON.parse(
          (await runHere(['backup', 'create', '--json'], { home: at.path })).stdout,
        ) as Record<string, string>
      )['name']
    await create()
    const [id = '', other = ''] = await at.append(2, 'hunter2')
    const holding = await create()
    const run = await runHere(['redact', id, '--reason', 'a password', '--yes'], { home: at.path })
    expect(run.stderr).toContain('1 backup from before may still have the body')
    expect(run.stderr).toContain(holding)
    expect(run.stderr).toContain('spl backup remove')
    // One that is made now does not have it, and has the other one.
    const second = Math.floor(Date.now() / 1000)
    await until('the next second', () => Math.floor(Date.now() / 1000) > second)
    await at.append(1, 'more')
    await create()
    const again = await runHere(['redact', id, '--reason', 'again', '--json', '--yes'], {
      home: at.path,
    })
    expect(JSON.parse(again.stdout)).toMatchObject({
      created: false,
      backups: { home: [holding], elsewhere: [] },
    })
    const late = await runHere(['redact', other, '--reason', 'x', '--json', '--yes'], {
      home: at.path,
    })
    expect((JSON.parse(late.stdout) as { backups: { home: string[] } }).backups.home).toHaveLength(
      2,
    )
  })

  it.each([
    ['the beginning of an id', ['redact', '5f0c', '--reason', 'x'], 'whole id'],
    ['no reason', ['redact', 'f'.repeat(64)], '--reason'],
    ['an empty reason', ['redact', 'f'.repeat(64), '--reason', ' ', '--yes'], 'must say why'],
    ['an id that is not here', ['redact', 'f'.repeat(64), '--reason', 'x', '--yes'], 'NOT_FOUND'],
  ])('is refused for %s', async (_what, line, words) => {
    await using at = aKeptHome()
    await at.start()
    const run = await runHere(line, { home: at.path })
    expect(run.code).not.toBe(0)
    expect(run.stderr).toContain(words)
    expect(run.stderr).toMatch(/try: /)
  })
})
