import type { UseCase } from './use-case.ts'

/**
 * What brings the device, the page or the peer in, once the way is there.
 * @param url where it will reach the daemon
 */
export function nextOf(use: UseCase, url: string): readonly string[] {
  switch (use) {
    case 'phone':
      return [`spl pair --invite --device phone --url ${url}`]
    case 'second-machine':
      return [
        `spl pair --invite --device laptop --url ${url}`,
        `on the other machine: spl login ${url}`,
      ]
    case 'browser':
      return [`spl pair --device browser-dashboard --url ${url}`]
    case 'peer':
      return [
        'spl service-account create --name peer --scopes federation:manage --with-token --out peer.token',
      ]
    case 'team':
      return [`spl pair --invite --device <member> --url ${url}, once for each member`]
    case 'nobody':
      return ['spl doctor']
  }
}
