/** What the shell is told. Documented in `spl --help`; the numbers never change their meaning. */
export const EXIT_CODE = {
  /** Done. */
  ok: 0,
  /** The command was understood and failed. */
  failed: 1,
  /** The command line is wrong: unknown option, missing argument, refused value. */
  usage: 2,
  /** No daemon answers: not running, unreachable, or its tunnel is away. */
  unreachable: 3,
  /** The daemon or the gateway refused the bearer. */
  refused: 4,
  /** `spl serve` and `spl gateway serve` alone: a fault of their own has ended them, in order (BSD's EX_SOFTWARE). */
  fault: 70,
  /** Ctrl-C, as a shell counts SIGINT. */
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT_CODE)[keyof typeof EXIT_CODE]
