import { argumentWord, startWords, unitValue } from './unit-word.ts'

/** The parts of a unit for `spl gateway serve`. Paths are absolute. */
export interface GatewayUnit {
  /** `system` runs as its own user, which exists only while it runs; `user` runs as you. */
  readonly scope: 'system' | 'user'
  /** Node and the command line's file. */
  readonly command: readonly string[]
  readonly hostname: string
  readonly port: number
  /** Further options of `spl gateway serve`: none of `--storage`, `--port`, `--hostname`, `--tls-cert` or `--tls-key`. */
  readonly options: readonly string[]
  readonly tls?: { readonly cert: string; readonly key: string } | undefined
  /** For a user's unit; a system unit has its directory below /var/lib. */
  readonly storage: string
}

/** Name of the unit, and of its directory below /var/lib. */
export const GATEWAY_SERVICE = 'spl-gateway'

/** Ports below this one need a capability. */
const FREE_PORTS = 1024

/**
 * The systemd unit of a gateway. The system's unit has a dynamic user, one directory to write to, and the one capability to
 * listen on a port below 1024 if needed. systemd passes certificate and key, so that only root can read the files.
 */
export function gatewayUnit(unit: GatewayUnit): string {
  const { scope, hostname, port, tls } = unit
  const system = scope === 'system'
  const storage = system ? [SPECIFIER.state] : [argumentWord(unit.storage)]
  const certificate =
    tls === undefined
      ? []
      : system
        ? ['--tls-cert', SPECIFIER.cert, '--tls-key', SPECIFIER.key]
        : ['--tls-cert', argumentWord(tls.cert), '--tls-key', argumentWord(tls.key)]
  const start = [
    startWords([...unit.command, 'gateway', 'serve', '--hostname', hostname]),
    `--port ${port}`,
    ...unit.options.map(argumentWord),
    ...certificate,
    '--storage',
    ...storage,
  ].join(' ')
  return `# Written by: spl gateway serve --install-service. Taken away by: spl gateway serve --uninstall-service.
[Unit]
Description=spl gateway for ${unitValue(hostname)}
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart=${start}
Restart=always
RestartSec=2
TimeoutStopSec=10
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
${system ? systemHardening(port, tls) : ''}
[Install]
WantedBy=${system ? 'multi-user.target' : 'default.target'}
`
}

const SPECIFIER = {
  state: `%S/${GATEWAY_SERVICE}`,
  cert: '%d/cert.pem',
  key: '%d/key.pem',
} as const

function systemHardening(port: number, tls: GatewayUnit['tls']): string {
  const right = port !== 0 && port < FREE_PORTS ? 'CAP_NET_BIND_SERVICE' : ''
  const credentials =
    tls === undefined
      ? ''
      : `LoadCredential=cert.pem:${unitValue(tls.cert)}\nLoadCredential=key.pem:${unitValue(tls.key)}\n`
  return `DynamicUser=yes
StateDirectory=${GATEWAY_SERVICE}
StateDirectoryMode=0700
${credentials}AmbientCapabilities=${right}
CapabilityBoundingSet=${right}
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
`
}
