import { resolve } from 'node:path'
import type { Command } from 'commander'
import { parseOrigin } from '../../parse/origin.ts'

/** The options of every command that asks a registry. */
export function addRegistryOptions(command: Command): Command {
  return command
    .option(
      '--url <origin>',
      'gateway to ask (default: the gateway of the daemon here)',
      parseOrigin,
    )
    .option('--ca <file>', 'PEM file to trust, besides the system', (path) => resolve(path))
}
