import type { Command } from 'commander'
import { addBackup } from './backup/backup.ts'
import { addComplete } from './completion/complete.ts'
import { addCompletion } from './completion/completion.ts'
import { addConfig } from './config/config.ts'
import { addDo } from './records/do.ts'
import { addDoctor } from './doctor/doctor.ts'
import { addExport } from './transfer/export.ts'
import { addExpose } from './expose/expose.ts'
import { addGateway } from './gateway/gateway.ts'
import { addHelp } from './help/help.ts'
import { addIdentity } from './identity/identity.ts'
import { addImport } from './transfer/import.ts'
import { addIntend } from './records/intend.ts'
import { addKnow } from './records/know.ts'
import { addLearn } from './records/learn.ts'
import { addLogin } from './login/login.ts'
import { addLogout } from './login/logout.ts'
import { addLogs } from './logs/logs.ts'
import { addNamespace } from './namespace/namespace.ts'
import { addPair } from './pair/pair.ts'
import { addRestore } from './restore/restore.ts'
import { addQuery } from './query/query.ts'
import { addSearch } from './search/search.ts'
import { addServiceAccount } from './service-account/service-account.ts'
import { addRedact } from './records/redact.ts'
import { addServe } from './serve/serve.ts'
import { addStatus } from './status/status.ts'
import { addThread } from './thread/thread.ts'
import { addToken } from './token/token.ts'
import { addTunnel } from './tunnel/tunnel.ts'
import { addTry } from './try/try.ts'
import { addVerify } from './verify/verify.ts'
import { addVersion } from './version/version.ts'
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
  addBackup(program)
  addRestore(program)

  addIntend(program)
  addDo(program)
  addKnow(program)
  addLearn(program)
  addThread(program)
  addExport(program)
  addImport(program)
  addNamespace(program)
  addQuery(program)
  addSearch(program)
  addRedact(program)

  addLogin(program)
  addLogout(program)
  addPair(program)
  addServiceAccount(program)
  addToken(program)
  addIdentity(program)
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
