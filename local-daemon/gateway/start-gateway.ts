import { X509Certificate } from 'node:crypto'
import { mkdir, readFile, realpath, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join, relative, resolve } from 'node:path'
import { detach } from '../../protocol/detach.ts'
import { parseDidKey } from '../../protocol/did-key.ts'
import { COMPATIBILITY_DATE } from './compatibility-date.ts'
import { freePort } from './free-port.ts'
import { GatewayError } from './gateway-error.ts'
import { waitUntilAnswers } from './probe.ts'
import { parsePublicName, publicHostnames } from './public-hostnames.ts'
import { selfSignedCertificate, type KeyPair } from './self-signed.ts'
import { lockStorage } from './storage-lock.ts'
import { checkStorageVersion } from './storage-version.ts'
import { uniqueKey } from './unique-key.ts'
import { workerBundle } from './worker-bundle.ts'
import { workerdConfig } from './workerd-config.ts'
import { startWorkerd, type WorkerdExit } from './workerd-process.ts'

/** How many free ports are tried. */
const FREE_PORTS = 4

export interface GatewayOptions {
  /** did:key of the one daemon that may connect, or of the admin who gives out hostnames to several: one of the two. */
  readonly ownerDid?: string
  readonly adminDid?: string
  /** Directory of the gateway's own: config, certificate, object storage. Made 0700 if missing. */
  readonly directory: string
  /** Address to bind; 127.0.0.1 unless told. */
  readonly host?: string
  /** 0, the default, takes a free port. */
  readonly port?: number
  /** Public hostname, `name` or `name:port`; `localhost` unless told. */
  readonly hostname?: string
  /** Further names that it is reached by, also `*.spl.example.com` for all of one level. */
  readonly moreHostnames?: readonly string[]
  /** Given PEM files, or a certificate made and kept here. Absent means plain HTTP, for a proxy in front. */
  readonly tls?: KeyPair | 'self-signed'
  /** Header in which a proxy in front puts the client's address. Absent: the address is unknown. */
  readonly clientAddressHeader?: string
  /** Requests of one client address per minute, and of these without a good bearer; 6000 and 120 unless told. */
  readonly addressRequestsPerMinute?: number
  readonly strangerRequestsPerMinute?: number
  /** Source of the Worker module; the real one unless told. */
  readonly worker?: string
  readonly onLog?: (line: string) => void
}

export interface Gateway extends AsyncDisposable {
  /** Public origin, for example `https://localhost:8443`. */
  readonly url: string
  /** Path of the PEM file that clients must be told to trust, where the certificate signs itself. */
  readonly cacert?: string
  readonly port: number
  readonly pid: number
  /** Resolves when workerd is gone, asked to or not. Nothing is restarted. */
  readonly exited: Promise<WorkerdExit>
  stop(): Promise<void>
}

/**
 * Runs the gateway's Worker on raw workerd, the self-hosted path, and resolves once it answers.
 *
 * @throws GatewayError
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const host = options.host ?? '127.0.0.1'
  checkGatewayOptions(options)
  const publicName = parsePublicName(options.hostname ?? 'localhost')
  const names = [publicName, ...(options.moreHostnames ?? []).map(parsePublicName)]
  const hostname = publicName.name
  const { ownerDid, adminDid } = options
  const given = resolve(options.directory)
  await mkdir(join(given, 'storage'), { recursive: true, mode: 0o700 })
  // workerd resolves `..` by name, and a service's directory is a symbolic link.
  const directory = await realpath(given)
  const storage = join(directory, 'storage')
  const lock = lockStorage(directory)
  try {
    await checkStorageVersion(directory)
    const tls = await keyPair(
      options.tls,
      join(directory, 'tls'),
      names.map(({ name }) => name),
    )
    const certificate = tls && (await readCertificate(tls.cert))
    await writeFile(join(directory, 'worker.js'), options.worker ?? (await workerBundle()))
    const configFile = join(directory, 'workerd.capnp')
    const key = await uniqueKey(directory)
    // The Worker is told its port, so it is known before workerd listens.
    const config = (port: number) =>
      workerdConfig({
        address: `${isIP(host) === 6 ? `[${host}]` : host}:${port}`,
        publicHostnames: publicHostnames(names, port),
        worker: 'worker.js',
        compatibilityDate: COMPATIBILITY_DATE,
        storage,
        uniqueKey: key,
        ...(ownerDid !== undefined && { ownerDid }),
        ...(adminDid !== undefined && { adminDid }),
        ...(options.clientAddressHeader && { clientAddressHeader: options.clientAddressHeader }),
        ...(options.addressRequestsPerMinute !== undefined && {
          addressRequestsPerMinute: options.addressRequestsPerMinute,
        }),
        ...(options.strangerRequestsPerMinute !== undefined && {
          strangerRequestsPerMinute: options.strangerRequestsPerMinute,
        }),
        ...(tls && {
          tls: { cert: relative(directory, tls.cert), key: relative(directory, tls.key) },
        }),
      })
    const onLog = options.onLog ?? (() => {})
    const listen = async (port: number) => {
      await writeFile(configFile, config(port), { mode: 0o600 })
      return startWorkerd(configFile, onLog)
    }
    const workerd = options.port ? await listen(options.port) : await onFreePort(host, listen)
    detach(
      workerd.exited.then(() => lock.release()),
      (error) => onLog(String(error)),
    )
    const probe = { host: reachable(host), port: workerd.port, hostname }
    try {
      await waitUntilAnswers(certificate ? { ...probe, certificate: certificate.pem } : probe)
    } catch (error) {
      await workerd.stop()
      throw error
    }
    return {
      url: origin(tls ? 'https' : 'http', hostname, workerd.port),
      ...(certificate?.selfSigned && tls && { cacert: tls.cert }),
      port: workerd.port,
      pid: workerd.pid,
      exited: workerd.exited,
      stop: workerd.stop,
      [Symbol.asyncDispose]: workerd.stop,
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Somebody else may take the port in between, seldom; a few times in a row nobody does. */
async function onFreePort<Listening>(
  host: string,
  listen: (port: number) => Promise<Listening>,
): Promise<Listening> {
  for (let left = FREE_PORTS; ; left -= 1) {
    try {
      return await listen(await freePort(host))
    } catch (error) {
      const taken = error instanceof GatewayError && error.code === 'PORT_IN_USE'
      if (!taken || left <= 1) throw error
    }
  }
}

