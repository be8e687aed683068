import { PaperNetwork } from '../../../src/evidence/testing/paper-network.ts'
import { cosign, formatCheckpoint } from '../../../src/ledger/checkpoint.ts'
import { encodeCosignature, cosignedMessage } from '../../../src/ledger/cosignature.ts'
import { formatSignatureLine, parseNote, signNote } from '../../../src/ledger/signed-note.ts'
import type { NoteSigner } from '../../../src/trust/note-key.ts'
import { formatEvidenceFile } from '../../../src/evidence/evidence-file.ts'
import type { EvidenceFile } from '../../../src/evidence/evidence-file.ts'
import { copyOf, DAY } from './vector.ts'
import type { Scene, VectorList } from './vector.ts'

/** Files that are damaged as files, and directory parts and checkpoints that do not hold. */
export async function addBadFileVectors(list: VectorList, scene: Scene): Promise<void> {
  const good = await scene.file()
  addForms(list, scene, good)
  await addAnchors(list, scene, good)
  addDirectoryParts(list, scene, good)
  addCompleteDirectories(list, scene, good)
  addCheckpoints(list, scene, good, 'directory')
  addCheckpoints(list, scene, good, 'ledger')
  addWitnesses(list, scene, good, 'directory')
  addWitnesses(list, scene, good, 'ledger')
  addLedgers(list, scene, good)
}

function addForms(list: VectorList, { network }: Scene, good: EvidenceFile): void {
  const text = formatEvidenceFile(good)
  const json = ['parse', 'invalid_json'] as const
  list.bad('empty', network, '', json)
  list.bad('cut in the middle', network, text.slice(0, text.length >> 1), json)
  list.bad('the last character is missing', network, text.slice(0, -1), json)
  list.bad('a byte order mark', network, `\ufeff${text}`, json)
  list.bad('something behind the end', network, `${text}{}`, json)
  list.bad('the same name twice', network, text.replace('"network":', '"network":"AE-DU","network":'), json)
  list.bad(
    'the same name twice, spelled differently',
    network,
    text.replace('"alg":"ES256"', '"alg":"ES256","\\u0061lg":"ES256"'),
    json,
  )
  list.bad(
    'half a surrogate pair',
    network,
    text.replace('"network":"AE-DU"', '"network":"AE-DU\\ud800"'),
    json,
  )
  list.bad('NaN', network, text.replace('"index":1,', '"index":NaN,'), json)
  list.bad('a number beyond all bounds', network, text.replace('"index":1,', '"index":1e400,'), json)
  list.bad('nested nine deep', network, text.replace('"format":', '"deep":[[[[[[[[]]]]]]]],"format":'), json)
  list.bad('too large', network, text, ['parse', 'too_large'], { padding: 8_388_608 })
  const form = ['format', 'invalid_field'] as const
  list.bad('no object', network, '[]', form)
  list.bad('another format', network, text.replace('evidence/v1', 'evidence/v2'), form)
  list.bad('a member too many', network, text.replace('"format":', '"extra":1,"format":'), form)
  list.bad('a member too few', network, JSON.stringify({ ...good, holder: undefined }), form)
  list.bad('an exchange id in capitals', network, { ...good, exchange: good.exchange.toUpperCase() }, form)
  list.bad('a holder spelled differently', network, { ...good, holder: 'AE%2DDU/GOV/RTA/gw-1' }, form)
  list.bad('a negative index', network, text.replace('"index":1,', '"index":-1,'), form)
  list.bad('half an index', network, text.replace('"index":1,', '"index":0.5,'), form)
  list.bad('an index beyond 2^53', network, text.replace('"index":1,', '"index":9007199254740992,'), form)
  const stray = copyOf(good)
  stray.request.proof[0] = `${(stray.request.proof[0] ?? '').slice(0, -1)}B`
  list.bad('stray bits behind a hash', network, stray, form)
  list.bad(
    'no seals',
    network,
    { ...good, request: { ...good.request, batch: { ...good.request.batch, seals: [] } } },
    form,
  )
  list.bad('no entries', network, { ...good, directory: { ...good.directory, entries: [] } }, form)
  list.bad(
    'an answer that is no object',
    network,
    text.replace(/"answer":.*,"directory"/, '"answer":false,"directory"'),
    form,
  )
}

