/**
 * The plain values of a TOML text by their path, `vars.OWNER_DID`: strings in double quotes without escapes, and bare words. It is no
 * parser: wrangler is. It finds what is shown to a person before wrangler is asked, and what it cannot read is not there.
 */
export function readTomlValues(toml: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  let table = ''
  for (const line of toml.split(/\r?\n/u)) {
    const header = /^\s*\[+\s*([\w.-]+)\s*\]+/u.exec(line)?.[1]
    if (header !== undefined) {
      table = `${header}.`
      continue
    }
    const [, key, quoted, bare] =
      /^\s*([\w-]+)\s*=\s*(?:"([^"\\]*)"|([\w.-]+))\s*(?:#.*)?$/u.exec(line) ?? []
    const value = quoted ?? bare
    if (key !== undefined && value !== undefined) values.set(`${table}${key}`, value)
  }
  return values
}
