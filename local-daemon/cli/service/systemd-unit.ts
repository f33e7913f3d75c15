import type { ServiceLine } from './service-line.ts'

/** The name of the unit of a user's daemon. */
export const UNIT = 'spl-serve.service'

/**
 * A systemd user unit. The hardening is what works without root: filters of system calls, and no mount namespaces. A
 * clean exit stays one, so that `spl serve --stop` stops; a wrong command line (exit code 2) is not tried again, and
 * everything else is, for ever: a tailnet address may come later than the daemon.
 */
export function systemdUnit({ home, line: [program = '', ...args] }: ServiceLine): string {
  const command = [quoted(program), ...args.map((word) => quoted(word).replaceAll('$', '$$$$'))]
  return `[Unit]
Description=spl daemon: signed records at home
StartLimitIntervalSec=0

[Service]
Type=exec
Environment=${quoted(`SYNCROPEL_HOME=${home}`)}
ExecStart=${command.join(' ')}
Restart=on-failure
RestartSec=5
RestartPreventExitStatus=2
TimeoutStopSec=20
LimitNOFILE=8192
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native

[Install]
WantedBy=default.target
`
}

/** One word of a unit file: `%` begins a specifier, and `\\` an escape. */
function quoted(word: string): string {
  const escaped = word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')
  return `"${escaped}"`
}
