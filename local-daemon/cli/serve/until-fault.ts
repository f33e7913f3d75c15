import type { Daemon } from '../../daemon.ts'
import { askSelf } from '../../process/ask-self.ts'
import { installLastResort } from '../../process/last-resort.ts'
import { EXIT_CODE } from '../exit-code.ts'

/** Watches over a running daemon. Resolves with the reason when it is to end by a fault of its own. */
export function untilFault({ addresses, faults, logger }: Daemon): Promise<string> {
  return new Promise((resolve) => {
    installLastResort({
      note: (place, error) => faults.note(place, error),
      serves: () => askSelf(addresses.socket),
      end(why) {
        logger.fatal(
          { code: 'DAEMON_FAULT', exit_code: EXIT_CODE.fault },
          `the daemon stops: ${why}`,
        )
        resolve(why)
      },
    })
  })
}
