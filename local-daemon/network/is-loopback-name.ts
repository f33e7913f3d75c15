/** Whether the hostname of a URL is this machine itself, as URLs write it: bearers may go there in plain text. */
export function isLoopbackName(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}
