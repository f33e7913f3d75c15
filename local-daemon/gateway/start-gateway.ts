import { X509Certificate } from 'node:crypto'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseDidKey } from '../../protocol/identity/did-key.ts'
import { UndoStack } from '../process/undo-stack.ts'
import { COMPATIBILITY_DATE } from './compatibility-date.ts'
import type { FrontLimits } from './front/front-limits.ts'
import { CLIENT_ADDRESS_FIELD, SCHEME_FIELD } from './front/request-head.ts'
import { RefusalCounts } from './front/refusal-counts.ts'
import { startFront } from './front/start-front.ts'
import { keepRefusals } from './refusals-file.ts'
import { GatewayError } from './gateway-error.ts'
import { waitUntilAnswers } from './probe.ts'
import { parsePublicName, publicHostnames } from './public-hostnames.ts'
import { readPem } from './read-pem.ts'
import { selfSignedCertificate, type KeyPair } from './self-signed.ts'
import { lockStorage } from './storage-lock.ts'
import { watchStorageRoom } from './storage-room.ts'
import { checkStorageVersion } from './storage-version.ts'
import { superviseWorkerd, type SupervisedWorkerd } from './supervised-workerd.ts'
import { uniqueKey } from './unique-key.ts'
import { workerBundle } from './worker-bundle.ts'
import { workerdConfig } from './workerd-config.ts'
import type { WorkerdExit } from './workerd-process.ts'

export interface GatewayOptions {
  /** did:key of the one daemon that may connect, or of the admin who assigns hostnames to several: one of the two. */
  readonly ownerDid?: string
  readonly adminDid?: string
  /** The gateway's own directory: config, certificate, object storage. Made 0700 if missing. */
  readonly directory: string
  /** Address to bind; 127.0.0.1 by default. */
  readonly host?: string
  /** 0, the default, takes a free port. */
  readonly port?: number
  /** Public hostname, `name` or `name:port`; `localhost` by default. */
  readonly hostname?: string
  /** Further names under which it can be reached, also `*.spl.example.com` for all of one level. */
  readonly moreHostnames?: readonly string[]
  /** Given PEM files, or a certificate made and kept here. Absent means plain HTTP, for a proxy in front. */
  readonly tls?: KeyPair | 'self-signed'
  /** Header in which a proxy in front puts the client's address. Absent: the address is unknown. */
  readonly clientAddressHeader?: string
  /** Requests of one client address per minute, and those without a valid bearer; 6000 and 120 by default. */
  readonly addressRequestsPerMinute?: number
  readonly strangerRequestsPerMinute?: number
  /** Source of the Worker module; the real one by default. */
  readonly worker?: string
  /** Limits of the listening socket, instead of `FRONT_LIMITS`. */
  readonly limits?: Partial<FrontLimits>
  /** Flags of V8 for workerd, for measurements; none by default. */
  readonly v8Flags?: readonly string[]
  readonly onLog?: (line: string) => void
}

export interface Gateway extends AsyncDisposable {
  /** Public origin, for example `https://localhost:8443`. */
  readonly url: string
  /** Path of the PEM file that clients must trust, if the certificate is self-signed. */
  readonly cacert?: string
  readonly port: number
  /** Process id of workerd, which changes when it restarts. */
  readonly pid: number
  /** Resolves when the gateway has stopped. If workerd ends by itself, it is restarted. */
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
  const undo = new UndoStack()
  const lock = await lockStorage(directory)
  undo.defer(() => lock.release())
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
    // With a header of a proxy in front, or without TLS, peers are not the clients.
    const knowsClients = tls !== undefined && options.clientAddressHeader === undefined
    const clientAddressHeader = knowsClients ? CLIENT_ADDRESS_FIELD : options.clientAddressHeader
    const socketPath = await socketPathOf(directory, undo)
    const onLog = options.onLog ?? (() => {})
    const dial = Promise.withResolvers<SupervisedWorkerd>()
    const refusals = new RefusalCounts()
    let isOpen = false
    const front = await startFront({
      host,
      port: options.port ?? 0,
      ...(tls && { tls }),
      knowsClients,
      dial: async () => (await dial.promise).dial(),
      onLog,
      // Its own probe does not count as a request.
      onRefusal: (code) => isOpen && refusals.note(code),
      ...(options.limits && { limits: options.limits }),
    })
    undo.defer(keepRefusals(directory, refusals))
    undo.defer(watchStorageRoom(directory, onLog))
    undo.defer(() => front.destroy())
    const config = workerdConfig({
      address: socketPath === undefined ? '127.0.0.1:0' : `unix:${socketPath}`,
      schemeHeader: SCHEME_FIELD,
      // The Worker must know its port.
      publicHostnames: publicHostnames(names, front.port),
      worker: 'worker.js',
      compatibilityDate: COMPATIBILITY_DATE,
      storage,
      uniqueKey: await uniqueKey(directory),
      ...(ownerDid !== undefined && { ownerDid }),
      ...(adminDid !== undefined && { adminDid }),
      ...(clientAddressHeader && { clientAddressHeader }),
      ...(options.v8Flags && { v8Flags: options.v8Flags }),
      ...(options.addressRequestsPerMinute !== undefined && {
        addressRequestsPerMinute: options.addressRequestsPerMinute,
      }),
      ...(options.strangerRequestsPerMinute !== undefined && {
        strangerRequestsPerMinute: options.strangerRequestsPerMinute,
      }),
    })
    await writeFile(configFile, config, { mode: 0o600 })
    const workerd = await superviseWorkerd(configFile, socketPath, onLog)
    dial.resolve(workerd)
    undo.defer(() => workerd.stop())
    undo.defer(async () => front.close())
    const probe = { host: reachable(host), port: front.port, hostname }
    await waitUntilAnswers(certificate ? { ...probe, certificate: certificate.pem } : probe)
    isOpen = true
    let stopped: Promise<void> | undefined
    const stop = (): Promise<void> => (stopped ??= undo.unwind())
    return {
      url: origin(tls ? 'https' : 'http', hostname, front.port),
      ...(certificate?.selfSigned && tls && { cacert: tls.cert }),
      port: front.port,
      get pid() {
        return workerd.pid
      },
      exited: workerd.exited,
      stop,
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await undo.unwind()
    throw error
  }
}

/**
 * Checks that need no change yet.
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

/** One of the two, and a key: with both, the owner of a hostname would be ambiguous. */
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

/** Bearers cross this socket: in plain text they may cross loopback only. */
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

/** Longest path of a Unix socket, bytes (macOS has 104, Linux 108, with the closing zero). */
const SOCKET_PATH_BYTES = 103

/**
 * Where workerd listens only for the front, and only this user can connect. Undefined on Windows, where workerd has no
 * Unix sockets and takes a port of loopback.
 */
async function socketPathOf(directory: string, undo: UndoStack): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined
  const path = join(directory, 'workerd.sock')
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES) return path
  const short = await mkdtemp(join(tmpdir(), 'spl-gateway-'))
  undo.defer(() => rm(short, { recursive: true, force: true }))
  return join(short, 'workerd.sock')
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
    const pem = await readPem(path)
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
