import { isatty } from 'node:tty'

/**
 * Whether a terminal can hang up on this process: one of its standard streams is one. Under `nohup` none is, nor under a
 * service manager or in the background.
 *
 * Whether a hang-up was ignored at the start cannot be asked: Node.js gives every signal its default back before any
 * script runs (`PlatformInit`), so `/proc/self/status` does not show it either. `nohup` takes the terminal away as well;
 * that of macOS leaves stdin.
 */
export function hasTerminal(): boolean {
  return (process.platform === 'darwin' ? [1, 2] : [0, 1, 2]).some((fd) => isatty(fd))
}

/** Leaves a hang-up alone where no terminal is there to hang up: the default of the system would end the process. */
export function ignoreHangUp(): void {
  if (!hasTerminal()) process.on('SIGHUP', () => {})
}
