import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { isErrorCode } from '../../protocol/error-codes.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { HandClock } from '../testing/gateway-world.ts'
import { OpenSignings } from './open-signings.ts'
import { failureText, FAILURES_WITH_WORDS, PAGE_TEXTS } from './page-texts.ts'
import { failurePage, messagePage, PAGE_HEADERS, signingPage } from './sign-page.ts'
import type { Signing } from './signing.ts'

const ARABIC = /[\u0600-\u06FF]/
const LATIN = /[A-Za-z]{2}/

function signing(change: Partial<Signing>): Signing {
  const { signing: made } = new OpenSignings(new HandClock()).add(['hash-1', 'hash-2'], 'ar')
  made.titles.set('hash-1', { ar: 'فواتير', en: 'Bills <script>alert("1")</script>' })
  return Object.assign(made, change)
}

test('every text of the pages is there in Arabic and in English', () => {
  const texts = [...Object.values(PAGE_TEXTS), ...FAILURES_WITH_WORDS.map(failureText)]
  for (const { ar, en } of texts) {
    assert.match(ar, ARABIC)
    assert.doesNotMatch(en, ARABIC)
    assert.match(en, LATIN)
  }
  for (const code of FAILURES_WITH_WORDS) assert.ok(isErrorCode(code), code)
  for (const code of ['constructor', '__proto__', 'internal_error'])
    assert.equal(failureText(code), PAGE_TEXTS.other)
})

test('a page is right-to-left first, runs nothing, fetches nothing, and is not kept', () => {
  const pages = [
    messagePage('unknown-link'),
    failurePage(new WuslaError('login_cancelled')),
    ...(['waiting_for_login', 'waiting_for_signature', 'failed', 'finished'] as const).map((status) =>
      signingPage(signing({ status })),
    ),
  ]
  for (const page of pages) {
    assert.match(page, /^<!doctype html><html lang="ar" dir="rtl">/)
    assert.doesNotMatch(page, /<script|<link|<img|<iframe|<form|https?:|url\(|@import|style="|\son\w+="/)
    const style = /<style>(.*?)<\/style>/s.exec(page)?.[1] ?? ''
    const digest = createHash('sha256').update(style).digest('base64')
    assert.ok(PAGE_HEADERS['content-security-policy']?.includes(`style-src 'sha256-${digest}'`))
  }
  assert.match(PAGE_HEADERS['content-security-policy'] ?? '', /^default-src 'none';.*frame-ancestors 'none'/)
  assert.equal(PAGE_HEADERS['cache-control'], 'no-store')
})

test('only a page that waits renews itself', () => {
  assert.match(signingPage(signing({ status: 'waiting_for_signature' })), /http-equiv="refresh"/)
  for (const status of ['waiting_for_login', 'failed', 'finished'] as const)
    assert.doesNotMatch(signingPage(signing({ status })), /refresh/)
})

test('titles come from others and are shown as text; each agreement says what became of it', () => {
  const page = signingPage(
    signing({
      status: 'finished',
      signed: ['hash-1'],
      failures: new Map([['hash-2', new WuslaError('mandate_out_of_scope')]]),
    }),
  )
  assert.ok(page.includes('Bills &lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;'))
  for (const text of [PAGE_TEXTS.partly, PAGE_TEXTS.signed, failureText('mandate_out_of_scope')])
    assert.ok(page.includes(text.ar) && page.includes(text.en), text.en)
  const half = signingPage(signing({ status: 'finished', waitingForSecond: ['hash-1', 'hash-2'] }))
  assert.ok(half.includes(PAGE_TEXTS.waitingForSecond.ar))
  const failed = signingPage(signing({ status: 'failed', error: new WuslaError('signing_cancelled') }))
  assert.ok(failed.includes(PAGE_TEXTS.failed.ar) && failed.includes('signing_cancelled'))
})
