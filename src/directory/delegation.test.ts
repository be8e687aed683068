import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { Directory } from './directory.ts'
import type { RefusalReason } from './directory-event.ts'
import type { MandateRecord } from './directory-record.ts'
import { grantMandate, mandateTerms } from './testing/grant-mandate.ts'
import { assertRefused, DEWA, RTA, start } from './testing/two-members.ts'
import type { Started } from './testing/two-members.ts'

const DEPUTY = 'BBBBBBBBBBBBBBBBBBBBBA'
const instant = (text: string): string => `${text}T00:00:00.000Z`

/** Ends a mandate with the seal of DEWA. */
async function end({ script, dewa }: Started, mandate: string): Promise<string> {
  return await script.entry('mandate_ended', { member: DEWA, mandate, reason: 'left office' }, [
    DEWA,
    dewa.seal,
  ])
}

suite('a delegated mandate', () => {
  const whole = {
    delegable: true,
    kinds: ['service', 'hosting'],
    dataClassUpTo: 'confidential',
    ceilingAed: 1000,
    validFrom: instant('2026-01-01'),
    validUntil: instant('2027-01-01'),
  } as const
  const { delegable: _, ...part } = whole
  const granted = async (network: Started, more: object, member = DEWA): Promise<string> => {
    const { script, dewa, rta } = network
    const terms = { member, ...mandateTerms({ ...part, mandate: DEPUTY, ...more }) }
    return await script.entry('mandate_granted', terms, [member, member === DEWA ? dewa.seal : rta.seal])
  }

  test('is a part of the one it comes from, and ends with it', async () => {
    const network = await start()
    const { script, dewa, add, directory } = network
    const { mandate } = await grantMandate(network, dewa, '1', whole)
    const less = { delegable: true, kinds: ['hosting'], dataClassUpTo: 'open', ceilingAed: 0 }
    add(await granted(network, { delegatedFrom: mandate, ...less }))
    const before = script.now
    assert.equal(directory.mandateAt(DEPUTY, before).standing, 'valid')
    add(await end(network, mandate))
    assert.equal(directory.mandateAt(DEPUTY, script.now).standing, 'ended')
    assert.equal(directory.mandateAt(DEPUTY, before).standing, 'valid')
    assert.equal(directory.mandate(DEPUTY)?.endedAt, undefined)
    const deeper = { ...less, mandate: 'CCCCCCCCCCCCCCCCCCCCCA', delegatedFrom: DEPUTY }
    const another = await granted(network, deeper)
    assertRefused(network, another, 'wrong_state')
  })

  test('ends without the one it comes from', async () => {
    const network = await start()
    const { script, dewa, add, directory } = network
    const { mandate } = await grantMandate(network, dewa, '1', whole)
    add(await granted(network, { delegatedFrom: mandate }))
    add(await end(network, DEPUTY))
    assert.equal(directory.mandateAt(DEPUTY, script.now).standing, 'ended')
    assert.equal(directory.mandateAt(mandate, script.now).standing, 'valid')
  })

  const { ceilingAed: __, ...withoutCeiling } = part
  const cases: [string, RefusalReason, object, object?][] = [
    ['of another kind', 'wider_mandate', { kinds: ['service', 'membership'] }],
    ['with a higher class of data', 'wider_mandate', { dataClassUpTo: 'sensitive' }],
    ['with a higher ceiling', 'wider_mandate', { ceilingAed: 1001 }],
    ['without a ceiling', 'wider_mandate', { ...withoutCeiling, ceilingAed: undefined }],
    ['that begins earlier', 'wider_mandate', { validFrom: '2025-12-31T23:59:59.999Z' }],
    ['that lasts longer', 'wider_mandate', { validUntil: '2027-01-01T00:00:00.001Z' }],
    ['for two eyes where four are needed', 'wider_mandate', {}, { fourEyes: true }],
    ['where none may be delegated', 'wrong_state', {}, { delegable: undefined }],
    ['from one that is not there', 'unknown_mandate', { delegatedFrom: 'CCCCCCCCCCCCCCCCCCCCCA' }],
    ['from itself', 'unknown_mandate', { delegatedFrom: DEPUTY }],
  ]
  for (const [title, reason, more, ofWhole = {}] of cases) {
    test(`is refused ${title}`, async () => {
      const network = await start()
      const terms = JSON.parse(JSON.stringify({ ...whole, ...ofWhole })) as object
      const { mandate } = await grantMandate(network, network.dewa, '1', terms)
      const change = await granted(network, { delegatedFrom: mandate, ...more })
      assertRefused(network, change, reason)
      assert.equal(network.directory.mandate(DEPUTY), undefined)
    })
  }

  test('is refused from a mandate of another member', async () => {
    const network = await start()
    const { mandate } = await grantMandate(network, network.dewa, '1', whole)
    assertRefused(network, await granted(network, { delegatedFrom: mandate }, RTA), 'wrong_member')
  })

  test('is refused when it would be the fifth of its line', async () => {
    const network = await start()
    const { dewa } = network
    const line = [await grantMandate(network, dewa, '1', whole)]
    for (let depth = 2; depth <= 4; depth += 1) {
      const delegatedFrom = line.at(-1)?.mandate ?? ''
      line.push(await grantMandate(network, dewa, '1', { ...whole, delegatedFrom }))
    }
    const fifth = await granted(network, { delegatedFrom: line.at(-1)?.mandate })
    assertRefused(network, fifth, 'wider_mandate')
    const { script, directory, add } = network
    add(await end(network, line[0]?.mandate ?? ''))
    assert.equal(directory.mandateAt(line[3]?.mandate ?? '', script.now).standing, 'ended')
  })
})

