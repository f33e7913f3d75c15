/** 16 to 256 printable ASCII characters without blanks. */
const FORM = /^[!-~]{16,256}$/

/** Whether a text can be the token for the first account. */
export function isBootstrapToken(text: string): boolean {
  return FORM.test(text)
}
