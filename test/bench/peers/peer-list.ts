/** What a peer is started with: free ports of loopback, and where the daemon listens. */
export interface PeerPlace {
  /** Throwaway folder for configuration and keys. */
  readonly directory: string
  readonly daemonPort: number
  /** Where clients ask. */
  readonly publicPort: number
  /** Where its two ends meet. */
  readonly innerPort: number
  readonly otherPorts: readonly [number, number]
}

export interface Program {
  readonly name: string
  readonly args: readonly string[]
}

/** Another way to the same daemon. */
export interface Peer {
  readonly name: string
  /** All must be found. */
  readonly programs: readonly string[]
  /** How a user gets them. */
  readonly get: string
  /** What it reads, by name in `directory`. */
  readonly files: (place: PeerPlace) => Readonly<Record<string, string>>
  /** What runs before it, once. */
  readonly prepare?: (place: PeerPlace) => readonly Program[]
  /** Started in this order: its server, then its client. */
  readonly run: (place: PeerPlace) => readonly Program[]
  /** Fields that its clients must send. */
  readonly fields?: Readonly<Record<string, string>>
}

const FRP = 'releases of github.com/fatedier/frp'

function frp(name: string, server: string, proxy: (place: PeerPlace) => string): Peer {
  return {
    name,
    programs: ['frps', 'frpc'],
    get: FRP,
    files: (place) => ({
      'frps.toml': `bindAddr = "127.0.0.1"\nbindPort = ${place.innerPort}\n${server.replace('PORT', String(place.publicPort))}`,
      'frpc.toml': `serverAddr = "127.0.0.1"\nserverPort = ${place.innerPort}\n
[[proxies]]\nname = "spl"\nlocalIP = "127.0.0.1"\nlocalPort = ${place.daemonPort}\n${proxy(place)}`,
    }),
    run: ({ directory }) => [
      { name: 'frps', args: ['-c', `${directory}/frps.toml`] },
      { name: 'frpc', args: ['-c', `${directory}/frpc.toml`] },
    ],
  }
}

export const PEERS: readonly Peer[] = [
  {
    name: 'caddy (reverse proxy, no tunnel)',
    programs: ['caddy'],
    get: 'apt-get install caddy',
    files: ({ publicPort, daemonPort }) => ({
      Caddyfile: `{\n\tadmin off\n}\nhttp://127.0.0.1:${publicPort} {\n\treverse_proxy 127.0.0.1:${daemonPort}\n}\n`,
    }),
    run: ({ directory }) => [
      {
        name: 'caddy',
        args: ['run', '--adapter', 'caddyfile', '--config', `${directory}/Caddyfile`],
      },
    ],
  },
  {
    name: 'OpenSSH -R (TCP)',
    programs: ['sshd', 'ssh', 'ssh-keygen'],
    get: 'apt-get install openssh-server',
    files: ({ directory, innerPort }) => ({
      sshd_config: `Port ${innerPort}
ListenAddress 127.0.0.1
HostKey ${directory}/host
PidFile none
AuthorizedKeysFile ${directory}/user.pub
StrictModes no
PasswordAuthentication no
PermitRootLogin prohibit-password
`,
    }),
    prepare: ({ directory }) =>
      ['host', 'user'].map((key) => ({
        name: 'ssh-keygen',
        args: ['-q', '-t', 'ed25519', '-N', '', '-f', `${directory}/${key}`],
      })),
    run: ({ directory, innerPort, publicPort, daemonPort }) => [
      { name: 'sshd', args: ['-D', '-f', `${directory}/sshd_config`] },
      {
        name: 'ssh',
        args: [
          '-N',
          '-F',
          'none',
          '-p',
          String(innerPort),
          '-i',
          `${directory}/user`,
          '-o',
          'StrictHostKeyChecking=no',
          '-o',
          'UserKnownHostsFile=/dev/null',
          '-o',
          'LogLevel=ERROR',
          '-o',
          'IdentitiesOnly=yes',
          '-o',
          'BatchMode=yes',
          '-R',
          `127.0.0.1:${publicPort}:127.0.0.1:${daemonPort}`,
          '127.0.0.1',
        ],
      },
    ],
  },
  frp(
    'frp (TCP)',
    'proxyBindAddr = "127.0.0.1"\n',
    ({ publicPort }) => `type = "tcp"\nremotePort = ${publicPort}\n`,
  ),
  frp(
    'frp (HTTP)',
    'proxyBindAddr = "127.0.0.1"\nvhostHTTPPort = PORT\n',
    () => `type = "http"\ncustomDomains = ["127.0.0.1"]\n`,
  ),
  {
    name: 'chisel (TCP over WebSocket)',
    programs: ['chisel'],
    get: 'releases of github.com/jpillora/chisel',
    files: () => ({}),
    run: ({ innerPort, publicPort, daemonPort }) => [
      {
        name: 'chisel',
        args: ['server', '--host', '127.0.0.1', '--port', String(innerPort), '--reverse'],
      },
      {
        name: 'chisel',
        args: [
          'client',
          `http://127.0.0.1:${innerPort}`,
          `R:127.0.0.1:${publicPort}:127.0.0.1:${daemonPort}`,
        ],
      },
    ],
  },
  {
    name: 'rathole (TCP)',
    programs: ['rathole'],
    get: 'cargo install rathole',
    files: ({ innerPort, publicPort, daemonPort }) => ({
      'server.toml': `[server]\nbind_addr = "127.0.0.1:${innerPort}"\ndefault_token = "bench"\n
[server.services.spl]\nbind_addr = "127.0.0.1:${publicPort}"\n`,
      'client.toml': `[client]\nremote_addr = "127.0.0.1:${innerPort}"\ndefault_token = "bench"\n
[client.services.spl]\nlocal_addr = "127.0.0.1:${daemonPort}"\n`,
    }),
    run: ({ directory }) => [
      { name: 'rathole', args: [`${directory}/server.toml`] },
      { name: 'rathole', args: [`${directory}/client.toml`] },
    ],
  },
  {
    name: 'piko (HTTP)',
    programs: ['piko'],
    get: 'releases of github.com/andydunstall/piko',
    files: () => ({}),
    fields: { 'x-piko-endpoint': 'spl' },
    run: ({ innerPort, publicPort, daemonPort, otherPorts: [admin, gossip] }) => [
      {
        name: 'piko',
        args: [
          'server',
          '--proxy.bind-addr',
          `127.0.0.1:${publicPort}`,
          '--upstream.bind-addr',
          `127.0.0.1:${innerPort}`,
          '--admin.bind-addr',
          `127.0.0.1:${admin}`,
          '--gossip.bind-addr',
          `127.0.0.1:${gossip}`,
        ],
      },
      {
        name: 'piko',
        args: [
          'agent',
          'http',
          'spl',
          String(daemonPort),
          '--connect.url',
          `http://127.0.0.1:${innerPort}`,
        ],
      },
    ],
  },
]
