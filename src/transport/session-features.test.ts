import assert from 'node:assert/strict'
import { test } from 'node:test'
import { echo, makeOpening, openPair, textOf, untilIdle } from './session-fixture.ts'

/** Both sides of a session: what they announce, and so what the other sees. */
const PAIRS: readonly (readonly [string, readonly string[] | undefined, readonly string[] | undefined])[] = [
  ['two of now', ['acknowledgement'], ['acknowledgement']],
  ['an old consumer', undefined, ['acknowledgement']],
  ['an old provider', ['acknowledgement'], undefined],
  ['a provider of later', ['acknowledgement'], ['acknowledgement', 'of_later']],
]

for (const [name, consumer, provider] of PAIRS) {
  test(`exchanges run in both directions, and each side knows what the other has: ${name}`, async () => {
    const seen: Record<string, readonly string[]> = {}
    const served = (side: string) => ({
      onRequest: (incoming: Parameters<typeof echo>[0]) => {
        seen[side] = incoming.peerFeatures
        echo(incoming)
      },
    })
    const announce = (features: readonly string[] | undefined): object =>
      features === undefined ? {} : { features }
    const pair = await openPair({
      consumer: { ...served('consumer'), ...announce(consumer) },
      provider: { ...served('provider'), ...announce(provider) },
    })
    for (const session of [pair.consumer, pair.provider]) {
      const { body } = await session.request(makeOpening(), '', Buffer.from('x'))
      assert.equal(textOf(body), 'x')
    }
    assert.deepEqual(pair.consumer.peerFeatures, provider ?? [])
    assert.deepEqual(pair.provider.peerFeatures, consumer ?? [])
    assert.deepEqual(seen, { consumer: provider ?? [], provider: consumer ?? [] })
    await untilIdle(pair)
  })
}
