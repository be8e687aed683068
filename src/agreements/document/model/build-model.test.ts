import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Json } from '../../../protocol/canonical-json.ts'
import { type Agreement, kindOf } from '../../agreement.ts'
import { builtInTemplate } from '../../document-template.ts'
import { draft } from '../../testing/draft-agreement.ts'
import { richHosting, richMembership, richService } from '../../testing/rich-agreements.ts'
import { buildModel } from './build-model.ts'
import type { DocumentModel } from './document-model.ts'
import { costText, extraCostText, groupDigits, hoursText, instantText } from './number-texts.ts'

const modelOf = async (content: Agreement): Promise<DocumentModel> =>
  buildModel(content, await builtInTemplate(kindOf(content)))

/** Every value of a content that people must be able to read, and how it is written. */
function* readable(value: Json, path: string): Generator<[path: string, texts: readonly string[]]> {
  if (Array.isArray(value))
    for (const [index, item] of value.entries()) yield* readable(item as Json, `${path}/${index}`)
  else if (value !== null && typeof value === 'object')
    for (const [name, member] of Object.entries(value)) yield* readable(member, `${path}/${name}`)
  else if (/^\/(?:type|kind|nonce)$|\/(?:role|kinds\/\d+|dataClass)$/.test(path)) return
  else if (/\/valid(?:From|Until)$/.test(path)) yield [path, Object.values(instantText(String(value)))]
  else if (/\/days\/\d+$/.test(path))
    yield [
      path,
      Object.values(hoursText({ timeZone: '', days: [Number(value)], from: '1', until: '2' })).map(
        (text) => text.split(':')[0] ?? '',
      ),
    ]
  else if (path.endsWith('/extraLineCostAed')) yield [path, Object.values(extraCostText(Number(value)))]
  else if (typeof value === 'number') yield [path, [groupDigits(value)]]
  else if (typeof value === 'boolean')
    yield [path, value ? [path.endsWith('retainPayload') ? 'يُحفظ' : 'مطلوب'] : []]
  else yield [path, [String(value)]]
}

describe('the document shows', () => {
  for (const content of [richService(), richHosting(), richMembership()]) {
    it(`every term of a ${kindOf(content)} agreement`, async () => {
      const model = await modelOf(content)
      const shown = JSON.stringify(model.facts) + JSON.stringify(model.clauses) + JSON.stringify(model.title)
      const terms = [...readable(content as unknown as Json, '')]
      assert.ok(terms.length > 10)
      for (const [path, texts] of terms) {
        for (const text of texts)
          assert.ok(shown.includes(JSON.stringify(text).slice(1, -1)), `${path}: ${text}`)
      }
    })
  }

  it('the same terms in both languages, beside each other', async () => {
    const { facts, clauses } = await modelOf(richService())
    const parts = clauses.flatMap((clause) => clause.parts)
    const rows = [...facts, ...parts.flatMap((part) => ('rows' in part ? part.rows : []))]
    const facing = [...rows, ...parts].flatMap((each) => ('facing' in each ? [each.facing] : []))
    assert.ok(facing.length > 30)
    for (const { ar, en } of facing) {
      assert.equal(ar.length, en.length)
      assert.ok(ar.length > 0)
    }
    for (const { label } of rows) {
      assert.match(label.ar, /[\u0600-\u06ff]/)
      assert.doesNotMatch(label.en, /[\u0600-\u06ff]/)
    }
  })

  it('the official words for classes, and what is absent in words too', async () => {
    const [grant] = (await modelOf(draft())).clauses.flatMap(({ parts }) =>
      parts.filter((part) => 'rows' in part),
    )
    assert.ok(grant !== undefined && 'rows' in grant)
    const told = Object.fromEntries(
      grant.rows.map((row) => [row.label.en, 'facing' in row ? row.facing.ar : row.shared]),
    )
    assert.deepEqual(told['Data classification'], [['خاصّة']])
    assert.deepEqual(told['Permitted systems'], [['الجهة المستفيدة نفسها وجميع أنظمتها']])
    assert.deepEqual(told['Retention of payloads'], [['لا يُحفظ؛ تُحفظ أدلّة الإثبات وحدها']])
    assert.deepEqual(told['Acknowledgement of receipt'], [['غير مطلوب']])
    assert.deepEqual(told['Operations (method and path; * stands for anything)'], [{ ltr: 'GET /bills/*' }])
  })

  it('clauses only under their condition, numbered without a gap', async () => {
    const headings = async (content: Agreement): Promise<string[]> =>
      (await modelOf(content)).clauses.flatMap(({ number, heading }) =>
        heading === undefined ? [] : [`${number} ${heading.en}`],
      )
    assert.deepEqual(await headings(draft()), [
      '1 Subject',
      '2 Permissions',
      '3 Use and protection of data',
      '4 Evidence',
      '5 Term, suspension and termination',
      '6 Text and signature',
    ])
    const all = await headings(richService())
    assert.ok(all.includes('4 Branches, lines and cost') && all.includes('7 Earlier agreement'))
  })

  it('the identifier in the place of a name that is not given, apart from the words around it', async () => {
    const { clauses } = await modelOf(draft())
    const preamble = JSON.stringify(clauses[0]?.parts[0])
    assert.match(preamble, /\{"ltr":"AE-DU\/SEMI\/DEWA"\}/)
    assert.doesNotMatch(preamble, /\{\{|undefined/)
  })
})

describe('numbers and times', () => {
  it('are written with Latin digits in both languages', () => {
    assert.deepEqual([0, 999, 1000, 200_000, 9_007_199_254_740_991].map(groupDigits), [
      '0',
      '999',
      '1,000',
      '200,000',
      '9,007,199,254,740,991',
    ])
    assert.deepEqual(instantText('2026-11-23T00:00:00.000Z'), {
      ar: '23 نوفمبر 2026، الساعة 00:00 بالتوقيت العالمي',
      en: '23 November 2026, 00:00 UTC',
    })
    assert.equal(instantText('2026-01-02T03:04:05.006Z').en, '2 January 2026, 03:04:05.006 UTC')
    assert.deepEqual(costText(1_250_000), { ar: '1,250,000 درهم شهريًّا', en: 'AED 1,250,000 a month' })
    assert.deepEqual(extraCostText(0), {
      ar: 'لا شيء: تكفي الخطوط القائمة',
      en: 'none: existing lines carry it',
    })
  })

  it('say of a window over midnight that it ends the next day', () => {
    const night = { timeZone: 'Asia/Dubai', days: [7, 1], from: '22:00', until: '06:00' }
    assert.deepEqual(hoursText(night), {
      ar: 'الاثنين، الأحد: من 22:00 إلى 06:00 من اليوم التالي',
      en: 'Monday, Sunday: from 22:00 to 06:00 of the next day',
    })
    assert.equal(
      hoursText({ ...night, from: '00:00', until: '24:00' }).en,
      'Monday, Sunday: from 00:00 to 24:00',
    )
  })
})
