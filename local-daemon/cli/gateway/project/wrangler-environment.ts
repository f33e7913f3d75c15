/**
 * What wrangler is told: to ask nothing, to send no statistics, to write a report that a program can read. It gets the
 * credentials for Cloudflare from the environment, and none of ours: it has no use for a bearer of the daemon.
 */
export function wranglerEnvironment(
  env: Readonly<NodeJS.ProcessEnv>,
  reportFile: string,
): NodeJS.ProcessEnv {
  const passed = Object.entries(env).filter(([name]) => !/^(?:SPL_|SYNCROPEL_)/u.test(name))
  return {
    ...Object.fromEntries(passed),
    CI: '1',
    NO_COLOR: '1',
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_OUTPUT_FILE_PATH: reportFile,
    npm_config_update_notifier: 'false',
    // npx without a line tries for minutes; one more try tells as much.
    npm_config_fetch_retries: env['npm_config_fetch_retries'] ?? '1',
    npm_config_fetch_retry_mintimeout: env['npm_config_fetch_retry_mintimeout'] ?? '1000',
    npm_config_fetch_retry_maxtimeout: env['npm_config_fetch_retry_maxtimeout'] ?? '2000',
  }
}
