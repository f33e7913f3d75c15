import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { watchKeyPair } from '../../../local-daemon/gateway/front/key-pair-watch.ts'
import { selfSignedCertificate, type KeyPair } from '../../../local-daemon/gateway/self-signed.ts'
import { startGateway } from '../../../local-daemon/gateway/start-gateway.ts'
import { until } from '../../support/until.ts'
import { anIdentity } from '../../support/test-identity.ts'

let directory: string
let pair: KeyPair

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'spl-pipe-'))
  pair = await selfSignedCertificate(join(directory, 'tls'), 'localhost', Date.now())
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

test.for(['itself', 'behind a symbolic link'])(
  'a gateway refuses a certificate that is a named pipe, and does not wait for its writer: %s',
  async (how) => {
    const pipe = join(directory, `pipe ${how}`)
    execFileSync('mkfifo', [pipe])
    const cert = how === 'itself' ? pipe : join(directory, 'link.pem')
    if (cert !== pipe) symlinkSync(pipe, cert)
    const { did: ownerDid } = anIdentity()
    const started = startGateway({
      ownerDid,
      directory: join(directory, 'gateway'),
      tls: { cert, key: pair.key },
    })
    await expect(started).rejects.toMatchObject({
      code: 'CERTIFICATE_INVALID',
      message: expect.stringContaining('is not a regular file'),
    })
  },
)

test('a certificate that becomes a named pipe is not read: the one before stays in use, and it says why', async () => {
  const log: string[] = []
  const watch = await watchKeyPair(pair, 20, (line) => log.push(line))
  rmSync(pair.cert)
  execFileSync('mkfifo', [pair.cert])
  await until('it is told', () => log.length > 0)
  watch.close()
  expect(log[0]).toContain('the certificate before stays in use')
  expect(log[0]).toContain('is not a regular file')
})
