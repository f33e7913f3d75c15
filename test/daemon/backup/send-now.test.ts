import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { plain } from '../../support/cli/plain.ts'
import { runHere } from '../../support/cli/run-here.ts'
import { until } from '../../support/until.ts'
import { aStage, KEYS, namesThere, sealAndSend, type Stage } from './offsite-stage.ts'

const fileOf = ({ home }: Stage) => join(home, 's3.credentials')
const failureOf = async ({ list }: Stage) => (await list()).offsite?.failure ?? null

/** A daemon that failed to send, for want of credentials. */
async function without(stage: Stage): Promise<void> {
  rmSync(fileOf(stage))
  await stage.write()
  await sealAndSend(stage)
  await stage.make()
  await until('it failed', async () => (await failureOf(stage)) !== null)
}

async function created(stage: Stage): Promise<{ readonly name: string; readonly told: string }> {
  const run = await runHere(['backup', 'create'], { home: stage.home })
  expect(run.code).toBe(0)
  const [name = ''] = /hub-\S+\.db/u.exec(plain(run.stdout)) ?? []
  return { name, told: plain(run.stderr) }
}

describe('a backup that somebody makes after one was not sent', { timeout: 60_000 }, () => {
  test('is sent at once with the credentials of now, and says so', async () => {
    await using stage = await aStage()
    await without(stage)
    writeFileSync(fileOf(stage), KEYS, { mode: 0o600 })
    const { name, told } = await created(stage)
    expect(told).toContain('it is in s3://')
    expect(told).not.toContain('warning')
    expect(await namesThere(stage)).toContain(name)
  })

  test('tells what is wrong now, and not what was', async () => {
    await using stage = await aStage()
    await without(stage)
    expect((await created(stage)).told).toContain('[S3_CREDENTIALS_MISSING]')
    writeFileSync(fileOf(stage), KEYS, { mode: 0o600 })
    chmodSync(fileOf(stage), 0o644)
    const open = await created(stage)
    expect(open.told).toContain('[S3_CREDENTIALS_UNREADABLE]')
    expect(open.told).not.toContain('MISSING')
    writeFileSync(fileOf(stage), KEYS.replace('=S3RVER\n', '=NOBODY\n'))
    chmodSync(fileOf(stage), 0o600)
    const wrong = await created(stage)
    expect(wrong.told).toContain('[S3_KEY_UNKNOWN]')
    expect(wrong.told).toMatch(/try|spl backup create/u)
  })

  test('begins the pauses between tries anew', async () => {
    await using stage = await aStage()
    await without(stage)
    const { offsite } = stage.daemon.daemon
    for (let n = 0; n < 4; n += 1) await offsite.send().catch(() => {})
    expect(offsite.report()?.failure?.count).toBeGreaterThan(4)
    await created(stage)
    expect(offsite.report()?.failure?.count).toBe(1)
  })
})

test('other credentials take back what failed with those before', { timeout: 60_000 }, async () => {
  await using stage = await aStage()
  await without(stage)
  writeFileSync(fileOf(stage), KEYS, { mode: 0o644 })
  expect(await failureOf(stage)).toBeNull()
  const status = await runHere(['status'], { home: stage.home })
  expect(plain(status.stdout)).not.toContain('not sent elsewhere')
  // The next look is not put off by the failure of before: it says what is wrong now.
  stage.daemon.daemon.offsite.tick()
  await until('it failed', async () => (await failureOf(stage)) !== null)
  expect(await failureOf(stage)).toMatchObject({ code: 'S3_CREDENTIALS_UNREADABLE' })
  chmodSync(fileOf(stage), 0o600)
  stage.daemon.daemon.offsite.tick()
  await until('it is there', async () => (await namesThere(stage)).length === 1)
})
