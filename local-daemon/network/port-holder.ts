import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'

/**
 * The program that listens on a TCP port, as `nginx (pid 812)`, if the system tells: on Linux, for programs of the same
 * user; root sees all. Otherwise undefined.
 */
export function portHolder(port: number): string | undefined {
  const inodes = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeners(table, port)),
  )
  if (inodes.size === 0) return undefined
  const pid = entriesOf('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .find((name) => sockets(`/proc/${name}/fd`).some((inode) => inodes.has(inode)))
  return pid === undefined ? undefined : `${nameOf(pid)} (pid ${pid})`
}

/** Inodes of the sockets that listen on the port: state 0A, the port in hexadecimal. */
function listeners(table: string, port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return (read(table) ?? '')
    .split('\n')
    .map((line) => line.trim().split(/\s+/u))
    .filter(([, local, , state]) => local?.endsWith(wanted) && state === '0A')
    .flatMap((cells) => cells[9] ?? [])
}

function sockets(directory: string): string[] {
  return entriesOf(directory).flatMap((descriptor) => {
    try {
      return /^socket:\[(\d+)\]$/u.exec(readlinkSync(`${directory}/${descriptor}`))?.[1] ?? []
    } catch {
      return []
    }
  })
}

/** The program, or the script of an interpreter: a thread's name in `comm` says nothing useful for Node. */
function nameOf(pid: string): string {
  const [program = '', ...args] = (read(`/proc/${pid}/cmdline`) ?? '').split('\0')
  const script = args.find((word) => word !== '' && !word.startsWith('-'))
  const name = basename(program)
  if (name === '') return read(`/proc/${pid}/comm`)?.trim() || 'a program'
  return /^(?:node|python|ruby|perl|java|deno|bun)/u.test(name) && script !== undefined
    ? `${name} ${basename(script)}`
    : name
}

/** Empty for what may not be read or is already gone. */
function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
