import { readFileSync, statSync } from 'node:fs'
import { fileFault } from '../../../problem/file-fault.ts'
import { shellPath } from '../../../problem/shell-word.ts'
import { S3Error } from './s3-error.ts'

/** Who asks an S3 store. */
export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** A longer file is not one of credentials. */
const LONGEST_FILE = 64 * 1024

/**
 * The credentials: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, else the profile `default` of a file in the
 * form of `~/.aws/credentials`. Read anew for each use, so that new ones count without a restart. Never an argument of a
 * command, and never shown.
 *
 * @param path of the file, mode 0600
 * @throws S3Error S3_CREDENTIALS_MISSING, S3_CREDENTIALS_UNREADABLE
 */
export function readS3Credentials(path: string, env: Environment = process.env): S3Credentials {
  const accessKeyId = env['AWS_ACCESS_KEY_ID']
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY']
  if (accessKeyId && secretAccessKey) {
    return { accessKeyId, secretAccessKey, sessionToken: env['AWS_SESSION_TOKEN'] || undefined }
  }
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) throw missing(path, 'there are none')
  if ((found.mode & 0o077) !== 0) {
    throw unreadable(path, 'other users of this machine could read it')
  }
  if (!found.isFile() || found.size > LONGEST_FILE) {
    throw unreadable(path, 'it is no file of credentials')
  }
  const profile = defaultProfile(readText(path))
  const [id, secret] = [profile.get('aws_access_key_id'), profile.get('aws_secret_access_key')]
  if (!id || !secret) throw missing(path, `${path} has none in its part [default]`)
  return {
    accessKeyId: id,
    secretAccessKey: secret,
    sessionToken: profile.get('aws_session_token') || undefined,
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw unreadable(path, fileFault(cause), cause)
  }
}

/** Lines `name = value` of `[default]`, or before any other part. */
function defaultProfile(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  let part = 'default'
  for (const line of text.split(/\r?\n/u)) {
    const named = /^\s*\[\s*([^\]]*?)\s*\]/u.exec(line)?.[1]
    if (named !== undefined) part = named
    const [, name, value] = /^\s*([a-z_]+)\s*=\s*(\S+)\s*$/u.exec(line) ?? []
    if (part === 'default' && name !== undefined && value !== undefined) values.set(name, value)
  }
  return values
}

function missing(path: string, why: string): S3Error {
  return new S3Error(
    'S3_CREDENTIALS_MISSING',
    `The S3 store needs credentials, and ${why}`,
    `set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for the daemon, or ${format(path)}`,
  )
}

function format(path: string): string {
  return `write ${path} with mode 0600: a line aws_access_key_id=… and a line aws_secret_access_key=…`
}

function unreadable(path: string, why: string, cause?: unknown): S3Error {
  return new S3Error(
    'S3_CREDENTIALS_UNREADABLE',
    `The credentials in ${path} cannot be used: ${why}`,
    `make it a file of two lines that only you can read: chmod 600 ${shellPath(path)}`,
    cause === undefined ? undefined : { cause },
  )
}
