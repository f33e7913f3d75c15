import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { StartError } from '../problem/start-error.ts'

const run = promisify(execFile)

/**
 * Calls systemctl for the system's or the person's services.
 *
 * @throws StartError SYSTEMD_MISSING, SYSTEMD_FAILED
 */
export async function systemctl(scope: 'system' | 'user', args: readonly string[]): Promise<void> {
  const words = scope === 'user' ? ['--user', ...args] : [...args]
  try {
    await run('systemctl', words)
  } catch (cause) {
    const { code, stderr, message } = cause as NodeJS.ErrnoException & { stderr?: string }
    if (code === 'ENOENT') {
      throw new StartError(
        'SYSTEMD_MISSING',
        'this machine has no systemd',
        'let its own service manager run spl gateway serve; --dry-run shows the unit to copy from',
        { cause },
      )
    }
    throw new StartError(
      'SYSTEMD_FAILED',
      `systemctl ${words.join(' ')}: ${stderr?.trim().split('\n')[0] || message}`,
      scope === 'user'
        ? 'a login session of your own (not su or sudo), and: loginctl enable-linger'
        : 'journalctl -u spl-gateway -n 20',
      { cause },
    )
  }
}