/**
 * What can be told before anything is touched.
 *
 * @throws GatewayError OWNER_INVALID, TLS_REQUIRED, HEADER_INVALID
 */
export function checkGatewayOptions(
  options: Pick<GatewayOptions, 'ownerDid' | 'adminDid' | 'host' | 'tls' | 'clientAddressHeader'>,
): void {
  checkOwner(options.ownerDid, options.adminDid)
  checkTransport(options.host ?? '127.0.0.1', options.tls)
  checkHeaderName(options.clientAddressHeader)
}

/** One of the two, and a key: with both nobody could say whom a hostname belongs to. */
function checkOwner(ownerDid: string | undefined, adminDid: string | undefined): void {
  if ((ownerDid === undefined) === (adminDid === undefined)) {
    throw new GatewayError(
      'OWNER_INVALID',
      'a gateway has either one owner or an admin',
      '--owner <did:key>, or --admin <did:key> to give out hostnames to several',
    )
  }
  try {
    parseDidKey(ownerDid ?? adminDid ?? '')
  } catch (cause) {
    throw new GatewayError(
      'OWNER_INVALID',
      `the ${adminDid === undefined ? 'owner' : 'admin'} is not an Ed25519 did:key: ${JSON.stringify(ownerDid ?? adminDid)}`,
      'spl status, which shows the did:key of your daemon',
      { cause },
    )
  }
}

/** Bearers cross this socket: in the clear they may cross loopback only. */
function checkTransport(host: string, tls: GatewayOptions['tls']): void {
  if (tls !== undefined || host === 'localhost' || host === '::1' || host.startsWith('127.')) return
  throw new GatewayError(
    'TLS_REQUIRED',
    `without TLS the gateway listens on loopback only, not on ${host}`,
    '--tls-cert and --tls-key, or --self-signed, or a TLS proxy in front of 127.0.0.1',
  )
}

function checkHeaderName(name: string | undefined): void {
  if (name === undefined || /^[a-z0-9-]+$/iu.test(name)) return
  throw new GatewayError(
    'HEADER_INVALID',
    `not a header name: ${JSON.stringify(name)}`,
    'letters, digits and hyphens, for example --client-address-header X-Real-IP',
  )
}

async function keyPair(
  tls: GatewayOptions['tls'],
  directory: string,
  hostnames: readonly string[],
): Promise<KeyPair | undefined> {
  if (tls === 'self-signed') return selfSignedCertificate(directory, hostnames, Date.now())
  return tls && { cert: resolve(tls.cert), key: resolve(tls.key) }
}

async function readCertificate(path: string): Promise<{ pem: string; selfSigned: boolean }> {
  try {
    const pem = await readFile(path, 'utf8')
    const certificate = new X509Certificate(pem)
    return { pem, selfSigned: certificate.verify(certificate.publicKey) }
  } catch (cause) {
    throw new GatewayError(
      'CERTIFICATE_INVALID',
      `read certificate ${path}: ${(cause as Error).message}`,
      'give --tls-cert a PEM file with the certificate first and its chain after it',
      { cause },
    )
  }
}

function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}

function origin(scheme: 'http' | 'https', hostname: string, port: number): string {
  return new URL(`${scheme}://${isIP(hostname) === 6 ? `[${hostname}]` : hostname}:${port}`).origin
}
