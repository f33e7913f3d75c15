import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { note } from '../output/output.ts'

/** Most bytes read from stdin: every secret of ours is below 200. */
const INPUT_BYTES = 4_096

/**
 * A secret that a command takes as its argument, or from stdin for `-`, so that it is in no shell history and no
 * `ps`. White space around it does not count.
 *
 * @throws CliError SECRET_INVALID for what cannot travel in a header: it is empty, or has spaces or control characters
 */
export async function readSecretArgument(text: string): Promise<string> {
  const secret = (text === '-' ? await readInput() : text).trim()
  if (/^[\u0021-\u007E]+$/u.test(secret)) return secret
  throw new CliError(
    'SECRET_INVALID',
    'that is not one word of printable ASCII characters',
    'copy all of it, and nothing else; use - to read it from stdin',
    EXIT_CODE.usage,
  )
}

async function readInput(): Promise<string> {
  if (process.stdin.isTTY) note('paste it, then press Enter and Ctrl-D')
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > INPUT_BYTES) throw tooLong()
  }
  return Buffer.concat(chunks).toString()
}

function tooLong(): CliError {
  return new CliError(
    'INPUT_TOO_LONG',
    `stdin has more than ${INPUT_BYTES} bytes: that is not a bearer token`,
    'pipe only the bearer token',
    EXIT_CODE.usage,
  )
}
