import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { fileFault } from '../../problem/file-fault.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { note } from '../output/output.ts'

/** Shorter ones are guessed, however slow each guess is. */
const SHORTEST = 10
const LONGEST = 1_024

/**
 * A passphrase: from a file (its first line; `/dev/fd/3` for a descriptor), else from the terminal, where it is not shown. Never an
 * argument, which `ps` and the shell's history keep.
 *
 * @param isNew it will encrypt: asked for twice, and refused if it is short
 * @throws CliError PASSPHRASE_NEEDED, PASSPHRASE_UNREADABLE, PASSPHRASE_SHORT, PASSPHRASE_DIFFERS
 */
export async function readPassphrase(file: string | undefined, isNew: boolean): Promise<string> {
  const passphrase = file === undefined ? await ask(isNew) : firstLine(file)
  if (
    passphrase.length <= LONGEST &&
    (!isNew || passphrase.length >= SHORTEST) &&
    passphrase !== ''
  )
    return passphrase
  throw new CliError(
    'PASSPHRASE_SHORT',
    `a passphrase has ${SHORTEST} to ${LONGEST} characters`,
    'choose five words at random, and keep them apart from the file',
    EXIT_CODE.usage,
  )
}

function firstLine(path: string): string {
  try {
    const [line = ''] = readFileSync(path, 'utf8').split(/\r?\n/u)
    return line
  } catch (cause) {
    throw new CliError(
      'PASSPHRASE_UNREADABLE',
      `read ${path}: ${fileFault(cause)}`,
      'give --passphrase-file a file that you can read, or leave it out to be asked',
      EXIT_CODE.usage,
      { cause },
    )
  }
}

async function ask(isNew: boolean): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new CliError(
      'PASSPHRASE_NEEDED',
      'a passphrase is needed, and this is no terminal to ask on',
      '--passphrase-file <file>; /dev/fd/3 is descriptor 3',
      EXIT_CODE.usage,
    )
  }
  if (isNew) note('Choose five or more words at random. Nobody can open the file without them.')
  const passphrase = await askUnseen('Passphrase: ')
  if (isNew && (await askUnseen('The same again: ')) !== passphrase) {
    throw new CliError(
      'PASSPHRASE_DIFFERS',
      'the two passphrases are not the same; nothing was written',
      'run the same command again',
      EXIT_CODE.usage,
    )
  }
  return passphrase
}

/** `readline` echoes to its output, which is nowhere here. */
async function askUnseen(question: string): Promise<string> {
  process.stderr.write(question)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const asked = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  try {
    return await asked.question('')
  } finally {
    asked.close()
    process.stderr.write('\n')
  }
}