async function addAnchors(list: VectorList, { network }: Scene, good: EvidenceFile): Promise<void> {
  const abroad = await PaperNetwork.create('AE-AZ')
  list.bad('the anchor of another network', abroad, good, ['anchor', 'other_network'])
  const impostor = await PaperNetwork.create('AE-DU')
  list.bad('the anchor of another network of the same name', impostor, good, [
    'directory-checkpoint',
    'invalid_signature',
  ])
  const anchors: Record<string, object> = {
    'a log key that is none': { logKey: network.anchor.logKey.replace('+', '+0') },
    'a log key of another name': { logKey: abroad.anchor.logKey },
    'a registry key that is none': { registryKey: 'AAAA' },
    'a registry key that is no point of the curve': {
      registryKey: network.anchor.registryKey.replace(/.{40}$/, 'A'.repeat(40)),
    },
  }
  for (const [name, members] of Object.entries(anchors)) {
    const anchored = Object.create(network, {
      anchor: { value: { ...network.anchor, ...members } },
    }) as PaperNetwork
    list.bad(`an anchor with ${name}`, anchored, good, ['anchor', 'invalid_anchor'])
  }
  const registered = { ...network.anchor, registryKey: impostor.anchor.registryKey }
  const other = Object.create(network, { anchor: { value: registered } }) as PaperNetwork
  list.bad('an anchor with the key of another registry', other, good, [
    'directory-rules',
    'contradicts_anchor',
  ])
  const rooted = { ...network.anchor, rootCertificate: impostor.anchor.rootCertificate }
  const root = Object.create(network, { anchor: { value: rooted } }) as PaperNetwork
  list.bad('an anchor with another root certificate', root, good, ['directory-rules', 'contradicts_anchor'])
}

function addDirectoryParts(list: VectorList, { network }: Scene, good: EvidenceFile): void {
  const { entries, checkpoint } = good.directory
  const part = (changed: typeof entries): EvidenceFile => ({
    ...good,
    directory: { checkpoint, entries: changed },
  })
  const [first, second, third, ...rest] = entries
  if (first === undefined || second === undefined || third === undefined) throw new Error('no entries')
  list.bad('entries out of order', network, part([first, third, second, ...rest]), [
    'directory-inclusion',
    'out_of_order',
  ])
  list.bad('an entry twice', network, part([first, second, second, ...rest]), [
    'directory-inclusion',
    'out_of_order',
  ])
  const wrong = { ...second, proof: third.proof }
  list.bad('the proof of another entry', network, part([first, wrong, third, ...rest]), [
    'directory-inclusion',
    'not_included',
  ])
  const beyond = { ...entries[entries.length - 1], index: 99 } as typeof first
  list.bad('an entry beyond the tree', network, part([...entries.slice(0, -1), beyond]), [
    'directory-inclusion',
    'not_included',
  ])
  const changed = { ...third, entry: third.entry.replace('CORE', 'CORF') }
  list.bad('an entry with a changed character', network, part([first, second, changed, ...rest]), [
    'directory-inclusion',
    'not_included',
  ])
  list.bad('without the founding entry', network, part([second, third, ...rest]), [
    'directory-rules',
    'contradicts_anchor',
  ])
  list.bad('without the admission of a member', network, part(entries.filter(({ index }) => index !== 3)), [
    'directory-rules',
    'no_effect',
  ])
}

function addCompleteDirectories(list: VectorList, { network }: Scene, good: EvidenceFile): void {
  const fewer = { directoryEntries: network.entries.slice(0, -1) }
  list.bad(
    'fewer entries than the checkpoint has',
    network,
    good,
    ['directory-complete', 'other_directory'],
    fewer,
  )
  const altered = network.entries.map((entry, at) => (at === 2 ? entry.replace('CORE', 'CORF') : entry))
  list.bad(
    'other entries than the checkpoint has',
    network,
    good,
    ['directory-complete', 'other_directory'],
    { directoryEntries: altered },
  )
  const headless = { directoryEntries: network.entries.slice(1) }
  list.bad(
    'complete entries without the founding',
    network,
    good,
    ['directory-complete', 'contradicts_anchor'],
    headless,
  )
}

type Part = 'directory' | 'ledger'

function withNote(good: EvidenceFile, part: Part, change: (note: string) => string): EvidenceFile {
  const file = copyOf(good)
  file[part].checkpoint = change(file[part].checkpoint)
  return file
}

