import { describe } from 'vitest'
import { proxyContract } from './proxy-contract.ts'
import { findProgram } from './proxy-programs.ts'

const path = findProgram('caddy', process.env, (line) => void process.stderr.write(`${line}\n`))

describe.skipIf(path === undefined)('the printed configuration, in caddy', () => {
  describe('in front of the daemon', () => {
    proxyContract({ program: 'caddy', path: path ?? '' })
  })
  describe('in front of the gateway', () => {
    proxyContract({ program: 'caddy', path: path ?? '', upstream: 'gateway' })
  })
})
