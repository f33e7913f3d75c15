import type { Effect } from '../../../../local-daemon/tunnel/states/effects.ts'

/** An effect in a few words; what a person reads in it (reasons) is left out. */
export function effectText(effect: Effect): string {
  switch (effect.do) {
    case 'dial':
      return effect.yields ? 'dial if the place is free' : 'dial'
    case 'open':
      return `open ${effect.connection}`
    case 'drop':
    case 'close':
    case 'drain':
    case 'ping':
    case 'send policy':
      return `${effect.do} ${effect.connection}`
    case 'set timer':
      return `timer ${Math.round(effect.ms)}`
    case 'report':
      return `report ${effect.event.kind}`
    case 'abandon dial':
    case 'clear timer':
    case 'probe':
    case 'stop watching':
    case 'finish':
      return effect.do
  }
}
