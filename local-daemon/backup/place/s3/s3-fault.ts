import { ProxyError } from '../../../network/proxy.ts'
import { type S3Address, labelOf } from './s3-address.ts'
import { S3Error } from './s3-error.ts'
import { SilentStoreError } from './s3-request.ts'
import { element } from './s3-xml.ts'
import { type Pace, SlowStoreError } from './steady-chunks.ts'

/** An answer that is no success. */
export interface S3Refusal {
  readonly status: number
  readonly xml: string
  /** Of the header `x-amz-bucket-region`. */
  readonly region: string | undefined
  /** The store's clock, of the header `date`. */
  readonly date: string | undefined
}

/** What a refusal means for a person. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export function refusedBy(address: S3Address, refusal: S3Refusal): S3Error {
  const { status, xml } = refusal
  const where = labelOf(address)
  const code = word(element(xml, 'Code')) ?? `HTTP ${status}`
  switch (code) {
    case 'NoSuchBucket':
      return missingBucket(address)
    case 'NoSuchKey':
      return missingFile(address)
    case 'InvalidAccessKeyId':
      return new S3Error(
        'S3_KEY_UNKNOWN',
        `The S3 store of ${where} does not know this access key`,
        'check AWS_ACCESS_KEY_ID, and that the endpoint is the one that the key is for',
      )
    case 'SignatureDoesNotMatch':
      return new S3Error(
        'S3_SECRET_WRONG',
        `The secret does not belong to this access key of ${where}`,
        'check AWS_SECRET_ACCESS_KEY; a proxy must pass the path and Host as they are',
      )
    case 'ExpiredToken':
    case 'InvalidToken':
    case 'TokenRefreshRequired':
      return new S3Error(
        'S3_SESSION_EXPIRED',
        `The session of these credentials for ${where} has ended`,
        'set new ones with AWS_SESSION_TOKEN, or use an access key without an end',
      )
    case 'RequestTimeTooSkewed':
    case 'RequestExpired':
      return skewed(where, refusal)
    case 'PermanentRedirect':
    case 'TemporaryRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
      return wrongRegion(address, refusal)
  }
  if (status >= 300 && status < 400) return wrongRegion(address, refusal)
  // The answer to HEAD has no body.
  if (status === 404 && code === 'HTTP 404') return missingFile(address)
  if (status === 403 || status === 401) {
    return new S3Error(
      'S3_DENIED',
      `The S3 store denies access to ${where} (${code})`,
      'give this key s3:ListBucket, s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload on the bucket and prefix',
    )
  }
  if (status >= 500 || status === 429) return failed(where, code)
  return new S3Error(
    'S3_REFUSED',
    `The S3 store of ${where} refuses the request (${code})`,
    'check the endpoint: it must be the S3 API of the store, not its web page',
  )
}

/** Why no answer came, or none in time. */
export function unreachable(
  address: S3Address,
  host: string,
  cause: unknown,
  { slowestBytesPerSecond }: Pace,
): S3Error {
  if (cause instanceof S3Error) return cause
  if (cause instanceof SlowStoreError) {
    return new S3Error(
      'S3_UNREACHABLE',
      `${host} answers slower than ${slowestBytesPerSecond} bytes a second`,
      `check the endpoint of ${labelOf(address)} and the network, and run the same command again`,
      { cause },
    )
  }
  if (cause instanceof ProxyError) {
    return new S3Error(
      'S3_UNREACHABLE',
      `${host} cannot be reached: ${cause.message}`,
      `check the proxy: ${cause.try}`,
      { cause },
    )
  }
  const { code = '', message } = cause as NodeJS.ErrnoException
  if (isTlsFault(code)) {
    return new S3Error(
      'S3_TLS_FAILED',
      `${host} has no certificate that this machine trusts (${code})`,
      'your own authority: NODE_EXTRA_CA_CERTS=<file.pem> for the daemon; a server without TLS: endpoint=http://…',
      { cause },
    )
  }
  const why =
    cause instanceof SilentStoreError ? 'it took the connection and does not answer' : message
  return new S3Error(
    'S3_UNREACHABLE',
    `${host} cannot be reached: ${why}`,
    `check the endpoint of ${labelOf(address)}, the network, and HTTPS_PROXY`,
    { cause },
  )
}

/** Codes of OpenSSL and of Node.js for a handshake or a certificate that is not right. */
function isTlsFault(code: string): boolean {
  return /^(?:ERR_TLS|ERR_SSL|EPROTO$|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH)/u.test(
    code,
  )
}

function missingFile(address: S3Address): S3Error {
  return new S3Error(
    'S3_FILE_MISSING',
    `There is no such file in ${labelOf(address)}`,
    `spl backup list shows what is there`,
  )
}

function missingBucket(address: S3Address): S3Error {
  return new S3Error(
    'S3_BUCKET_MISSING',
    `There is no bucket ${address.bucket} at this S3 store`,
    'make the bucket, or correct its name, the endpoint or the region',
  )
}

export function failed(where: string, code: string): S3Error {
  return new S3Error(
    'S3_FAILED',
    `The S3 store of ${where} fails (${code})`,
    'run the same command later; look at the status page of the store',
  )
}

/** Something else answers at the endpoint. */
export function noS3(where: string): S3Error {
  return new S3Error(
    'S3_REFUSED',
    `What answers for ${where} is no S3 store, or its answer was cut`,
    'check the endpoint: it must be the S3 API of the store, not its web page; and that no proxy or sign-in page answers instead',
  )
}

function wrongRegion(address: S3Address, { region, xml }: S3Refusal): S3Error {
  const right = word(region) ?? word(element(xml, 'Region'))
  const told = right === undefined ? '' : `, but in ${right}`
  return new S3Error(
    'S3_REGION_WRONG',
    `The bucket ${address.bucket} is not in the region ${address.region}${told}, or not at this endpoint`,
    `add ?region=${right ?? '<its region>'} to the address, or correct the endpoint`,
  )
}

function skewed(where: string, { date, xml }: S3Refusal): S3Error {
  const theirs = word(element(xml, 'ServerTime')) ?? word(date)
  const told = theirs === undefined ? '' : `: its clock says ${theirs}`
  return new S3Error(
    'S3_CLOCK_SKEWED',
    `The clock of this machine is more than 15 minutes off for ${where}${told}, this one ${new Date().toISOString()}`,
    'set the clock: timedatectl set-ntp true',
  )
}

/** What a store says is shown only if it is a short plain text: it may be anybody's server. */
function word(text: string | undefined): string | undefined {
  return text !== undefined && /^[\w ,:+.-]{1,60}$/u.test(text) ? text : undefined
}
