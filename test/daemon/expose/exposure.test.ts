import { describe, expect, test } from 'vitest'
import { exposureText, exposureWarnings } from '../../../local-daemon/cli/serve/exposure.ts'
import { openFilesWarnings } from '../../../local-daemon/http/connection/connections-for.ts'
import { openFilesLimit } from '../../../local-daemon/process/open-files.ts'

const on = (name: string, address: string) => ({ [name]: [{ address }], none: undefined })

describe('who can reach the daemon', () => {
  test('is said in words', () => {
    expect(exposureText('loopback')).toBe('loopback only')
    expect(exposureText('tailnet')).toMatch(/encrypted by WireGuard/)
    expect(exposureText('private')).toBe('private network, plain HTTP')
  })

  test('is warned about where bearers cross a network in the clear', () => {
    expect(exposureWarnings('loopback', '127.0.0.1', on('lo', '127.0.0.1'))).toEqual([])
    expect(exposureWarnings('private', '192.168.1.5', on('wlan0', '192.168.1.5'))).toEqual([
      expect.stringMatching(/plain HTTP: anyone on the same Wi-Fi/),
    ])
  })

  test.for(['tailscale0', 'utun4', 'Tailscale', 'wg0'])('is a tailnet on %s', (name) => {
    expect(exposureWarnings('tailnet', '100.64.0.7', on(name, '100.64.0.7'))).toEqual([])
  })

  test.for(['eth0', 'wwan0', 'enp3s0'])('may be a provider’s network on %s', (name) => {
    expect(exposureWarnings('tailnet', '100.64.0.7', on(name, '100.64.0.7'))).toEqual([
      expect.stringContaining(`on the interface ${name}: if "tailscale ip" does not show it`),
    ])
  })
})

describe('the limit of open files', () => {
  test('is warned about when connections would be refused', () => {
    expect(openFilesWarnings(256)).toEqual([expect.stringMatching(/256 files .*ulimit -n \d+/)])
    expect(openFilesWarnings(4096)).toEqual([])
    expect(openFilesWarnings(undefined)).toEqual([])
  })

  test.runIf(process.platform === 'linux')('is read from the system', () => {
    expect(openFilesLimit()).toBeGreaterThan(0)
  })
})