function addCheckpoints(list: VectorList, { network, rta }: Scene, good: EvidenceFile, part: Part): void {
  const step = `${part}-checkpoint`
  const signer: NoteSigner = part === 'directory' ? network.log : rta.ledger
  const note = good[part].checkpoint
  const [origin = '', size = '', root = ''] = note.split('\n')
  const bad = (name: string, code: string, change: (note: string) => string): void =>
    list.bad(`${part} checkpoint: ${name}`, network, withNote(good, part, change), [step, code])
  bad('no note', 'invalid_checkpoint', () => 'no note')
  bad('without its last line feed', 'invalid_checkpoint', (text) => text.slice(0, -1))
  bad('a tab', 'invalid_checkpoint', (text) => text.replace('\n', '\t\n'))
  bad('a size with a zero in front', 'invalid_checkpoint', () =>
    signNote(`${origin}\n0${size}\n${root}\n`, [signer]),
  )
  bad('an extension line', 'invalid_checkpoint', () =>
    signNote(`${origin}\n${size}\n${root}\nmore\n`, [signer]),
  )
  bad('a short root', 'invalid_checkpoint', () => signNote(`${origin}\n${size}\nAAAA\n`, [signer]))
  bad('of another log', 'other_log', (text) => text.replace(origin, 'wusla/AE-DU/elsewhere'))
  bad(
    'the same line twice',
    'duplicate_signature',
    (text) => text + (parseNote(text)?.signatures[0]?.line ?? ''),
  )
  bad('another size', 'invalid_signature', (text) => text.replace(`\n${size}\n`, `\n${Number(size) + 1}\n`))
  bad('only the witness signed', 'invalid_signature', (text) => {
    const parsed = parseNote(text)
    return `${parsed?.text ?? ''}\n${parsed?.signatures[1]?.line ?? ''}`
  })
}

function addWitnesses(
  list: VectorList,
  { network, core, atMs }: Scene,
  good: EvidenceFile,
  part: Part,
): void {
  const step = `${part}-witnesses`
  const { text = '', signatures = [] } = parseNote(good[part].checkpoint) ?? {}
  const own = signatures[0]?.line ?? ''
  const seconds = Math.floor(atMs / 1000)
  const bad = (name: string, code: string, line: string): void =>
    list.bad(
      `${part} witnesses: ${name}`,
      network,
      withNote(good, part, () => `${text}\n${own}${line}`),
      [step, code],
    )
  const line = cosign(text, core.witness, seconds)
  bad('nobody knows it', 'unknown_witness', line.replace('CORE', 'CORF'))
  bad(
    'over another checkpoint',
    'invalid_signature',
    cosign(text.replace('wusla', 'Wusla'), core.witness, seconds),
  )
  const nought = encodeCosignature(0, core.witness.sign(cosignedMessage(text, 0)))
  bad('at the time 0', 'invalid_checkpoint', formatSignatureLine(core.witness, nought))
  bad('beyond the year 9999', 'invalid_checkpoint', cosign(text, core.witness, 253_402_300_800))
  bad(
    'long before its branch was commissioned',
    'out_of_office',
    cosign(text, core.witness, seconds - (2 * DAY) / 1000),
  )
}

function addLedgers(list: VectorList, { network, dewa, rta }: Scene, good: EvidenceFile): void {
  const ledger = (members: Partial<EvidenceFile['ledger']>): EvidenceFile => ({
    ...good,
    ledger: { ...good.ledger, ...members },
  })
  const theirs = { origin: dewa.ledger.name, key: dewa.ledger.vkey }
  list.bad('the ledger of the other gateway', network, ledger(theirs), ['ledger-checkpoint', 'other_log'])
  list.bad('the key of another ledger', network, ledger({ key: theirs.key }), [
    'ledger-checkpoint',
    'unknown_key',
  ])
  const rootHash = Buffer.alloc(32, 1)
  const other = signNote(formatCheckpoint({ origin: rta.ledger.name, size: 7n, rootHash, extensions: [] }), [
    rta.ledger,
  ])
  list.bad('another past of the same ledger', network, ledger({ checkpoint: other }), [
    'request-ledger-inclusion',
    'not_included',
  ])
  const swapped = copyOf(good)
  swapped.request.ledger = good.answer?.ledger as never
  list.bad('the place of the answer for the request', network, swapped, [
    'request-ledger-inclusion',
    'not_included',
  ])
  const later = copyOf(good)
  later.answer.ledger = good.request.ledger as never
  list.bad('the place of the request for the answer', network, later, [
    'answer-ledger-inclusion',
    'not_included',
  ])
}
