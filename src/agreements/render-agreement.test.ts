import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { canonicalJson } from '../protocol/canonical-json.ts'
import { type Agreement, agreementHash, kindOf } from './agreement.ts'
import { builtInTemplate } from './document-template.ts'
import { renderAgreement, signaturePlaces } from './render-agreement.ts'
import { draft, draftHosting } from './testing/draft-agreement.ts'
import { pdfParts } from './testing/pdf-parts.ts'
import { richHosting, richMembership, richService } from './testing/rich-agreements.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const render = async (content: Agreement, theme: 'neutral' | 'national' = 'neutral'): Promise<Uint8Array> =>
  await renderAgreement(content, await builtInTemplate(kindOf(content)), { theme })

/** By kind and theme, of edition 1. Who changes one of them raises `DOCUMENT_EDITION`. They change with the layout, the templates, the fonts and the typesetter, and with nothing else. */
const KNOWN: Readonly<Record<string, string>> = {
  'service neutral': 'b8b7ffa288b9ec4492de0f01f483711afa21d41133f747e2a619e8b9e3b8b058',
  'service national': 'a9dd7d2ff9957c4ea4f5cae50a9180d2d1b83de2101c95f169c6e537b32f7906',
  'hosting neutral': 'd7aacb03674e10695083e2b66cd11581b8c69dbf8dbc5f889dc3ad294e0a022b',
  'hosting national': 'c338c14c2aed353e66de5ec5a485455f7ca802d06eb546efce64fd920eada0b8',
  'membership neutral': 'e4f2fd36b871d0b52335e4b94ef1a2361d994b2fdfecdae3345731d154b183d7',
  'membership national': '8f0aa9eb4177219c9e60d2eeba1ad20d0de9ca7c557e2f3caf7838addc66b738',
}

