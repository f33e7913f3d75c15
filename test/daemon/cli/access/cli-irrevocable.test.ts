import { describe, expect, it } from 'vitest'
import { runHere } from '../../../support/cli/run-here.ts'
import { aKeptHome } from '../../../support/daemon/a-kept-home.ts'
import { commandTree, helpOf } from '../command-tree.ts'
import { splWithInput } from '../spl-with-input.ts'

describe('a command that cannot be undone', () => {
  it('has --yes for scripts', () => {
    const lasting = commandTree().filter(
      (one) => !one.isGroup && /for good|cannot be undone/u.test(one.command.description()),
    )
    expect(lasting.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['backup remove', 'redact']),
    )
    for (const one of lasting) expect(helpOf(one, 80)).toContain('--yes')
  })

  it.each([
    ['nothing', ''],
    ['a no', 'n\n'],
    ['the word', 'redact\n'],
  ])(
    'does nothing outside of a terminal without --yes: redact with %s on stdin',
    async (_, input) => {
      await using at = aKeptHome()
      await at.start()
      const [id = ''] = await at.append(1, 'hunter2')
      const line = ['redact', id, '--reason', 'a password']
      for (const more of [[], ['--json']]) {
        const { code, stdout, stderr } = await splWithInput([...line, ...more], input, {
          home: at.path,
        })
        expect([code, stdout]).toEqual([2, ''])
        expect(stderr).toMatch(/^error: nothing was done: .*\[CONFIRMATION_NEEDED\]\ntry: .*--yes/u)
      }
      const shown = await runHere(['query', 'body.text=hunter2', '--json'], { home: at.path })
      expect(shown.stdout).toContain(id)
      expect((await splWithInput([...line, '--yes'], input, { home: at.path })).code).toBe(0)
    },
  )
})