suite('however often it is handed on', () => {
  const KINDS = ['service', 'hosting', 'membership'] as const
  const CLASSES = ['open', 'confidential', 'sensitive', 'secret'] as const
  const DAYS = ['2026-01-01', '2026-04-01', '2026-07-01', '2026-10-01', '2027-01-01'].map(instant)
  // Wide ones are more frequent, or hardly anything could be handed on.
  const terms = fc.record({
    kinds: fc.oneof(fc.constant([...KINDS]), fc.subarray([...KINDS], { minLength: 1 })),
    dataClassUpTo: fc.constantFrom('secret', ...CLASSES),
    ceilingAed: fc.constantFrom(undefined, undefined, 1000, 10),
    fourEyes: fc.constantFrom(undefined, undefined, undefined, true),
    delegable: fc.constantFrom(true, true, true, undefined),
    days: fc.oneof(
      fc.constant([0, 4] as const),
      fc.tuple(fc.nat({ max: 3 }), fc.integer({ min: 1, max: 4 })),
    ),
    // Which of those granted before it is handed on from; a far one means: from none.
    from: fc.nat({ max: 3 }),
  })

  /** What one may do with a mandate, written out: nothing of the rules that the directory uses. */
  function powersOf({
    kinds,
    dataClassUpTo,
    ceilingAed,
    fourEyes,
    validFrom,
    validUntil,
  }: MandateRecord): Set<string> {
    const powers = new Set<string>()
    for (const kind of kinds)
      for (const data of CLASSES.slice(0, CLASSES.indexOf(dataClassUpTo) + 1))
        for (const cost of [0, 10, 11, 1000, 1001].filter((each) => each <= (ceilingAed ?? 1e9)))
          for (const day of DAYS.filter((each) => validFrom <= each && each < validUntil))
            for (const eyes of fourEyes === true ? [4] : [2, 4])
              powers.add(`${kind} ${data} ${cost} ${day} ${eyes}`)
    return powers
  }

  test('nobody may do with a part what the whole does not allow', async () => {
    const network = await start()
    const { script, dewa, entries } = network
    let parts = 0
    await fc.assert(
      fc.asyncProperty(fc.array(terms, { minLength: 4, maxLength: 10 }), async (wanted) => {
        const directory = new Directory({ anchor: script.anchor })
        for (const entry of entries) directory.apply(entry)
        const ids: string[] = []
        for (const { days, from, ...each } of wanted) {
          const [first, count] = days
          const validity = { validFrom: DAYS[first], validUntil: DAYS[Math.min(4, first + count)] }
          const defined = JSON.parse(
            JSON.stringify({ ...each, ...validity, delegatedFrom: ids[from] }),
          ) as object
          const change = { member: DEWA, ...mandateTerms(defined) }
          ids.push(change.mandate)
          directory.apply(await script.entry('mandate_granted', change, [DEWA, dewa.seal]))
        }
        for (const record of directory.mandatesOf(DEWA)) {
          if (record.delegatedFrom === undefined) continue
          const whole = directory.mandate(record.delegatedFrom)
          assert.ok(whole?.delegable === true)
          const allowed = powersOf(whole)
          assert.deepEqual(
            [...powersOf(record)].filter((power) => !allowed.has(power)),
            [],
          )
          parts += 1
        }
      }),
      { numRuns: 400, seed: 20261129 },
    )
    assert.ok(parts > 100, `only ${parts} were handed on at all`)
  })
})