describe('the document of an agreement', () => {
  for (const content of [richService(), richHosting(), richMembership()]) {
    for (const theme of ['neutral', 'national'] as const) {
      it(`${kindOf(content)} in the theme ${theme} has the bytes it has on every machine`, async () => {
        assert.equal(sha256(await render(content, theme)), KNOWN[`${kindOf(content)} ${theme}`])
      })
    }
  }

  it('is the same twice, and another one for another content, theme or template', async () => {
    const template = await builtInTemplate('service')
    const [first, again] = [
      await renderAgreement(draft(), template),
      await renderAgreement(draft(), template),
    ]
    assert.deepEqual(first, again)
    const others = [
      await render(draft({ nonce: 'AAAAAAAAAAAAAAAAAAAAAQ' })),
      await render(draft(), 'national'),
      await renderAgreement(draft(), { ...template, digest: agreementHash(draft()) }),
    ]
    for (const other of others) assert.notDeepEqual(other, first)
  })

  it('carries the canonical JSON of its content, to the byte', async () => {
    const content = richService()
    const { attached } = await pdfParts(await render(content))
    const bytes = Buffer.from(canonicalJson(content))
    assert.deepEqual(attached, [{ name: 'agreement.json', relationship: 'Source', bytes }])
  })

  it('says that it is PDF/A-3b, and bears the time at which its content becomes valid', async () => {
    const content = draft({ validFrom: '2027-03-04T05:06:07.000Z' })
    const { metadata, createdAt } = await pdfParts(await render(content))
    assert.match(metadata, /<pdfaid:part>3<\/pdfaid:part>/)
    assert.match(metadata, /<pdfaid:conformance>B<\/pdfaid:conformance>/)
    assert.equal(createdAt?.toISOString(), content.validFrom)
  })

  it('is set in fonts of its packages alone, all of them inside', async () => {
    const plex = ['Bold', 'Regular', 'SemiBold'].map((weight) => `IBMPlexSansArabic-${weight}`)
    const neutral = await pdfParts(await render(richService()))
    assert.deepEqual(neutral.fonts, ['IBMPlexMono-Regular', ...plex])
    const national = await pdfParts(await render(richService(), 'national'))
    assert.deepEqual(national.fonts, [
      'Alexandria-Bold',
      'Alexandria-SemiBold',
      'IBMPlexMono-Regular',
      'Inter-Bold',
      'Inter-SemiBold',
      'NotoKufiArabic-Regular',
      'Roboto-Regular',
    ])
    for (const { fontsInside, fonts } of [neutral, national]) {
      assert.deepEqual(
        fontsInside,
        fonts.map(() => true),
      )
    }
  })

  it('shows Arabic letters and Latin digits', async () => {
    const { shown } = await pdfParts(await render(richService()))
    for (const letter of 'اتفاقيةخدمات0123456789') assert.ok(shown.has(letter), letter)
    for (const digit of '٠١٢٣٤٥٦٧٨٩') assert.ok(!shown.has(digit), digit)
  })

  it('goes on at the next page where a term is longer than one', async () => {
    const pagesWith = async (count: number): Promise<number> => {
      const operations = Array.from({ length: count }, (_, i) => ({
        method: 'GET',
        path: `/${i}${'a'.repeat(1000)}`,
      }))
      return (await pdfParts(await render(draft({ grant: { operations } })))).pages
    }
    // Twelve of them are some hundred and fifty lines, and a page holds about fifty.
    assert.ok((await pagesWith(12)) >= (await pagesWith(1)) + 2)
  })

  it('never evaluates what the content says', async () => {
    const hostile = '#panic("x") #read("/etc/passwd") $x$ *b* `r` @y <signature-0> \\ // /* #{1/0} ]]'
    const content = draft({
      title: { ar: hostile, en: hostile },
      parties: draft().parties.map((party) => ({ ...party, name: { ar: hostile, en: hostile } })),
      grant: {
        serviceName: { ar: hostile, en: hostile },
        purpose: { ar: hostile, en: hostile },
        legalBasis: hostile,
        operations: [{ method: 'GET', path: '/#panic("x")/$x$/{{hash}}' }],
      },
    })
    const { shown } = await pdfParts(await render(content))
    // Marks that markup would have taken away.
    for (const mark of '#$*`@<>\\{}[]') if (hostile.includes(mark)) assert.ok(shown.has(mark), mark)
    assert.equal((await signaturePlaces(content, await builtInTemplate('service'))).length, 2)
  })

  it('shows the letters and signs of the languages around us, in both themes', async () => {
    const signs = 'é ğ ş Ω я — … € ° ± ½ → ← ≤ • ٠١٢٣ ۱۲۳ ٪ ﷼ پ چ گ ک ی ـ ؟ ؛ ، ٱ “ ” § №'
    for (const theme of ['neutral', 'national'] as const) {
      const { shown } = await pdfParts(await render(draft({ title: { ar: signs, en: signs } }), theme))
      for (const sign of signs.replaceAll(' ', '')) assert.ok(shown.has(sign), `${theme}: ${sign}`)
    }
  })

  it('is refused with a character that the fonts lack', async () => {
    await assert.rejects(render(draft({ title: { ar: 'عنوان', en: 'Title 漢' } })), {
      code: 'document_not_typeset',
      details: {
        problems: [
          'PDF/A-3b error: the text `"漢"` could not be displayed with font `"IBM Plex Sans Arabic"`',
        ],
      },
    })
  })

  it('is refused by another template than the content names', async () => {
    const template = await builtInTemplate('service')
    const { name, digest } = template
    const named = draft({ template: { name, digest } })
    await renderAgreement(named, template)
    const wrong = [
      renderAgreement(draft({ template: { name: 'other', digest } }), template),
      renderAgreement(draft({ template: { name, digest: agreementHash(draft()) } }), template),
      renderAgreement(draftHosting(), template),
    ]
    for (const attempt of wrong) await assert.rejects(attempt, { code: 'template_mismatch' })
  })
})

describe('the places of the signatures', () => {
  it('are one for each party, on one page, inside of it and apart', async () => {
    for (const content of [draft(), richHosting()]) {
      const places = await signaturePlaces(content, await builtInTemplate(kindOf(content)))
      assert.deepEqual(
        places.map(({ member }) => member),
        content.parties.map(({ member }) => member),
      )
      const [first, second] = places
      assert.ok(first !== undefined && second !== undefined && first.page === second.page && first.page > 1)
      for (const { rectangle } of places) {
        const [left, bottom, right, top] = rectangle
        assert.ok(left > 50 && right < 595 - 50 && bottom > 60 && top < 842 - 60, rectangle.join())
        assert.ok(right - left > 200 && Math.abs(top - bottom - 102.05) < 0.1, rectangle.join())
      }
      // Right to left: the first party signs at the right.
      assert.ok(first.rectangle[0] > second.rectangle[2])
    }
  })
})
