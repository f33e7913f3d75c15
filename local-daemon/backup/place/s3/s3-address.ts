import { isIP } from 'node:net'
import { reachOf } from '../../../network/listen-host.ts'
import { S3Error } from './s3-error.ts'

/** Where in which S3 store. It holds no secret: the setting `backup_to` shows it. */
export interface S3Address {
  readonly bucket: string
  /** Without slashes at its ends; empty for the whole bucket. */
  readonly prefix: string
  /** Origin of the store; undefined for AWS, whose origin follows from the region. */
  readonly endpoint: URL | undefined
  readonly region: string
  /** Whether the bucket is in the path, or a label before the host. */
  readonly style: 'path' | 'host'
}

type Environment = Readonly<Record<string, string | undefined>>

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET = /^(?=.{3,63}$)[a-z0-9][a-z0-9-]*(?:\.[a-z0-9][a-z0-9-]*)*$/
/** Nothing that a URL escapes, so that every signer and every store sees the same key. */
const PREFIX = /^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)?$/
const REGION = /^[a-z0-9-]{1,40}$/
const LONGEST_PREFIX = 400

/**
 * Reads `s3://bucket/prefix?endpoint=…&region=…&style=path|host`. What the address leaves out comes from `AWS_ENDPOINT_URL_S3`,
 * `AWS_ENDPOINT_URL`, `AWS_REGION` and `AWS_DEFAULT_REGION`, as the AWS command line knows them.
 *
 * @throws S3Error S3_ADDRESS_INVALID
 */
export function parseS3Address(text: string, env: Environment = process.env): S3Address {
  const url = URL.parse(text)
  if (url?.protocol !== 's3:') throw invalid('it does not begin with s3://')
  // As it is written: a URL would resolve the dots in it.
  const [written = ''] = text.split(/[?#]/u)
  if (/[%\\\s]|\/\.{1,2}(?:\/|$)/u.test(written))
    throw invalid('it has dots or escapes as a segment')
  if (url.username !== '' || url.password !== '') {
    throw invalid('it holds a user or a password: credentials do not belong into an address')
  }
  if (url.hash !== '' || url.port !== '') throw invalid('it has a port or a #')
  const { hostname: bucket, searchParams } = url
  if (!BUCKET.test(bucket)) throw invalid('the bucket is not a name of a bucket')
  const prefix = url.pathname.replaceAll(/^\/|\/$/gu, '')
  if (!PREFIX.test(prefix) || prefix.length > LONGEST_PREFIX) {
    throw invalid('the prefix may have letters, digits, ".", "_", "-" and single slashes')
  }
  for (const name of searchParams.keys()) {
    if (!['endpoint', 'region', 'style'].includes(name)) {
      throw invalid('after ? it may have endpoint, region and style alone')
    }
  }
  const named =
    searchParams.get('endpoint') ?? env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL']
  const endpoint = named === undefined || named === '' ? undefined : parseEndpoint(named)
  const region =
    searchParams.get('region') ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1'
  if (!REGION.test(region)) throw invalid('the region is not a name of a region')
  return { bucket, prefix, endpoint, region, style: parseStyle(searchParams, bucket, endpoint) }
}

/** Other stores than AWS often have no names for their buckets, and a certificate never covers a bucket with a dot. */
function parseStyle(
  parameters: URLSearchParams,
  bucket: string,
  endpoint: URL | undefined,
): S3Address['style'] {
  const style = parameters.get('style')
  if (style === 'path' || style === 'host') return style
  if (style !== null) throw invalid('style is path or host')
  return endpoint !== undefined || bucket.includes('.') ? 'path' : 'host'
}

function parseEndpoint(text: string): URL {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/u.test(url.protocol))
    throw invalid('the endpoint is no https URL')
  if (url.protocol === 'http:' && !isPrivateHost(url.hostname))
    throw invalid('the endpoint is plain HTTP on a public address')
  if (url.username !== '' || url.password !== '') throw invalid('the endpoint holds a password')
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw invalid('the endpoint is more than scheme, host and port')
  }
  return url
}

/** A store on this machine or its network. A name without a dot, or of a private domain, is nobody's on the internet. */
function isPrivateHost(hostname: string): boolean {
  const address = hostname.replaceAll(/[[\]]/gu, '')
  if (isIP(address) !== 0) return reachOf(address) !== undefined
  return !hostname.includes('.') || PRIVATE_NAME.test(hostname)
}

const PRIVATE_NAME = /\.(?:home\.arpa|internal|lan|local|localhost)$/u

/** The URL of a key, or of the bucket for an empty one. */
export function urlOf(address: S3Address, key: string): URL {
  const { bucket, endpoint, region, style } = address
  const base = endpoint ?? new URL(`https://s3.${region}.amazonaws.com`)
  const url = new URL(base)
  if (style === 'host') url.hostname = `${bucket}.${url.hostname}`
  const path = style === 'host' ? ['', key] : key === '' ? ['', bucket] : ['', bucket, key]
  url.pathname = path.join('/')
  return url
}

/** The key of a file of the prefix. */
export function keyOf({ prefix }: S3Address, name: string): string {
  return prefix === '' ? name : `${prefix}/${name}`
}

/** `s3://bucket/prefix`, for people. */
export function labelOf({ bucket, prefix }: S3Address): string {
  return prefix === '' ? `s3://${bucket}` : `s3://${bucket}/${prefix}`
}

function invalid(why: string): S3Error {
  return new S3Error(
    'S3_ADDRESS_INVALID',
    `The address of the S3 store cannot be used: ${why}`,
    'give s3://bucket/prefix?endpoint=https://host&region=name&style=path; AWS needs no endpoint',
  )
}
