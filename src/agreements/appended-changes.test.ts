import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { PDFName } from '@cantoo/pdf-lib'
import { appendUpdate, readStanding, type Standing, withEntry } from './testing/append-update.ts'
import { outcome, setStage, signAs, signBoth, type SigningStage } from './testing/signing-stage.ts'

let stage: SigningStage
let both: Buffer
let standing: Standing

before(async () => {
  stage = await setStage()
  both = await signBoth(stage)
  standing = await readStanding(both)
})

type Objects = readonly (readonly [number, string])[]

/** What becomes of the signed file with an update that nobody signed. */
const appended = async (objects: Objects, wish: Parameters<typeof appendUpdate>[3] = {}): Promise<string> =>
  await outcome(stage, appendUpdate(both, standing, new Map(objects), wish))

/** What becomes of the document when the first signature comes with more than itself. */
const besides = async (
  more: (standing: Standing) => Objects,
  wish: Parameters<typeof signAs>[3] = {},
): Promise<string> => {
  const beside = (standing: Standing): ReadonlyMap<number, string> => new Map(more(standing))
  return await outcome(stage, await signAs(stage, 0, stage.document.pdf, { beside, ...wish }), {
    partial: true,
  })
}

const page = (index = 0): { readonly number: number; readonly dictionary: Standing['catalogue'] } => {
  const found = standing.pages[index]
  if (found === undefined) throw new TypeError('no such page')
  return found
}

const catalogueWith = (text: string, ...without: string[]): readonly [number, string] => {
  const changed = standing.catalogue.clone()
  for (const key of without) changed.delete(PDFName.of(key))
  return [standing.root, withEntry(changed, text)]
}

const form = (text: string): readonly [number, string] => {
  const old = String(standing.catalogue.get(PDFName.of('AcroForm')))
  return catalogueWith(`/AcroForm ${old.replace(/>>\s*$/, '')} ${text} >>`, 'AcroForm')
}

