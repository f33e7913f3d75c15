import type { ServiceLine } from './service-line.ts'
import { startWords, unitWord } from './unit-word.ts'

/** The name of the unit of a user's daemon. */
export const DAEMON_UNIT = 'spl-serve.service'

/**
 * A systemd user unit. The hardening is what works without root: filters of system calls, but no mount namespaces. A
 * clean exit is not restarted, so that `spl serve --stop` stops; neither is a wrong command line (exit code 2).
 * Everything else is restarted without end: a tailnet address may come later than the daemon.
 */
export function daemonUnit({ home, line }: ServiceLine): string {
  return `[Unit]
Description=spl daemon: signed records at home
StartLimitIntervalSec=0

[Service]
Type=exec
Environment=${unitWord(`SYNCROPEL_HOME=${home}`)}
ExecStart=${startWords(line)}
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
