import assert from 'node:assert/strict'
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { mandateHolder } from '../agreements/mandate-terms.ts'
import { HiddenText } from '../identity/hidden-text.ts'
import { digest256 } from '../protocol/digest.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { MandateSalts } from './mandate-salts.ts'
import type { WantedMandate } from './mandate-office.ts'
import { refusalOf } from './testing/gateway-world.ts'
import { openMandates } from './testing/mandate-bench.ts'

const NUMBER = '784198012345671'
const PERSON = new HiddenText(NUMBER)
const TERMS: WantedMandate = {
  office: { ar: 'مدير إدارة البيانات', en: 'Director of Data' },
  kinds: ['service'],
  dataClassUpTo: 'sensitive',
  instrument: digest256('a deed'),
  validFrom: '2026-11-23T00:00:00.000Z',
  validUntil: '2027-11-23T00:00:00.000Z',
}

/** Everything that lies in a folder, as text. */
async function contentOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  return (await Promise.all(files.map(async (file) => await readFile(file, 'latin1')))).join('\n')
}

test('a mandate that is granted is valid, and can be signed under here', async () => {
  await using bench = await openMandates()
  const { office, salts, world } = bench
  const { mandate, index } = await office.grant({ ...TERMS, fourEyes: true, ceilingAed: 10 }, PERSON)
  assert.equal(index, world.directory.size - 1)
  const { instrument: _, ...shown } = TERMS
  assert.deepEqual(office.list(), [
    { mandate, ...shown, ceilingAed: 10, fourEyes: true, standing: 'valid', hasSalt: true },
  ])
  const salt = salts.get(mandate) ?? ''
  assert.equal(mandateHolder(salt, NUMBER), world.directory.mandate(mandate)?.holder)
  assert.deepEqual(salts.list(), [{ mandate, salt }])
})

test('two mandates of one person have nothing in common, and the number is nowhere', async () => {
  await using bench = await openMandates()
  const { office, world, published } = bench
  const first = await office.grant(TERMS, PERSON)
  const second = await office.grant({ ...TERMS, kinds: ['hosting'] }, PERSON)
  const [a, b] = [first, second].map(({ mandate }) => world.directory.mandate(mandate)?.holder)
  assert.notEqual(a, b)
  const kept = await contentOf(world.folder)
  assert.ok(kept.includes(bench.salts.get(first.mandate) ?? 'no salt'), 'the salts are among what was read')
  const everything = [kept, ...published, JSON.stringify(office.list()), JSON.stringify(office)].join()
  assert.ok(!everything.includes(NUMBER))
  for (const { salt } of bench.salts.list()) assert.ok(!published.join().includes(salt))
})

test('the salt is on the disk before anybody hears of the mandate, for its owner alone', async () => {
  await using bench = await openMandates()
  const { office, world } = bench
  let seen: string[] = []
  bench.before = async (entry) => {
    const { change } = JSON.parse(entry) as { change: { mandate: string; holder: string } }
    const file = join(world.folder, 'mandates', `${change.mandate}.salt`)
    assert.equal(mandateHolder(await readFile(file, 'utf8'), NUMBER), change.holder)
    seen = [change.mandate]
  }
  const { mandate } = await office.grant(TERMS, PERSON)
  assert.deepEqual(seen, [mandate])
  await chmod(join(world.folder, 'mandates', `${mandate}.salt`), 0o604)
  assert.equal((await refusalOf(() => MandateSalts.open(world.folder))).code, 'secret_exposed')
})

test('a gateway that dies after the registry took the mandate has its salt when it comes back', async () => {
  await using bench = await openMandates()
  const { office, world } = bench
  bench.after = () => {
    throw new WuslaError('registry_unreachable')
  }
  assert.equal((await refusalOf(() => office.grant(TERMS, PERSON))).code, 'registry_unreachable')
  const [record] = world.directory.mandatesOf('AE-DU/GOV/RTA')
  assert.ok(record)
  const salts = await MandateSalts.open(world.folder)
  assert.equal(mandateHolder(salts.get(record.mandate) ?? '', NUMBER), record.holder)
  bench.after = () => undefined
  const again = await refusalOf(() => office.grant(TERMS, PERSON))
  assert.equal(again.code, 'conflict')
  assert.equal(again.details['mandate'], record.mandate)
})

