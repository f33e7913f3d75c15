import { describe } from 'vitest'
import { proxyContract } from './proxy-contract.ts'
import { findProgram } from './proxy-programs.ts'

const path = findProgram('nginx', process.env, (line) => void process.stderr.write(`${line}\n`))

describe.skipIf(path === undefined)('the printed configuration, in nginx', () => {
  describe('in front of the daemon', () => {
    proxyContract({ program: 'nginx', path: path ?? '' })
  })
  describe('in front of the gateway', () => {
    proxyContract({ program: 'nginx', path: path ?? '', upstream: 'gateway' })
  })
})
