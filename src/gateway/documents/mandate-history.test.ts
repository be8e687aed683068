import assert from 'node:assert/strict'
import { test } from 'node:test'
import { grantMandate } from '../../directory/testing/grant-mandate.ts'
import { start } from '../../directory/testing/two-members.ts'
import { mandateHistories } from './mandate-history.ts'

test('a history says at every instant what the directory says', async () => {
  const network = await start()
  const { directory, add, script, dewa } = network
  const parent = await grantMandate(network, dewa, '784198012345671', { delegable: true })
  const child = await grantMandate(network, dewa, '784198012345672', {
    delegatedFrom: parent.mandate,
    validFrom: '2026-12-01T00:00:00.000Z',
    validUntil: '2027-02-01T00:00:00.000Z',
  })
  const fields = { member: dewa.member, mandate: parent.mandate, reason: 'over' }
  add(await script.entry('mandate_ended', fields, [dewa.member, dewa.seal]))
  const ids = [parent.mandate, child.mandate]
  const histories = mandateHistories(directory, [...ids, 'no-such-mandate'])
  assert.deepEqual(Object.keys(histories).toSorted(), ids.toSorted())
  const turns = Object.values(histories).flatMap(({ periods }) => periods.map(({ from }) => from))
  const instants = turns.flatMap((from) =>
    from === '' ? [] : [-1, 0, 1].map((ms) => new Date(Date.parse(from) + ms).toISOString()),
  )
  // A turn that the history does not know of would lie between the ones it knows.
  const granted = Date.parse(directory.mandate(child.mandate)?.grantedAt ?? '')
  for (let second = -1_000; second <= 1_000; second += 10)
    instants.push(new Date(granted + second * 1_000).toISOString())
  const seen = new Set<string>()
  for (const id of ids)
    for (const time of ['2000-01-01T00:00:00.000Z', ...instants, '2040-01-01T00:00:00.000Z']) {
      const found = histories[id]?.periods.findLast(({ from }) => from <= time)?.standing
      assert.equal(found, directory.mandateAt(id, time).standing, `${id} at ${time}`)
      seen.add(found ?? '')
    }
  assert.ok(
    ['not_yet', 'ended'].every((standing) => seen.has(standing)),
    [...seen].join(),
  )
})
