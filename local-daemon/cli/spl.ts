import type { Command } from 'commander'
import { addComplete } from './commands/complete.ts'
import { addCompletion } from './commands/completion.ts'
import { addConfig } from './commands/config.ts'
import { addDo } from './commands/do.ts'
import { addDoctor } from './commands/doctor.ts'
import { addExpose } from './commands/expose.ts'
import { addGateway } from './commands/gateway.ts'
import { addHelp } from './commands/help.ts'
import { addIntend } from './commands/intend.ts'
import { addKnow } from './commands/know.ts'
import { addLearn } from './commands/learn.ts'
import { addLogin } from './commands/login.ts'
import { addLogout } from './commands/logout.ts'
import { addLogs } from './commands/logs.ts'
import { addPair } from './commands/pair.ts'
import { addServiceAccount } from './commands/service-account.ts'
import { addServe } from './commands/serve.ts'
import { addStatus } from './commands/status.ts'
import { addThread } from './commands/thread.ts'
import { addToken } from './commands/token.ts'
import { addTunnel } from './commands/tunnel.ts'
import { addTry } from './commands/try.ts'
import { addVerify } from './commands/verify.ts'
import { addVersion } from './commands/version.ts'
import { createProgram, runProgram } from './program.ts'

/** The command line: every command there is, in the order of its help. */
export function splProgram(): Command {
  const program = createProgram()

  addTry(program)
  addServe(program)
  addStatus(program)
  addLogs(program)
  addExpose(program)
  addDoctor(program)
  addVerify(program)

  addIntend(program)
  addDo(program)
  addKnow(program)
  addLearn(program)
  addThread(program)

  addLogin(program)
  addLogout(program)
  addPair(program)
  addServiceAccount(program)
  addToken(program)
  addConfig(program)
  addTunnel(program)

  addGateway(program)
  addCompletion(program)
  addHelp(program)
  addVersion(program)
  addComplete(program)

  return program
}

export async function runSpl(argv: readonly string[]): Promise<void> {
  await runProgram(splProgram(), argv)
}
