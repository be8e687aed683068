import { type Persona, writtenName } from '../personas.ts'

/** What a person is asked. */
export interface Approval {
  readonly act: 'login' | 'sign'
  /** Where the answer goes. */
  readonly action: string
  readonly locale: 'ar' | 'en'
  readonly personas: readonly Persona[]
  readonly client: string
  /** The documents, where the person may look at them first. */
  readonly documents?: readonly string[]
  /** The number that the telephone shows as well. */
  readonly number?: number
}

const TEXTS = {
  'logged-out': ['تم تسجيل الخروج.', 'You are logged out.'],
  'bad-address': ['عنوان العودة غير مسجَّل.', 'The address to go back to is not registered.'],
  'bad-request': ['الطلب غير صحيح.', 'The request is not valid.'],
  'no-persona': ['لم يُختَر أي شخص.', 'No person was chosen.'],
  gone: [
    'انتهت صلاحية هذا الطلب أو أُجيب عنه من قبل.',
    'This request has expired, was answered before, or was for another person.',
  ],
  waiting: ['بانتظار الموافقة على الهاتف…', 'Waiting for the approval on the telephone…'],
  'no-return': [
    'اكتمل الطلب. لن تعود هذه الصفحة إلى الموقع.',
    'The request is complete. This page does not go back.',
  ],
} as const

const ASK = {
  login: ['تسجيل الدخول بالهوية الرقمية', 'Log in with the digital identity'],
  sign: ['التوقيع بالهوية الرقمية', 'Sign with the digital identity'],
} as const

const STYLE = `body{font:16px/1.6 "IBM Plex Sans Arabic","Noto Sans Arabic","Segoe UI",Tahoma,sans-serif;margin:0;background:#f4f6f7;color:#1c2733}
.test{background:#a8322a;color:#fff;padding:.6rem 1rem;text-align:center;font-weight:700}.test span{display:block}
main{max-width:36rem;margin:1.5rem auto;background:#fff;padding:1.5rem;border-radius:.5rem;border:1px solid #c3ced6}
h1{font-size:1.3rem;margin:0 0 .2rem}[lang=en]{direction:ltr;unicode-bidi:isolate}p.en,h2{font-size:1rem;margin:.1rem 0 1rem;color:#4a5a68;font-weight:400}
fieldset{border:0;padding:0;margin:0}label{display:flex;gap:.7rem;align-items:center;padding:.5rem .6rem;border:1px solid #c3ced6;border-radius:.4rem;margin:.4rem 0;cursor:pointer}
label:focus-within,label:hover{border-color:#1f4e6b;background:#eef3f6}.who{flex:1}.small{display:block;font-size:.85rem;color:#4a5a68}
.answers{display:flex;gap:.8rem;margin-top:1rem}button{font:inherit;padding:.6rem 1rem;border-radius:.4rem;flex:1;cursor:pointer;border:1px solid #1f4e6b}
.yes{background:#1f4e6b;color:#fff}.no{background:#fff;color:#1f4e6b}.number{font-size:2rem;text-align:center;letter-spacing:.2em}a{color:#1f4e6b}`

/** The page on which a person approves or refuses. It works without scripts, and with a keyboard. */
export function approvalPage({
  act,
  action,
  locale,
  personas,
  client,
  documents = [],
  number,
}: Approval): string {
  const people = personas.map(choice).join('')
  const shown =
    number === undefined
      ? ''
      : `<p>طابِق هذا الرقم مع الرقم الظاهر على الهاتف <span lang="en" class="small">Match this number with the one on the telephone</span></p><p class="number" dir="ltr">${number}</p>`
  const links = documents
    .map(
      (address, index) =>
        `<li><a href="${escape(address)}">المستند ${index + 1} · <span lang="en">Document ${index + 1}</span></a></li>`,
    )
    .join('')
  return layout(
    locale,
    ASK[act],
    `<p class="small">مقدِّم الخدمة · <span lang="en">Service provider</span>: <code dir="ltr">${escape(client)}</code></p>
${links === '' ? '' : `<ul>${links}</ul>`}${shown}
<form method="post" action="${escape(action)}"><fieldset><legend>من أنت؟ · <span lang="en">Who are you?</span></legend>${people}</fieldset>
<div class="answers"><button class="yes" name="answer" value="approve">موافقة · <span lang="en">Approve</span></button>
<button class="no" name="answer" value="refuse">رفض · <span lang="en">Refuse</span></button></div></form>`,
  )
}

/** A page that tells one thing. @param detail - shown as it is, for whoever configures the client */
export function messagePage(message: keyof typeof TEXTS, detail?: string, refreshS?: number): string {
  const shown = detail === undefined ? '' : `<p><code dir="ltr">${escape(detail)}</code></p>`
  return layout('ar', TEXTS[message], shown, refreshS)
}

function choice({ name, en, ar, sop, emiratesId, office }: Persona, index: number): string {
  const number = emiratesId === undefined ? '' : ` · <bdi dir="ltr">${emiratesId}</bdi>`
  return `<label><input type="radio" name="persona" value="${name}"${index === 0 ? ' checked' : ''}><span class="who">${escape(writtenName(ar))} · <span lang="en">${escape(writtenName(en))}</span><span class="small">${escape(office.ar)} · <span lang="en">${escape(office.en)}</span> · <bdi dir="ltr">${sop}</bdi>${number}</span></span></label>`
}

function layout(
  locale: Approval['locale'],
  [ar, en]: readonly [string, string],
  body: string,
  refreshS?: number,
): string {
  // Arabic first; who asked for English gets the page from left to right, with the same two languages.
  const direction = locale === 'ar' ? 'rtl' : 'ltr'
  const refresh = refreshS === undefined ? '' : `<meta http-equiv="refresh" content="${refreshS}">`
  const first = locale === 'ar' ? ar : en
  const second = locale === 'ar' ? `<span lang="en">${en}</span>` : `<span lang="ar" dir="rtl">${ar}</span>`
  return `<!doctype html>
<html lang="${locale}" dir="${direction}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">${refresh}
<title>${first} – TEST</title><style>${STYLE}</style></head><body>
<div class="test">للاختبار فقط: هذه ليست الهوية الرقمية الحقيقية <span lang="en">TEST ONLY: this is not the real digital identity</span></div>
<main><h1>${first}</h1><h2>${second}</h2>
${body}
</main></body></html>
`
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
