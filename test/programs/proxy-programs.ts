import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { randomInt, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { selfSignedCertificate } from '../../local-daemon/gateway/self-signed.ts'
import { aHome } from '../support/daemon/a-daemon.ts'
import { until } from '../support/until.ts'

export type ProgramName = 'caddy' | 'nginx'

/**
 * Path of a program of the system. Where there is none: undefined, after saying what is left out and how to get it,
 * or an error where nothing may be left out (`CI=true`).
 * @param say takes one line
 */
export function findProgram(
  name: ProgramName,
  env: Readonly<Record<string, string | undefined>>,
  say: (line: string) => void,
): string | undefined {
  const directories = [...(env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin']
  const path = directories.map((directory) => join(directory, name)).find((at) => existsSync(at))
  if (path !== undefined) return path
  const how = 'apt-get install caddy nginx-light'
  if (env['CI'] === 'true') throw new Error(`no ${name} here: ${how}`)
  say(`tests with ${name} skipped, there is none: ${how}`)
  return undefined
}

export const HOSTNAME = 'spl.example.com'

/** What a proxy is started with; of a recipe the one file, unchanged. */
export interface ProxyFile {
  readonly content: string
  readonly httpsPort: number
  readonly httpPort: number
}

/** A real proxy that listens on this machine for `HOSTNAME`. */
export interface RunningProxy extends AsyncDisposable {
  readonly origin: URL
  readonly httpPort: number
  /** PEM of who signed its certificate. */
  readonly ca: string
  readonly caFile: string
}

/** A directory of a proxy, made before its configuration: nginx wants its certificate named there. */
export interface ProxyPlace extends Disposable {
  readonly directory: string
  readonly certificate: string
  readonly certificateKey: string
}

export async function aProxyPlace(): Promise<ProxyPlace> {
  const scratch = aHome()
  const { cert, key } = await selfSignedCertificate(
    join(scratch.path, 'certificate'),
    HOSTNAME,
    Date.now(),
  )
  return {
    directory: scratch.path,
    certificate: cert,
    certificateKey: key,
    [Symbol.dispose]: () => scratch[Symbol.dispose](),
  }
}

/** The file goes where `http` includes it, as on Debian; what is around it is Debian's, but for paths. */
export async function runNginx(
  path: string,
  place: ProxyPlace,
  file: ProxyFile,
): Promise<RunningProxy> {
  const { directory } = place
  mkdirSync(join(directory, 'conf.d'), { recursive: true })
  writeFileSync(join(directory, 'conf.d', `${HOSTNAME}.conf`), file.content)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  writeFileSync(
    join(directory, 'nginx.conf'),
    `${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
daemon off;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
events { worker_connections 768; }
http {
	sendfile on;
	default_type application/octet-stream;
	access_log off;
	gzip on;
	${temporary.map((name) => `${name}_temp_path ${directory}/${name};`).join('\n\t')}
	include ${directory}/conf.d/*.conf;
}
`,
  )
  const child = spawn(path, ['-p', directory, '-c', join(directory, 'nginx.conf')], QUIET)
  return running(child, file, place.certificate)
}

/** The file is imported by one with nothing but global options: ports, and certificates of an own authority. */
export async function runCaddy(
  path: string,
  { directory }: ProxyPlace,
  file: ProxyFile,
): Promise<RunningProxy> {
  writeFileSync(join(directory, 'Caddyfile'), file.content)
  const options = join(directory, 'options.caddy')
  writeFileSync(
    options,
    `{
	admin off
	http_port ${file.httpPort}
	https_port ${file.httpsPort}
	local_certs
	skip_install_trust
	storage file_system {
		root ${directory}/storage
	}
}
import ${directory}/Caddyfile
`,
  )
  const child = spawn(path, ['run', '--config', options, '--adapter', 'caddyfile'], {
    ...QUIET,
    env: { ...process.env, HOME: directory, XDG_CONFIG_HOME: directory, XDG_DATA_HOME: directory },
  })
  return running(child, file, join(directory, 'storage/pki/authorities/local/root.crt'))
}

const QUIET: SpawnOptions = { stdio: ['ignore', 'ignore', 'pipe'] }

async function running(
  child: ChildProcess,
  { httpsPort, httpPort }: ProxyFile,
  caFile: string,
): Promise<RunningProxy> {
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000)))
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async () => {
    child.kill('SIGTERM')
    await gone
  }
  try {
    await until('the proxy listens and has its certificate', async () => {
      if (child.exitCode !== null) throw new Error(`the proxy ended: ${said}`)
      return isCertificate(caFile) && (await listens(httpsPort)) && (await listens(httpPort))
    })
  } catch (error) {
    await stop()
    throw error
  }
  return {
    origin: new URL(`https://${HOSTNAME}:${httpsPort}`),
    httpPort,
    ca: readFileSync(caFile, 'utf8'),
    caFile,
    [Symbol.asyncDispose]: stop,
  }
}

function isCertificate(path: string): boolean {
  try {
    return new X509Certificate(readFileSync(path)).validTo !== ''
  } catch {
    return false
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '::1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** Below the ports that the system gives to connections and to whoever asks for any: nobody takes them meanwhile. */
const [PORT_MIN, PORT_MAX] = [20_000, 30_000]

/** Ports that nobody has now. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = randomInt(PORT_MIN, PORT_MAX)
    if (await isFree(port)) ports.add(port)
  }
  return [...ports]
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, () => server.close(() => resolve(true)))
  })
}
