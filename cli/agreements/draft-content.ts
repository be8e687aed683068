import { memberOf } from '../../src/protocol/identifier.ts'
import { UsageError } from '../voice.ts'
import type { AccessRequestRow } from './agreement-rows.ts'
import {
  type BothLanguages,
  bothLanguages,
  limitsOf,
  operationsOf,
  purposeOf,
  type TermsOptions,
  validityOf,
} from './terms-options.ts'

/** What an agreement is to say, as options say it. */
export interface DraftOptions extends TermsOptions {
  readonly kind?: 'service' | 'hosting' | 'membership'
  readonly service?: string
  readonly consumer?: string
  readonly operator?: string
  readonly host?: string
  readonly joining?: string
  readonly branch?: string
  readonly siteEn?: string
  readonly siteAr?: string
  readonly hostedService?: string[]
  readonly dutyEn?: string[]
  readonly dutyAr?: string[]
  readonly supersedes?: string
}

/** A content without `type`, `network` and `nonce`, which the gateway adds. */
export type DraftContent = Readonly<Record<string, unknown>>

/** The content that the options describe. @throws UsageError when something is missing */
export function draftOf(options: DraftOptions): DraftContent {
  const { supersedes, days } = options
  const terms =
    options.kind === 'hosting'
      ? hostingTerms(options)
      : options.kind === 'membership'
        ? membershipTerms(options)
        : serviceTerms(options)
  return { ...terms, ...validityOf(days), ...(supersedes === undefined ? {} : { supersedes }) }
}

function serviceTerms(options: DraftOptions): object {
  const { service, client } = options
  const consumer = options.consumer ?? (client?.[0] === undefined ? undefined : memberOf(client[0]))
  if (service === undefined || consumer === undefined) {
    throw new UsageError(
      'an agreement needs a service and a consumer',
      'give --service and --client or --consumer, or --file',
    )
  }
  return {
    title: titleOf(options) ?? { en: `Use of ${service}`, ar: `استخدام ${service}` },
    parties: [
      { member: memberOf(service), role: 'provider' },
      { member: consumer, role: 'consumer' },
    ],
    grants: [
      {
        service,
        operations: operationsOf(options),
        kinds: ['api'],
        dataClass: options.dataClass ?? 'confidential',
        ...givenTerms(options),
      },
    ],
  }
}

/** Terms of a grant that stand in it only when somebody said them. */
function givenTerms(options: TermsOptions): object {
  const { client, legalBasis } = options
  const purpose = purposeOf(options)
  const limits = limitsOf(options)
  return {
    ...(client === undefined ? {} : { clients: client }),
    ...(purpose === undefined ? {} : { purpose }),
    ...(legalBasis === undefined ? {} : { legalBasis }),
    ...(limits === undefined ? {} : { limits }),
  }
}

function hostingTerms(options: DraftOptions): object {
  const { branch, operator, host, hostedService } = options
  const site = bothLanguages('--site', options.siteEn, options.siteAr)
  const duties = dutiesOf(options)
  if (branch === undefined || operator === undefined || host === undefined || site === undefined)
    throw new UsageError(
      'a hosting agreement needs a branch, an operator, a host and a site',
      'give --branch, --operator, --host, --site-en and --site-ar, or --file',
    )
  return {
    kind: 'hosting',
    title: titleOf(options) ?? { en: `Hosting of ${branch}`, ar: `استضافة ${branch}` },
    parties: [
      { member: operator, role: 'operator' },
      { member: host, role: 'host' },
    ],
    hosting: { branch, site, duties, ...(hostedService === undefined ? {} : { services: hostedService }) },
  }
}

function membershipTerms(options: DraftOptions): object {
  const { operator, joining } = options
  const duties = dutiesOf(options)
  if (operator === undefined || joining === undefined)
    throw new UsageError(
      'a membership agreement needs an operator and the member that joins',
      'give --operator and --joining, or --file',
    )
  return {
    kind: 'membership',
    title: titleOf(options) ?? { en: `Membership of ${joining}`, ar: `انضمام ${joining}` },
    parties: [
      { member: operator, role: 'operator' },
      { member: joining, role: 'member' },
    ],
    membership: { duties },
  }
}

function titleOf({ titleEn, titleAr }: TermsOptions): BothLanguages | undefined {
  return bothLanguages('--title', titleEn, titleAr)
}

/** The n-th English text and the n-th Arabic one are the same duty. */
function dutiesOf({ dutyEn = [], dutyAr = [] }: DraftOptions): BothLanguages[] {
  if (dutyEn.length === 0 || dutyEn.length !== dutyAr.length)
    throw new UsageError(
      'the duties are missing, or not each of them was given in both languages',
      'give --duty-en TEXT --duty-ar TEXT for each duty, in the same order',
    )
  return dutyEn.map((en, at) => ({ en, ar: dutyAr[at] ?? '' }))
}

/** What answers a request for access: what it asked for, with what the options say otherwise. @throws UsageError */
export function answerTo({ request }: AccessRequestRow, options: TermsOptions): DraftContent {
  const { provider, consumer, services, clients, purpose, legalBasis, dataClass, days } = request
  const [first] = services
  const named = services.length === 1 && first !== undefined ? first.service : provider
  return {
    title: titleOf(options) ?? { en: `Use of ${named}`, ar: `استخدام ${named}` },
    parties: [
      { member: provider, role: 'provider' },
      { member: consumer, role: 'consumer' },
    ],
    grants: services.map(({ service, operations }) => ({
      service,
      operations: options.operation === undefined ? operations : operationsOf(options),
      kinds: ['api'],
      dataClass: options.dataClass ?? dataClass,
      purpose,
      ...(clients === undefined ? {} : { clients }),
      ...(legalBasis === undefined ? {} : { legalBasis }),
      ...givenTerms(options),
    })),
    ...validityOf(options.days ?? days),
  }
}

/** What the network or the gateway fills in anew, and no draft carries over. */
const OF_ONE_CONTENT: ReadonlySet<string> = new Set(['type', 'network', 'nonce', 'template'])

/** The terms of another proposal with what the options say otherwise; the rest stays as it was. @throws UsageError */
export function counterOf(countered: DraftContent, options: TermsOptions): DraftContent {
  const kept = Object.fromEntries(Object.entries(countered).filter(([name]) => !OF_ONE_CONTENT.has(name)))
  const title = titleOf(options)
  const grants = kept['grants'] as readonly object[] | undefined
  const changes = {
    ...(options.operation === undefined ? {} : { operations: operationsOf(options) }),
    ...(options.dataClass === undefined ? {} : { dataClass: options.dataClass }),
    ...givenTerms(options),
  }
  if (grants === undefined && Object.keys(changes).length > 0)
    throw new UsageError(
      'an agreement of this kind grants no access',
      'change its title or days, or give --file',
    )
  return {
    ...kept,
    ...(title === undefined ? {} : { title }),
    ...(grants === undefined ? {} : { grants: grants.map((grant) => ({ ...grant, ...changes })) }),
    ...(options.days === undefined ? {} : validityOf(options.days)),
  }
}
