import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { Decrypter, Encrypter } from 'age-encryption'
import { SealError } from './seal-error.ts'

/** Who may decrypt: the owners of identities, or whoever knows the passphrase. */
export type SealFor = { readonly recipients: readonly string[] } | { readonly passphrase: string }

/** What decrypts. */
export type UnsealWith =
  | { readonly identities: readonly string[] }
  | { readonly passphrase: string }

type WebBytes = globalThis.ReadableStream<Uint8Array>

/**
 * Encrypts a stream in the format of age (https://age-encryption.org/v1), in bounded memory: the `age` command decrypts it.
 *
 * @throws SealError AGE_RECIPIENT_INVALID
 */
export async function seal(plain: Readable, to: SealFor): Promise<Readable> {
  const encrypter = new Encrypter()
  if ('passphrase' in to) encrypter.setPassphrase(to.passphrase)
  else for (const recipient of to.recipients) encrypter.addRecipient(recipient)
  return fromWeb(await encrypter.encrypt(toWeb(plain)))
}

/**
 * Decrypts such a stream. Every 64 KiB are authentic before they are passed on; a stream that was cut or changed fails, and never
 * looks like an end.
 *
 * @throws SealError AGE_IDENTITY_WRONG, PASSPHRASE_WRONG, AGE_FILE_INVALID; the stream fails with AGE_FILE_DAMAGED
 */
export async function unseal(sealed: Readable, by: UnsealWith): Promise<Readable> {
  const decrypter = new Decrypter()
  if ('passphrase' in by) decrypter.addPassphrase(by.passphrase)
  else for (const identity of by.identities) decrypter.addIdentity(identity)
  // The library wraps whatever its source throws, and a cut download has a code of its own.
  let broken: unknown
  sealed.once('error', (error) => {
    broken = error
  })
  try {
    const plain = fromWeb(await decrypter.decrypt(toWeb(sealed)))
    return Readable.from(
      checked(plain, () => broken),
      { objectMode: false },
    )
  } catch (cause) {
    sealed.destroy()
    throw broken ?? whyNotOpened(cause as Error, by)
  }
}

async function* checked(plain: Readable, broken: () => unknown): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of plain as AsyncIterable<Uint8Array>) yield chunk
  } catch (cause) {
    throw broken() ?? damaged(cause)
  }
}

function whyNotOpened(cause: Error, by: UnsealWith): SealError {
  if (!/no identity matched/u.test(cause.message)) {
    if (/ended before|HMAC/u.test(cause.message)) return damaged(cause)
    return new SealError(
      'AGE_FILE_INVALID',
      `That is not a file that age encrypted: ${cause.message}`,
      'check which file it is; a backup that is not encrypted needs no identity',
      { cause },
    )
  }
  if ('passphrase' in by) {
    return new SealError(
      'PASSPHRASE_WRONG',
      'This passphrase does not decrypt the file',
      'type it again: capitals, spaces and the layout of the keyboard count',
      { cause },
    )
  }
  return new SealError(
    'AGE_IDENTITY_WRONG',
    'The file is encrypted to other recipients than this identity',
    'give the identity whose recipient was set when the backup was made: spl config get backup_recipients',
    { cause },
  )
}

function damaged(cause: unknown): SealError {
  return new SealError(
    'AGE_FILE_DAMAGED',
    'The encrypted file was cut or changed: what was read of it so far does not count',
    'run the same command again; if it fails again, give it an older backup',
    { cause },
  )
}

function toWeb(stream: Readable): WebBytes {
  return Readable.toWeb(stream, {
    strategy: { highWaterMark: 4, size: () => 1 },
  }) as unknown as WebBytes
}

function fromWeb(stream: WebBytes): Readable {
  return Readable.fromWeb(stream as unknown as ReadableStream<Uint8Array>)
}
