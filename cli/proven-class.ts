import { type Agreement, agreementHash, decodeAgreement } from '../src/agreements/agreement.ts'
import type { DataClass } from '../src/agreements/data-class.ts'
import type { EvidenceFacts } from '../src/evidence/verify-result.ts'
import { RecordedClass } from '../src/gateway/recorded-class.ts'
import { parseJsonStrict } from '../src/protocol/canonical-json.ts'
import { isWuslaError } from '../src/protocol/wusla-error.ts'
import type { Language } from './explain-lines.ts'
import { readNamedFile } from './named-file.ts'
import { UsageError } from './voice.ts'

/** Longest content of an agreement with room for white space, in bytes. */
const MAX_TERMS_BYTES = 1_048_576

/** What the terms of an agreement say of a proven exchange. */
export interface ProvenClass {
  readonly agreement: string
  /** `null`: no grant of the agreement covers the call, so the provider's gateway can only have refused it. */
  readonly dataClass: DataClass | null
}

const WORDS = {
  proven: { en: 'data class', ar: 'تصنيف البيانات' },
  open: { en: 'open', ar: 'مفتوحة' },
  confidential: { en: 'confidential', ar: 'خاصّة' },
  sensitive: { en: 'sensitive', ar: 'حسّاسة' },
  secret: { en: 'secret', ar: 'سرّية' },
  none: {
    en: 'none: the agreement does not grant this call',
    ar: 'لا تصنيف: الاتفاقية لا تمنح هذا الاستدعاء',
  },
  by: { en: 'by the terms given with --agreement', ar: 'وفق الشروط المقدَّمة' },
} as const satisfies Record<string, Readonly<Record<Language, string>>>

/** The terms that the user named with `--agreement`. @throws UsageError when they cannot be used */
export async function readTerms(file: string): Promise<Agreement> {
  const bytes = await readNamedFile('--agreement', file, MAX_TERMS_BYTES)
  try {
    return decodeAgreement(parseJsonStrict(bytes.toString('utf8')))
  } catch (cause) {
    if (!isWuslaError(cause) && !(cause instanceof SyntaxError)) throw cause
    const hint = 'give the JSON of the agreement, such as the file agreement.json attached to its document'
    throw new UsageError(`--agreement ${file}: these are no terms of an agreement`, hint, 'invalid_agreement')
  }
}

/**
 * The class of the data of a proven exchange: the request that was signed names the agreement by its hash, so nobody can give
 * other terms for it.
 *
 * @throws UsageError when the terms are those of another agreement
 */
export function provenClass({ request, agreement }: EvidenceFacts, terms: Agreement): ProvenClass {
  const { client, service, method, path, purpose, time } = request
  const { hash } = agreement
  if (agreementHash(terms) !== hash) {
    const hint = `the exchange was made under ${hash}`
    throw new UsageError('--agreement: these are the terms of another agreement', hint, 'other_agreement')
  }
  const row = { exchange: '', role: 'consumer', state: 'answered', client, service, method, path } as const
  const named = purpose === undefined ? {} : { purpose }
  const found = new RecordedClass({ get: () => terms }).withClass({
    ...row,
    ...named,
    agreement: hash,
    requestedAt: time,
  })
  return { agreement: hash, dataClass: found.dataClass ?? null }
}

/** One line for people. */
export function classLine({ dataClass }: ProvenClass, language: Language): string {
  const word = WORDS[dataClass ?? 'none'][language]
  return `  ${WORDS.proven[language]}: ${word} (${WORDS.by[language]})`
}
