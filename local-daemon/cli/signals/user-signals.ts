/**
 * Of itself Node.js opens its debugger on SIGUSR1, to everybody on the machine, and ends on SIGUSR2. A process that holds keys does
 * neither: https://nodejs.org/api/process.html#signal-events
 */
export function ignoreUserSignals(): void {
  for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) process.on(signal, () => {})
}
