import { version } from '../../package.json'

/** The version of `spl`, as the gateway tells it to the daemon. Imported by name: only it is bundled. */
export const VERSION: string = version
