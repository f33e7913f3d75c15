import { describe, expect, it } from 'vitest'
import { runHere } from '../../support/cli/run-here.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'

describe('spl redact', () => {
  it('takes the body out, says where it is noted, and changes nothing a second time', async () => {
    await using at = aKeptHome()
    await at.start()
    const [id = ''] = await at.append(1, 'hunter2')
    const line = ['redact', id, '--reason', 'a password', '--json']
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
    const again = await runHere(['redact', id, '--reason', 'again'], { home: at.path })
    expect(again.code).toBe(0)
    expect(again.stdout).toContain(id)
    expect(again.stderr).toContain('redacted before')
  })

  it.each([
    ['the beginning of an id', ['redact', '5f0c', '--reason', 'x'], 'whole id'],
    ['no reason', ['redact', 'f'.repeat(64)], '--reason'],
    ['an empty reason', ['redact', 'f'.repeat(64), '--reason', ' '], 'must say why'],
    ['an id that is not here', ['redact', 'f'.repeat(64), '--reason', 'x'], 'NOT_FOUND'],
  ])('is refused for %s', async (_what, line, words) => {
    await using at = aKeptHome()
    await at.start()
    const run = await runHere(line, { home: at.path })
    expect(run.code).not.toBe(0)
    expect(run.stderr).toContain(words)
    expect(run.stderr).toMatch(/try: /)
  })
})
