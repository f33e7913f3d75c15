/** @throws TypeError for anything but an http or https origin: a path, for one */
export function parseOrigin(text: string): URL {
  const url = new URL(text)
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || url.pathname !== '/') {
    throw new TypeError(`parse gateway address: ${text} is not an https origin`)
  }
  return url
}
