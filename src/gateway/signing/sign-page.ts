import { createHash } from 'node:crypto'
import type { Bilingual } from '../../agreements/agreement.ts'
import type { WuslaError } from '../../protocol/wusla-error.ts'
import { failureText, PAGE_TEXTS } from './page-texts.ts'
import type { Signing } from './signing.ts'

const STYLE = `body{font:17px/1.7 "IBM Plex Sans Arabic","Noto Sans Arabic","Noto Kufi Arabic","Segoe UI",Tahoma,sans-serif;margin:0;background:#f4f6f7;color:#1c2733}
main{max-width:40rem;margin:2rem auto;background:#fff;padding:1.6rem 1.8rem;border-radius:.6rem;border:1px solid #c3ced6}
h1{font-size:1.35rem;margin:0;border-bottom:3px solid #1f4e6b;padding-bottom:.6rem}
[lang=en]{direction:ltr;unicode-bidi:isolate;display:block;text-align:left;color:#4a5a68}
h1 [lang=en],.what [lang=en]{font-size:.95rem;font-weight:400}
.what{font-size:1.15rem;margin:1.2rem 0}
ul{list-style:none;margin:0;padding:0}li{border:1px solid #c3ced6;border-radius:.4rem;padding:.7rem .9rem;margin:.6rem 0;border-inline-start:5px solid #8597a3}
li.signed{border-inline-start-color:#2c7a4b}li.second{border-inline-start-color:#b7791f}li.failed{border-inline-start-color:#a8322a}
.name{font-weight:600}.state{margin-top:.3rem}code{font:.8rem "IBM Plex Mono",ui-monospace,monospace;color:#4a5a68;unicode-bidi:isolate;direction:ltr;overflow-wrap:anywhere}
@media(max-width:44rem){main{margin:0;border:0;border-radius:0}}`

const STYLE_DIGEST = createHash('sha256').update(STYLE).digest('base64')

/** Nothing on these pages is fetched, sent, framed or run. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = Object.freeze({
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_DIGEST}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
})

/** Seconds after which a page that waits asks again. */
const REFRESH_S = 2

/** A page that says one thing. */
export function messagePage(text: keyof typeof PAGE_TEXTS, code?: string): string {
  return page(both('what', PAGE_TEXTS[text]) + (code === undefined ? '' : codeLine(code)))
}

/** A page for what could not be done. */
export function failurePage({ code }: WuslaError): string {
  return page(both('what', failureText(code)) + codeLine(code))
}

/** How far a signing has come, for the official. It names the agreements and no person. */
export function signingPage(signing: Signing): string {
  const { status, signed, waitingForSecond, failures, error } = signing
  if (status === 'waiting_for_login') return messagePage('waiting-for-login')
  if (status === 'waiting_for_signature') return page(both('what', PAGE_TEXTS.waiting), true)
  const done = signed.length + waitingForSecond.length
  const headline =
    done === 0 ? PAGE_TEXTS.failed : failures.size > 0 ? PAGE_TEXTS.partly : PAGE_TEXTS.finished
  const items = signing.agreements.map((agreement) => agreementItem(signing, agreement, error)).join('')
  return page(`${both('what', headline)}<ul>${items}</ul>`)
}

function agreementItem(signing: Signing, agreement: string, error: WuslaError | undefined): string {
  const title = signing.titles.get(agreement)
  const [kind, state, code] = stateOf(signing, agreement, error)
  const name = title === undefined ? '' : both('name', title)
  return `<li class="${kind}">${name}<code>${escaped(agreement)}</code>${both('state', state)}${code === undefined ? '' : codeLine(code)}</li>`
}

function stateOf(
  { signed, waitingForSecond, failures }: Signing,
  agreement: string,
  error: WuslaError | undefined,
): readonly [kind: string, state: Bilingual, code?: string] {
  if (signed.includes(agreement)) return ['signed', PAGE_TEXTS.signed]
  if (waitingForSecond.includes(agreement)) return ['second', PAGE_TEXTS.waitingForSecond]
  const code = (failures.get(agreement) ?? error)?.code
  return code === undefined ? ['failed', PAGE_TEXTS.notSigned] : ['failed', failureText(code), code]
}

function page(body: string, isWaiting = false): string {
  const refresh = isWaiting ? `<meta http-equiv="refresh" content="${REFRESH_S}">` : ''
  const { ar, en } = PAGE_TEXTS.title
  return `<!doctype html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">${refresh}<title>${ar} · ${en}</title><style>${STYLE}</style></head><body><main><h1>${ar}<span lang="en">${en}</span></h1>${body}</main></body></html>`
}

function both(kind: string, { ar, en }: Bilingual): string {
  return `<div class="${kind}">${escaped(ar)}<span lang="en">${escaped(en)}</span></div>`
}

function codeLine(code: string): string {
  return `<div><code>${escaped(code)}</code></div>`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Titles come from whoever proposed the agreement. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (each) => ENTITIES[each] ?? '')
}
