/** What may be in an IPv4 or IPv6 address, and nothing that a header or a log could misread. */
const ADDRESS = /^[0-9a-fA-F.:]{2,45}$/

/** Whether a text looks like a client's address. Whether it is one, only whoever connects to it finds out. */
export function isClientAddress(text: string): boolean {
  return ADDRESS.test(text)
}
