import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { aRealHome, type RealHome } from '../../support/daemon/a-real-home.ts'
import { scrapeGateway, type GatewayMetrics } from '../../support/gateway/gateway-metrics.ts'
import { subscribe, type Subscriber } from '../../support/clients/subscriber.ts'
import { until } from '../../support/until.ts'
import type { UnitFigures } from '../../../local-daemon/cli/cost/unit-figures.ts'
import { times, type Usage } from '../../../local-daemon/cli/cost/usage.ts'

/** Longer than the ten seconds after which an idle object sleeps. */
const APART_MS = 12_000
/** By then a lone request or event is over for the object too. */
const QUIET_MS = 3_000
const BURST = 2_000
/** Between two requests of the burst, so that the rate of the bearer is not reached. */
const PAUSE_MS = 15
const THREAD = 'th_cost'
/** Clock ticks of /proc in a second. */
const TICKS = 100

type Measured = Omit<UnitFigures, 'date' | 'workerd'>

/**
 * Runs each scenario behind a gateway of its own, all at once: they mostly wait.
 * @param idleSeconds how long the idle daemon is watched
 * @param repeats of each event and request
 */
export async function measureUnits(idleSeconds: number, repeats: number): Promise<Measured> {
  const [idle, one, ten, alone] = await Promise.all([
    measureIdle(idleSeconds),
    measureEvents(1, repeats),
    measureEvents(10, repeats),
    measureRequests(repeats),
  ])
  // By itself: its CPU is measured, and it would make the others wait.
  const burst = await measureBurst()
  return {
    ...idle,
    subscription: one.subscription,
    event: one.event,
    eventForTen: ten.event,
    wakesPerEvent: one.wakes,
    ...alone,
    ...burst,
  }
}

async function measureIdle(
  seconds: number,
): Promise<Pick<Measured, 'idleHour' | 'connection' | 'scrape'>> {
  await using home = await aRealHome()
  await settled(home)
  const start = await look(home)
  const before = performance.now()
  await sleep(seconds * 1000)
  const end = await look(home)
  const used = difference(start, end)
  const hours = (performance.now() - before) / 3_600_000
  // All that there was before the first look is one connection: the question for a challenge, and the upgrade.
  const connection = { ...usageOf(start), workerRequests: 2 }
  await sleep(APART_MS)
  const last = await look(home)
  const scrapes = (metrics: GatewayMetrics) => metrics.value('requests_total', 'metrics')
  const scrape = {
    ...difference(end, last),
    workerRequests: 1,
    objectRequests: scrapes(last) - scrapes(end),
  }
  return { idleHour: times(used, 1 / hours), connection, scrape }
}

interface Followed {
  readonly subscription: Usage
  readonly event: Usage
  readonly wakes: number
}

async function measureEvents(subscribers: number, repeats: number): Promise<Followed> {
  await using home = await aRealHome()
  await settled(home)
  const empty = await look(home)
  const all: Subscriber[] = []
  for (let count = 0; count < subscribers; count += 1) {
    all.push(await subscribe(home, `/v1/sync/subscribe?thread=${THREAD}&since=now`))
    await sleep(QUIET_MS)
  }
  await until('all have joined', () => home.daemon().tunnel?.status.subscribers === subscribers)
  const joined = await look(home)
  for (let count = 0; count < repeats; count += 1) {
    await sleep(APART_MS)
    await home.append(THREAD)
    await until('all have the event', () => all.every(({ ids }) => ids.length === count + 1))
  }
  await sleep(QUIET_MS)
  const end = await look(home)
  const opened = { ...difference(empty, joined), workerRequests: subscribers }
  for (const one of all) await one.leave()
  return {
    subscription: times(opened, 1 / subscribers),
    event: times(difference(joined, end), 1 / repeats),
    wakes: wakesBetween(joined, end) / repeats,
  }
}

async function measureRequests(
  repeats: number,
): Promise<Pick<Measured, 'request' | 'wakesPerRequest'>> {
  await using home = await aRealHome()
  await settled(home)
  const path = `/v1/records/${await home.append(THREAD)}`
  const start = await look(home)
  for (let count = 0; count < repeats; count += 1) {
    await sleep(APART_MS)
    await (await home.ask(path)).arrayBuffer()
  }
  await sleep(QUIET_MS)
  const end = await look(home)
  const used = { ...difference(start, end), workerRequests: repeats }
  return { request: times(used, 1 / repeats), wakesPerRequest: wakesBetween(start, end) / repeats }
}

async function measureBurst(): Promise<Pick<Measured, 'requestInBurst' | 'processCpuMs'>> {
  await using home = await aRealHome()
  await settled(home)
  const path = `/v1/records/${await home.append(THREAD)}`
  const once = async () => {
    const answer = await home.ask(path)
    if (answer.status !== 200) throw new Error(`burst: ${answer.status} ${await answer.text()}`)
    await answer.arrayBuffer()
  }
  for (let count = 0; count < 100; count += 1) await once()
  await sleep(QUIET_MS)
  const start = await look(home)
  const cpu = cpuMs(home)
  for (let count = 0; count < BURST; count += 1) {
    await once()
    await sleep(PAUSE_MS)
  }
  const spent = cpuMs(home) - cpu
  await sleep(QUIET_MS)
  const used = { ...difference(start, await look(home)), workerRequests: BURST }
  return { requestInBurst: times(used, 1 / BURST), processCpuMs: spent / BURST }
}

/** The connection's greeting and policy are over, and the object has nothing to look after any more. */
async function settled(home: RealHome): Promise<void> {
  await until('the policy is there', async () => (await look(home)).value('daemon_connected') === 1)
  await sleep(QUIET_MS)
}

const look = (home: RealHome) => scrapeGateway(home.gateway.port, home.bearer)

/** What the object has counted, without the scrapes. */
function usageOf(metrics: GatewayMetrics): Usage {
  const requests = Object.entries(metrics.by('requests_total'))
  return {
    workerRequests: 0,
    objectRequests: requests.reduce((sum, [kind, n]) => (kind === 'metrics' ? sum : sum + n), 0),
    messages: Object.values(metrics.by('received_messages_total')).reduce((sum, n) => sum + n, 0),
    activeSeconds: metrics.value('watch_seconds_total'),
  }
}

function difference(from: GatewayMetrics, to: GatewayMetrics): Usage {
  const [before, after] = [usageOf(from), usageOf(to)]
  return {
    workerRequests: 0,
    objectRequests: after.objectRequests - before.objectRequests,
    messages: after.messages - before.messages,
    activeSeconds: after.activeSeconds - before.activeSeconds,
  }
}

/** Wakes by anything but a scrape. */
function wakesBetween(from: GatewayMetrics, to: GatewayMetrics): number {
  const count = (metrics: GatewayMetrics) =>
    Object.entries(metrics.by('wakes_total')).reduce(
      (sum, [cause, n]) => (cause === 'metrics' ? sum : sum + n),
      0,
    )
  return count(to) - count(from)
}

/** CPU that workerd has used so far, milliseconds; NaN where there is no /proc. */
function cpuMs({ gateway: { pid } }: RealHome): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return ((Number(fields[11]) + Number(fields[12])) / TICKS) * 1000
  } catch {
    return Number.NaN
  }
}
