import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseS3Address, type S3Address } from '../../local-daemon/backup/place/s3/s3-address.ts'
import type { S3Credentials } from '../../local-daemon/backup/place/s3/s3-credentials.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'

const HOW = 'go install github.com/versity/versitygw/cmd/versitygw@v1.8.0'

/** An S3 server in Go that checks signatures, clocks and checksums, pages its lists and drops the parts of an upload. */
export interface Versitygw {
  readonly endpoint: string
  readonly directory: string
  readonly credentials: S3Credentials
  address(prefix?: string, endpoint?: string): S3Address
  [Symbol.asyncDispose](): Promise<void>
}

/** Where the server is: `VERSITYGW_PATH`. This suite is for those who have one, and runs with nothing else. */
export function versitygwPath(): string {
  const path = process.env['VERSITYGW_PATH']
  if (path === undefined) throw new Error(`VERSITYGW_PATH is not set; to get the server: ${HOW}`)
  return path
}

export async function aVersitygw(path: string): Promise<Versitygw> {
  const directory = mkdtempSync(join(tmpdir(), 'spl-vgw-'))
  mkdirSync(join(directory, 'data/backups'), { recursive: true })
  mkdirSync(join(directory, 'meta'))
  const port = await freePort()
  const credentials = { accessKeyId: 'AKEY', secretAccessKey: 'a-secret', sessionToken: undefined }
  const listens = ['--port', `127.0.0.1:${port}`, '--quiet']
  const kept = ['posix', '--sidecar', join(directory, 'meta'), join(directory, 'data')]
  const server = spawn(path, [...listens, ...kept], {
    stdio: 'ignore',
    env: { ...process.env, ROOT_ACCESS_KEY: 'AKEY', ROOT_SECRET_KEY: 'a-secret' },
  })
  await until('versitygw listens', () => answers(port))
  const endpoint = `http://127.0.0.1:${port}`
  return {
    endpoint,
    directory,
    credentials,
    address: (prefix = '', at = endpoint) =>
      parseS3Address(`s3://backups/${prefix}?endpoint=${at}`, {}),
    async [Symbol.asyncDispose]() {
      const ended = once(server, 'exit')
      server.kill('SIGKILL')
      await ended
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    }).on('error', () => resolve(false))
  })
}
