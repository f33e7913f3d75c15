import { afterEach, expect, it, vi } from 'vitest'
import { showHolders } from '../../../../local-daemon/cli/records/show-holders.ts'

const HOME = 'hub-20261130T161949Z-5019-0640e0e1.db'
const spy = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
afterEach(() => spy.mockClear())

function told(holders: Parameters<typeof showHolders>[0]): string {
  showHolders(holders)
  return spy.mock.calls.map(([text]) => String(text)).join('')
}

it('names a backup in the bucket as it is called there, and says how to remove it', () => {
  const text = told({ home: [], elsewhere: [HOME] })
  expect(text).toContain('  hub-20261130T161949Z-*.age (backup_to)\n')
  expect(text).toMatch(/spl backup create\n.*S3/u)
  expect(text).toContain('.age.note')
  expect(text, 'it knows nothing of a bucket').not.toContain('spl backup remove')
})

it('names a backup at home as spl backup remove takes it', () => {
  const text = told({ home: [HOME], elsewhere: [] })
  expect(text).toContain(`  ${HOME}\n`)
  expect(text).toMatch(/spl backup create\n.*spl backup remove <name>\n$/u)
  expect(text).not.toContain('S3')
})

it('says nothing where no backup has it', () => {
  expect(told({ home: [], elsewhere: [] })).toBe('')
})

it('fits 80 columns', () => {
  const lines = told({ home: [HOME], elsewhere: [HOME] }).split('\n')
  expect(lines.filter((line) => line.length > 80)).toEqual([])
})