describe('what people read', () => {
  it('is not replaced: content, fonts, pages, information, the attachment', async () => {
    const content = Number(String(page().dictionary.get(PDFName.of('Contents'))).split(' ')[0])
    const stream = '<< /Length 3 >>\nstream\nq Q\nendstream'
    assert.equal(await appended([[content, stream]]), 'changes/object_replaced')
    const files = standing.catalogue.toString().match(/\/AF \[ (\d+) 0 R/)?.[1]
    assert.equal(
      await appended([[Number(files), '<< /Type /Filespec /F (agreement.json) >>']]),
      'changes/object_replaced',
    )
    assert.equal(await appended([[1, '<< /Type /Pages /Count 0 /Kids [] >>']]), 'changes/object_replaced')
    const info = Number(/\/Info (\d+)/.exec(standing.trailer)?.[1])
    assert.equal(await appended([[info, '<< /Title (Another) >>']]), 'changes/object_replaced')
  })

  it('is not changed by other entries of a page or of the catalogue', async () => {
    const { number, dictionary } = page()
    const larger = dictionary.clone()
    larger.delete(PDFName.of('MediaBox'))
    assert.equal(
      await appended([[number, withEntry(larger, '/MediaBox [0 0 9 9]')]]),
      'changes/content_changed',
    )
    assert.equal(await appended([[number, withEntry(dictionary, '/AA << >>')]]), 'changes/content_changed')
    for (const entry of [
      '/OCProperties << >>',
      '/OpenAction << /S /JavaScript >>',
      '/AA << >>',
      '/Collection << >>',
    ])
      assert.equal(await appended([catalogueWith(entry)]), 'changes/content_changed', entry)
    const names = `/Names << /EmbeddedFiles << /Names [(agreement.json) ${standing.free} 0 R] >> >>`
    const other: Objects = [catalogueWith(names, 'Names'), [standing.free, '<< /Type /Filespec /F (x) >>']]
    assert.equal(await appended(other), 'changes/content_changed')
    const pages: Objects = [
      catalogueWith(`/Pages ${standing.free} 0 R`, 'Pages'),
      [standing.free, '<< /Type /Pages >>'],
    ]
    assert.equal(await appended(pages), 'changes/content_changed')
  })

  it('is not covered by an annotation', async () => {
    const { number, dictionary } = page()
    const note = '<< /Type /Annot /Subtype /FreeText /Rect [0 0 500 800] /Contents (Other terms) >>'
    const annotated: Objects = [
      [number, withEntry(dictionary, `/Annots [${standing.free} 0 R]`)],
      [standing.free, note],
    ]
    assert.equal(await appended(annotated), 'changes/content_changed')
    const direct: Objects = [[number, withEntry(dictionary, `/Annots [${note}]`)]]
    assert.equal(await appended(direct), 'changes/content_changed')
  })

  it('is not covered by the picture of a signature, which belongs in its place', async () => {
    const place = stage.document.places[0]
    const [left = 0, bottom = 0, right = 0, top = 0] = place?.rectangle ?? []
    const at = async (page: number, ...rectangle: number[]): Promise<string> =>
      await besides(() => [], { page, rectangle })
    assert.equal(await at(1, left, bottom, right, top), 'changes/appearance_misplaced')
    assert.equal(await at(place?.page ?? 0, left, bottom, right, top + 20), 'changes/appearance_misplaced')
    assert.equal(await at(place?.page ?? 0, 0, 0, 595, 842), 'changes/appearance_misplaced')
    assert.equal(await at(place?.page ?? 0, left + 5, bottom + 5, right - 5, top - 5), 'ok')
  })
})

describe('an update brings', () => {
  it('no object that belongs to no signature', async () => {
    assert.equal(await appended([[standing.free, '<< /Type /Page >>']]), 'changes/hidden_object')
    assert.equal(await besides(() => [], { more: '/Prop_Build << /App << /Name /Wusla >> >>' }), 'ok')
    assert.equal(await besides(({ free }) => [[free + 9, '<< /Type /Page >>']]), 'changes/hidden_object')
  })

  it('nothing under a number below the document’s own, and at most a bare stream that is left over', async () => {
    const bare = '<< /Length 3 >>\nstream\nq Q\nendstream'
    assert.equal(await besides(({ free }) => [[free + 9, bare]]), 'ok')
    const typed = bare.replace('<<', '<< /Type /Metadata')
    assert.equal(await besides(({ free }) => [[free + 9, typed]]), 'changes/hidden_object')
    assert.equal(await besides(() => [[0, bare]]), 'changes/hidden_object')
  })

  it('no validation material that is in truth a part of the document', async () => {
    const content = String(page().dictionary.get(PDFName.of('Contents')))
    const number = Number(content.split(' ')[0])
    const store: Objects = [
      catalogueWith(`/DSS << /Certs [${content}] >>`),
      [number, '<< /Length 3 >>\nstream\nq Q\nendstream'],
    ]
    assert.equal(await appended(store), 'changes/object_replaced')
    const whole: Objects = [catalogueWith(`/DSS ${content}`), [number, '<< /Certs [] >>']]
    assert.equal(await appended(whole), 'changes/object_replaced')
  })

  it('no script, no action, no form but signatures', async () => {
    assert.equal(await appended([form('/XFA (x)')]), 'changes/action_added')
    assert.equal(await appended([form('/NeedAppearances true')]), 'changes/action_added')
    assert.equal(await appended([form('/CO []')]), 'changes/action_added')
    assert.equal(await besides(() => [], { widget: '/AA << >>' }), 'changes/action_added')
    assert.equal(
      await besides(() => [], { widget: '/MK << /A << /S /JavaScript /JS (x) >> >>' }),
      'changes/action_added',
    )
    assert.equal(
      await besides(() => [], { more: '/Prop_Build << /S /JavaScript >>' }),
      'changes/action_added',
    )
    assert.equal(await besides(() => [], { more: '/Prop_Build << /JS (x) >>' }), 'changes/action_added')
    assert.equal(await appended([catalogueWith('/Perms << /UR3 1 0 R >>')]), 'changes/content_changed')
    assert.equal(await appended([catalogueWith('/Perms << /DocMDP 1 0 R >>')]), 'changes/content_changed')
    const text = (whole: string): string => whole.replace('/FT /Sig', '/FT /Tx ')
    assert.equal(await besides(() => [], { edit: text }), 'changes/action_added')
    const extensions = '/Extensions << /ESIC << /BaseVersion /1.7 /ExtensionLevel 1 >> >>'
    assert.equal(await appended([catalogueWith(extensions)]), 'ok')
  })

  it('no field in the place of an earlier one, and takes none away', async () => {
    const fields = String(standing.catalogue.get(PDFName.of('AcroForm')))
    const numbers = [...fields.matchAll(/(\d+) 0 R/g)].map(([, number]) => Number(number))
    const gone: Objects = [
      catalogueWith(`/AcroForm << /SigFlags 3 /Fields [${numbers[1]} 0 R] >>`, 'AcroForm'),
    ]
    assert.equal(await appended(gone), 'changes/content_changed')
    assert.equal(await appended([[numbers[0] ?? 0, '<< /FT /Sig >>']]), 'changes/object_replaced')
    const named = await signAs(stage, 1, await signAs(stage, 0, stage.document.pdf), { field: 'Sign1' })
    assert.equal(await outcome(stage, named), 'changes/object_replaced')
  })

  it('nothing after a signature that forbids it', async () => {
    const forbids =
      '/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /P 1 /V /1.2 >> >>]'
    const first = await signAs(stage, 0, stage.document.pdf, { more: forbids })
    assert.equal(await outcome(stage, first, { partial: true }), 'ok')
    assert.equal(await outcome(stage, await signAs(stage, 1, first)), 'changes/signing_forbidden')
  })
})

describe('an update is written so that nothing can hide', () => {
  const extensions = (): Objects => [catalogueWith('/Extensions << >>')]

  it('its table names every object where it stands', async () => {
    assert.equal(await appended(extensions()), 'ok')
    assert.equal(await appended(extensions(), { unnamed: [standing.root] }), 'revisions/revision_invalid')
    const old = { lines: { [standing.root]: '0000000015 00000 n \n' } }
    assert.equal(await appended(extensions(), old), 'revisions/revision_invalid')
    const freed = { lines: { [standing.root]: '0000000000 00001 f \n' } }
    assert.equal(await appended(extensions(), freed), 'revisions/revision_invalid')
  })

  it('its trailer goes back to the revision before, with the same catalogue', async () => {
    const first = await readStanding(stage.document.pdf)
    assert.equal(await appended(extensions(), { previous: first.startXref }), 'revisions/revision_invalid')
    const trailers = [
      standing.trailer.replace(/\/Root \d+/, '/Root 1'),
      `${standing.trailer} /Encrypt << >>`,
      `${standing.trailer} /XRefStm 9`,
      standing.trailer.replace(/\/Info \d+/, '/Info 1'),
      standing.trailer.replace(/\/ID .*/, '/ID [<00> <00>]'),
    ]
    for (const trailer of trailers)
      assert.equal(await appended(extensions(), { trailer }), 'revisions/revision_invalid', trailer)
    assert.equal(await appended(extensions(), { startXref: first.startXref }), 'revisions/revision_invalid')
    assert.equal(await appended(extensions(), { size: 5 }), 'revisions/revision_invalid')
  })

  it('nothing stands between its objects, or behind', async () => {
    assert.equal(await appended(extensions(), { between: '% a comment\n' }), 'revisions/revision_invalid')
    assert.equal(
      await appended(extensions(), { between: '99 0 obj\n<< >>\nendobj\n' }),
      'revisions/revision_invalid',
    )
    assert.equal(
      await outcome(stage, Buffer.concat([both, Buffer.from('junk')])),
      'revisions/revision_invalid',
    )
    const twice = await appended([catalogueWith('/Extensions << >> /Extensions << /A 1 >>')])
    assert.equal(twice, 'revisions/revision_invalid')
    const length = '<< /Length 2 >>\nstream\nq Q Q Q\nendstream'
    assert.equal(await appended([[standing.free, length]]), 'revisions/revision_invalid')
  })
})

describe('a byte range', () => {
  const ranged = async (range: (right: readonly number[]) => readonly number[]): Promise<string> =>
    await besides(() => [], { range })

  it('leaves out exactly the value of Contents, and nothing of its revision', async () => {
    assert.equal(await ranged((right) => right), 'ok')
    assert.equal(
      await ranged(([a = 0, b = 0, c = 0, d = 0]) => [a, b, c, d - 9]),
      'signature-range/bytes_after_signature',
    )
    assert.equal(
      await ranged(([a = 0, b = 0, c = 0, d = 0]) => [a, b, c, d + 9]),
      'signature-range/bytes_after_signature',
    )
    assert.equal(
      await ranged(([a = 0, b = 0, c = 0, d = 0]) => [a, b - 9, c, d]),
      'signature-range/range_invalid',
    )
    assert.equal(
      await ranged(([a = 0, b = 0, c = 0, d = 0]) => [a, b, c + 9, d - 9]),
      'signature-range/range_invalid',
    )
    assert.equal(await ranged(([, b = 0, c = 0, d = 0]) => [1, b, c, d]), 'signature-range/range_invalid')
    assert.equal(await ranged(() => []), 'signature-range/range_invalid')
    assert.equal(
      await ranged(([a = 0, b = 0, c = 0, d = 0]) => [a, b, c, d, 0, 0]),
      'signature-range/range_invalid',
    )
    assert.equal(await ranged(() => [0, 0, 0, 0]), 'signature-range/range_invalid')
  })

  it('of a signature without contents, or with contents elsewhere, is none', async () => {
    const edited = async (from: RegExp, to: string): Promise<string> =>
      await besides(() => [], { edit: (text) => text.replace(from, to) })
    assert.equal(await edited(/\/Contents/, '/Nothings'), 'changes/action_added')
    assert.equal(await edited(/\/ByteRange \[/, '/Reference ['), 'signature-range/range_invalid')
    // The range of an earlier, genuine signature wrapped into a new one.
    const wrapped = await signAs(stage, 1, both, { field: 'Sign3', range: () => rangesOf(both)[0] ?? [] })
    assert.equal(await outcome(stage, wrapped), 'signature-range/range_invalid')
  })
})

function rangesOf(pdf: Buffer): readonly (readonly number[])[] {
  const found = [...pdf.toString('latin1').matchAll(/\/ByteRange \[([\d ]+)\]/g)]
  return found.map(([, numbers = '']) => numbers.trim().split(/ +/).map(Number))
}
