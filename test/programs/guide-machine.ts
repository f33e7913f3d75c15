import { execFile, execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { loadIdentity } from '../../local-daemon/access/identity/identity.ts'
import { homeAt } from '../../local-daemon/home/home.ts'
import { prepareHome } from '../../local-daemon/home/prepare-home.ts'
import { selfSignedCertificate } from '../../local-daemon/gateway/self-signed.ts'
import { aHome } from '../support/daemon/a-daemon.ts'

const run = promisify(execFile)
const MAIN = fileURLToPath(new URL('../../local-daemon/cli/main.ts', import.meta.url))
/** Stand before and behind what a line says; no program says them. */
const BEGIN = '@@begin@@'
const END = '@@end@@'

export interface LineResult {
  readonly line: string
  readonly code: number
  /** stdout and stderr as a terminal shows them. */
  readonly output: string
}

/** The addresses and the name that the guides use; here they are real, and nobody else's. */
export const LAN = '192.168.1.20'
export const TAILNET = '100.64.0.7'
export const HOSTNAME = 'spl.example.com'

/**
 * Whether machines can be made here: that needs Linux, root and `ip`. Where it is not so, that is said, and under CI it is an
 * error, because the guides would not be tested.
 */
export function canMakeMachines(say: (line: string) => void): boolean {
  try {
    execFileSync('unshare', [...NAMESPACES, 'ip', 'link', 'add', 'wifi', 'type', 'veth'], {
      stdio: 'ignore',
    })
    return true
  } catch {
    const lack = 'no network namespaces here: they need Linux, root, unshare and ip'
    if (process.env['CI'] === 'true') throw new Error(lack)
    say(`tests of the guides skipped, ${lack}`)
    return false
  }
}

const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']

/**
 * Runs the lines of a guide, one after the other, on a machine of its own: its own network with a Wi-Fi and a tailnet, its own
 * hosts file, its own processes, a home where no daemon has run. When the lines have ended, so has everything that they started.
 *
 * Only what a person does is stood in for: `spl expose` gets its yes, `tailscale ip` is answered, `systemctl reload caddy`
 * starts the real Caddy with certificates of an authority of its own.
 */
export async function runOnMachine(lines: readonly string[]): Promise<readonly LineResult[]> {
  using scratch = aHome()
  const place = await furnish(scratch.path)
  const script = join(scratch.path, 'machine.sh')
  writeFileSync(
    script,
    machineScript(
      scratch.path,
      lines.map((line) => place.filledIn(line)),
    ),
  )
  const { stdout } = await run('unshare', [...NAMESPACES, 'bash', script], {
    cwd: place.work,
    env: place.env,
    maxBuffer: 16 * 1024 * 1024,
  })
  return stdout
    .split(BEGIN)
    .slice(1)
    .map((part, at) => {
      const [output = '', code = ''] = part.split(END)
      return { line: lines[at] ?? '', code: Number(code), output: output.trimStart() }
    })
}

async function furnish(root: string) {
  const directories = ['home', 'work', 'bin', 'caddy', 'etc-caddy', 'tls']
  const [home, work, bin, caddy, , tls] = directories.map((name) => join(root, name))
  if (!home || !work || !bin || !caddy || !tls) throw new Error('unreachable')
  for (const name of directories) mkdirSync(join(root, name))
  const paths = homeAt(join(home, '.syncro'))
  prepareHome(paths)
  const { did } = loadIdentity(paths)
  const { cert, key } = await selfSignedCertificate(tls, HOSTNAME, Date.now())
  copyFileSync(cert, join(work, 'fullchain.pem'))
  copyFileSync(key, join(work, 'key.pem'))
  writeFileSync(join(root, 'hosts'), `127.0.0.1 localhost\n${LAN} ${HOSTNAME}\n`)
  const authority = join(caddy, 'pki/authorities/local/root.crt')
  for (const [name, body] of Object.entries(standIns(root, authority))) {
    writeFileSync(join(bin, name), `#!/bin/bash\n${body}\n`, { mode: 0o755 })
  }
  return {
    work,
    filledIn: (line: string) => line.replace('did:key:z6Mk…', did),
    env: {
      PATH: [bin, dirname(process.execPath), '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(
        delimiter,
      ),
      HOME: home,
      NO_COLOR: '1',
      NODE_EXTRA_CA_CERTS: cert,
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    },
  }
}

function standIns(root: string, authority: string): Readonly<Record<string, string>> {
  const options = join(root, 'options.caddy')
  writeFileSync(
    options,
    `{
	admin off
	local_certs
	skip_install_trust
	storage file_system {
		root ${join(root, 'caddy')}
	}
}
import /etc/caddy/Caddyfile
`,
  )
  return {
    spl: `
[ -e '${authority}' ] && export NODE_EXTRA_CA_CERTS='${authority}'
case "$1 \${2-}" in
'gateway serve')
  node '${MAIN}' "$@" --json >'${root}/gateway.json' 2>'${root}/gateway.err' &
  for _ in {1..300}; do [ -s '${root}/gateway.json' ] && exit 0; sleep 0.1; done
  cat '${root}/gateway.err'; exit 1 ;;
'expose --print') ;;
'expose '*) set -- "$@" --yes ;;
esac
exec node '${MAIN}' "$@"`,
    tailscale: `echo ${TAILNET}`,
    sudo: 'exec "$@"',
    systemctl: `
caddy run --config '${options}' --adapter caddyfile >'${root}/caddy.log' 2>&1 &
for _ in {1..300}; do
  curl -s --cacert '${authority}' https://${HOSTNAME}/health >/dev/null && exit 0
  sleep 0.1
done
cat '${root}/caddy.log'; exit 1`,
  }
}

function machineScript(root: string, lines: readonly string[]): string {
  const network = [
    ['wifi', `${LAN}/24`],
    ['tailscale0', `${TAILNET}/10`],
  ].map(
    ([name, address]) =>
      `ip link add ${name} type veth peer name ${name}-far
ip addr add ${address} dev ${name}
ip link set ${name} up
ip link set ${name}-far up`,
  )
  const steps = lines.map(
    (line) => `echo ${BEGIN}
{ ${line}
} 2>&1 </dev/null
echo ${END}$?`,
  )
  return `set -e
ip link set lo up
${network.join('\n')}
mount --bind '${root}/hosts' /etc/hosts
[ -d /etc/caddy ] && mount --bind '${root}/etc-caddy' /etc/caddy
set +e
${steps.join('\n')}
spl serve --stop >/dev/null 2>&1
`
}
