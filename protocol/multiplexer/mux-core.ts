import { SendCredit } from './credit.ts'
import { CancelMeter } from './cancel-meter.ts'
import { FRAME } from '../tunnel/frame.ts'
import { Intake } from './intake.ts'
import { LIMITS } from '../limits.ts'
import { MessagePlan } from './message-plan.ts'
import type { MultiplexerEvents, MultiplexerSnapshot, Role } from './multiplexer-events.ts'
import { StreamTable } from './stream-table.ts'
import { WindowBudget } from './window-budget.ts'
import { WindowTuner } from './window-tuner.ts'

/** What the machine's two halves share: the one that the owner calls, and the one that the peer calls. */
export interface MuxCore {
  readonly role: Role
  readonly events: MultiplexerEvents
  /** What the other side lets us send on the connection. */
  readonly send: SendCredit
  readonly intake: Intake
  readonly plan: MessagePlan
  readonly budget: WindowBudget
  readonly tuner: WindowTuner
  readonly streams: StreamTable
  readonly cancels: CancelMeter
  /** Highest id opened so far; ids only grow. */
  lastStream: number
  greeted: boolean
  /** A GO_AWAY was sent or received: no new streams. */
  leaving: boolean
  /** Acceptor: version of the policy that was sent last. */
  policyVersion: number | undefined
  /** Acceptor: streams above it are refused. */
  acceptUpTo: number
  closed: boolean
}

export function createCore(
  role: Role,
  events: MultiplexerEvents,
  restored?: MultiplexerSnapshot,
): MuxCore {
  const send = new SendCredit(restored?.sendLimit ?? LIMITS.connectionWindow, restored?.sent)
  const plan = new MessagePlan(role === 'opener' ? FRAME.OPEN : FRAME.HEAD, send)
  const intake = new Intake(plan, restored?.granted, restored?.received)
  const budget = new WindowBudget()
  const tuner = new WindowTuner(plan, budget)
  const lastStream = restored?.lastStream ?? 0
  const leaving = restored?.leaving ?? false
  // The opener stops first. The acceptor tolerates twice what an honest opener sends.
  const cancels = role === 'opener' ? LIMITS.cancelledOpens : 2 * LIMITS.cancelledOpens
  return {
    role,
    events,
    send,
    intake,
    plan,
    budget,
    tuner,
    streams: new StreamTable(role, events, plan, intake, budget, tuner),
    cancels: new CancelMeter(cancels),
    lastStream,
    greeted: restored?.greeted ?? false,
    leaving,
    policyVersion: undefined,
    acceptUpTo: leaving ? lastStream : Number.POSITIVE_INFINITY,
    closed: false,
  }
}
