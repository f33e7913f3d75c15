import { setTimeout as sleep } from 'node:timers/promises'

/* A thread that reads as every other does, and starts late, as on a machine that has much else to do. */
await sleep(1_800)
await import('../../../../local-daemon/store/read-pool/read-worker.ts')
