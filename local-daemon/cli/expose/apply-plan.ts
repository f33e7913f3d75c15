import type { Home } from '../../home/home.ts'
import { socketClient } from '../client/daemon-client.ts'
import { note } from '../output/output.ts'
import type { Plan, Step } from './plan.ts'

/** What carries out the steps that concern the process itself. */
export interface DaemonControl {
  start(): Promise<void>
  restart(step: Extract<Step, { do: 'restart' }>): Promise<void>
}

/**
 * Carries out what is done here, in the order of the plan: the settings hold before anybody else gets in. Settings
 * that were made stay when a later step fails; the same command goes on from there.
 *
 * @throws CliError of the step that failed
 */
export async function applyPlan(
  home: Home,
  { steps }: Plan,
  control: DaemonControl,
): Promise<void> {
  for (const step of steps) {
    if (step.do === 'start') {
      note('starting the daemon')
      await control.start()
    } else if (step.do === 'restart') {
      note(`restarting the daemon: ${step.why}`)
      await control.restart(step)
    } else if (step.do === 'set') {
      await socketClient(home).post(`/v1/config/${step.key}`, { value: step.value })
    }
  }
}