test('a gateway that dies before the registry heard of the mandate keeps a salt that means nothing', async () => {
  await using bench = await openMandates()
  const { office, world } = bench
  bench.before = async () => await Promise.reject(new WuslaError('registry_unreachable'))
  assert.equal((await refusalOf(() => office.grant(TERMS, PERSON))).code, 'registry_unreachable')
  assert.equal((await MandateSalts.open(world.folder)).list().length, 1)
  assert.deepEqual(office.list(), [])
  bench.before = async () => await Promise.resolve()
  await office.grant(TERMS, PERSON)
  assert.equal(office.list().length, 1)
})

test('a mandate that the rules refuse leaves no salt', async () => {
  await using bench = await openMandates()
  const { office, salts, world } = bench
  const stolen = { ...TERMS, delegatedFrom: 'AAAAAAAAAAAAAAAAAAAAAA' }
  const refused = await refusalOf(() => office.grant(stolen, PERSON))
  assert.deepEqual([refused.code, refused.details['reason']], ['change_refused', 'unknown_mandate'])
  assert.deepEqual(salts.list(), [])
  assert.deepEqual((await MandateSalts.open(world.folder)).list(), [])
})

test('a salt that cannot be kept keeps the mandate from being granted', async () => {
  await using bench = await openMandates()
  const { office, published, world } = bench
  await rm(join(world.folder, 'mandates'), { recursive: true })
  await assert.rejects(office.grant(TERMS, PERSON), { code: 'ENOENT' })
  assert.deepEqual(published, [])
})

test('one that is over is not granted, and one that begins later is shown as such', async () => {
  await using bench = await openMandates()
  const { office, published, world } = bench
  const now = new Date(world.clock.nowMs()).toISOString()
  const over = await refusalOf(() => office.grant({ ...TERMS, validUntil: now }, PERSON))
  assert.equal(over.code, 'invalid_request')
  assert.deepEqual(published, [])
  await office.grant({ ...TERMS, validFrom: '2026-12-01T00:00:00.000Z' }, PERSON)
  assert.equal(office.list()[0]?.standing, 'not_yet')
  world.clock.advance(Date.parse(TERMS.validUntil) - world.clock.nowMs())
  assert.equal(office.list()[0]?.standing, 'expired')
})

test('the same mandate is granted to the same person once, also when it is asked for twice at a time', async () => {
  await using bench = await openMandates()
  const { office, published } = bench
  const both = await Promise.allSettled([office.grant(TERMS, PERSON), office.grant({ ...TERMS }, PERSON)])
  assert.deepEqual(
    both.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  )
  assert.equal(published.length, 1)
  await office.grant(TERMS, new HiddenText('784199912345678'))
  const [first] = office.list()
  await office.end(first?.mandate ?? '', 'left office')
  await office.grant(TERMS, PERSON)
  assert.deepEqual(
    office.list().map(({ standing }) => standing),
    ['ended', 'valid', 'valid'],
  )
})

test('only a mandate of this member is ended, and once', async () => {
  await using bench = await openMandates()
  const { office, world } = bench
  const { script, dewa, add } = world
  const { mandate } = await office.grant(TERMS, PERSON)
  await office.end(mandate, 'left office')
  const again = await refusalOf(() => office.end(mandate, 'left office'))
  assert.deepEqual([again.code, again.details['reason']], ['change_refused', 'wrong_state'])
  const holder = digest256('somebody')
  const theirs = { ...TERMS, member: dewa.member, mandate: 'AAAAAAAAAAAAAAAAAAAAAA', holder }
  add(await script.entry('mandate_granted', theirs, [dewa.member, dewa.seal]))
  assert.equal((await refusalOf(() => office.end(theirs.mandate, 'r'))).code, 'not_found')
})

test('a further node of the member shows a mandate and has no salt for it', async () => {
  await using bench = await openMandates()
  const { world, office } = bench
  const { script, rta, add } = world
  const holder = digest256('somebody')
  const elsewhere = { ...TERMS, member: rta.member, mandate: 'AAAAAAAAAAAAAAAAAAAAAA', holder }
  add(await script.entry('mandate_granted', elsewhere, [rta.member, rta.seal]))
  assert.deepEqual(
    office.list().map(({ hasSalt, standing }) => [hasSalt, standing]),
    [[false, 'valid']],
  )
})

test('a damaged salt is no salt', async () => {
  await using bench = await openMandates()
  const { world, office } = bench
  const { mandate } = await office.grant(TERMS, PERSON)
  await writeFile(join(world.folder, 'mandates', `${mandate}.salt`), 'half of')
  const { code, details } = await refusalOf(() => MandateSalts.open(world.folder))
  assert.equal(code, 'file_unreadable')
  assert.match(String(details['file']), /\.salt$/)
})
