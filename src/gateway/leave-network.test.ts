import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GatewayConfig } from './gateway-config.ts'
import type { GatewayEvent } from './gateway-event.ts'
import { leaveNetwork } from './leave-network.ts'

const GATEWAY = 'AE-DU/SEMI/DEWA/gw-1'

function parts(sessionsLeave: () => Promise<void>): {
  readonly deps: Parameters<typeof leaveNetwork>[0]
  readonly steps: string[]
} {
  const steps: string[] = []
  const note = (step: string) => (): void => void steps.push(step)
  const deps = {
    config: { gateway: GATEWAY, leaveNoticeMs: 7, leaveGraceMs: 8 } as GatewayConfig,
    readiness: { leave: note('not ready') },
    frontDoor: {
      leave: async (noticeMs: number, graceMs: number) => {
        steps.push(`callers ${noticeMs} ${graceMs}`)
        await new Promise((resolve) => setImmediate(resolve))
        steps.push('callers gone')
      },
    },
    acknowledgements: { settle: async (graceMs: number) => void steps.push(`acknowledge ${graceMs}`) },
    spares: { close: note('no spares') },
    moves: { close: note('no moves') },
    direct: { close: note('no direct paths') },
    closeDoor: note('no direct door'),
    links: { close: note('no links') },
    sessions: {
      leave: async (graceMs: number) => {
        steps.push(`peers ${graceMs}`)
        await sessionsLeave()
        steps.push('peers gone')
      },
      list: () => [{ streams: 2 }] as never,
    },
    onEvent: ({ kind }: GatewayEvent) => steps.push(kind),
  }
  return { deps, steps }
}

test('callers are sent away before the branches and the peers they need', async () => {
  const { deps, steps } = parts(async () => await Promise.resolve())
  await leaveNetwork(deps, new AbortController().signal)
  assert.deepEqual(steps, [
    'gateway_leaving',
    'not ready',
    'callers 7 8',
    'callers gone',
    'acknowledge 8',
    'no spares',
    'no moves',
    'no direct paths',
    'no direct door',
    'no links',
    'peers 8',
    'peers gone',
    'gateway_left',
  ])
})

test('when there is no time left it waits for no peer', async () => {
  const atOnce = new AbortController()
  const { deps, steps } = parts(async () => await new Promise(() => atOnce.abort()))
  await leaveNetwork(deps, atOnce.signal)
  assert.deepEqual(steps.slice(-2), ['peers 8', 'gateway_left'])
  const again = parts(() => Promise.reject(new Error('is not asked')))
  await leaveNetwork(again.deps, atOnce.signal)
  assert.ok(!again.steps.includes('peers 8'))
})
