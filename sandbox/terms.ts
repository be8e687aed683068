import { CORE, HOME_LINES, LINES, MORO, NETWORK, OPERATOR } from './layout.ts'

/** A content without what the gateway that proposes it adds, and who proposes it. */
export interface SandboxTerms {
  readonly proposer: string
  readonly other: string
  readonly draft: object
}

const RTA = `${NETWORK}/GOV/RTA`
const HOST = `${NETWORK}/COM/MORO`

const YEAR_MS = 365 * 86_400_000

/** Uses of services that are agreed from the first start. */
const USES: readonly {
  readonly consumer: string
  readonly client: string
  readonly service: string
  readonly title: { readonly en: string; readonly ar: string }
  readonly operations: readonly string[]
  readonly purpose: { readonly en: string; readonly ar: string }
  readonly branches: readonly string[]
  readonly lines: readonly string[]
}[] = [
  {
    consumer: RTA,
    client: `${RTA}/LICENSING`,
    service: `${NETWORK}/SEMI/DEWA/BILLING/bills`,
    title: { en: 'Use of electricity and water bills', ar: 'استخدام فواتير الكهرباء والمياه' },
    branches: [CORE],
    lines: ['RTA-CORE', 'DEWA-CORE'],
    operations: ['GET /bills', 'GET /bills/*', 'POST /bills/*/payments'],
    purpose: { en: 'Proof of address for vehicle licensing', ar: 'إثبات العنوان لترخيص المركبات' },
  },
  {
    consumer: RTA,
    client: `${RTA}/LICENSING`,
    service: `${HOST}/CLOUD/archive`,
    title: { en: 'Use of the document archive for licences', ar: 'استخدام أرشيف الوثائق للرخص' },
    branches: [MORO],
    lines: ['RTA-MORO', 'MORO-MORO'],
    operations: ['* /objects/**', 'GET /objects'],
    purpose: { en: 'Keeping of licence files', ar: 'حفظ ملفات الرخص' },
  },
]

const DUTIES: readonly { readonly en: string; readonly ar: string }[] = [
  {
    en: 'The host provides space, power and cooling for the branch without interruption.',
    ar: 'توفّر الجهة المستضيفة المكان والطاقة والتبريد للفرع دون انقطاع.',
  },
  {
    en: 'Nobody enters the room of the branch without a record of who it was and when.',
    ar: 'لا يدخل أحد غرفة الفرع دون تدوين هويته ووقت دخوله.',
  },
  {
    en: 'The operator operates the branch from afar and tells the host of planned work seven days before.',
    ar: 'يشغّل مشغّل الشبكة الفرع عن بُعد ويُبلغ الجهة المستضيفة بالأعمال المخطَّطة قبل سبعة أيام.',
  },
]

/** What is agreed from the first start: who hosts the branch MORO, and who may use what. */
export function agreedTerms(nowMs: number): readonly SandboxTerms[] {
  // To the minute: people read it in the document.
  const fromMs = Math.floor(nowMs / 60_000) * 60_000
  const validity = {
    validFrom: new Date(fromMs).toISOString(),
    validUntil: new Date(fromMs + YEAR_MS).toISOString(),
  }
  return [hosting(validity), ...USES.map((use) => useOf(use, validity))]
}

function hosting(validity: object): SandboxTerms {
  const draft = {
    kind: 'hosting',
    title: { en: 'Hosting of the network branch MORO', ar: 'استضافة فرع الشبكة مورو' },
    parties: [
      { member: OPERATOR, role: 'operator' },
      { member: HOST, role: 'host' },
    ],
    hosting: {
      branch: MORO,
      site: { en: 'Moro data centre, Dubai', ar: 'مركز بيانات مورو، دبي' },
      services: [`${HOST}/CLOUD/archive`],
      duties: DUTIES,
    },
    connection: connectionOf([CORE, MORO], ['CORE-MORO']),
    ...validity,
  }
  return { proposer: OPERATOR, other: HOST, draft }
}

function useOf(use: (typeof USES)[number], validity: object): SandboxTerms {
  const { consumer, client, service, title, operations, purpose, branches, lines } = use
  const provider = service.split('/').slice(0, 3).join('/')
  const grant = {
    service,
    clients: [client],
    operations: operations.map((text) => ({ method: text.split(' ')[0], path: text.split(' ')[1] })),
    kinds: ['api'],
    dataClass: 'confidential',
    purpose,
  }
  const draft = {
    title,
    parties: [
      { member: provider, role: 'provider' },
      { member: consumer, role: 'consumer' },
    ],
    grants: [grant],
    connection: connectionOf(branches, lines),
    ...validity,
  }
  return { proposer: consumer, other: provider, draft }
}

/** Lines that are there carry it: none is paid for on top. */
function connectionOf(branches: readonly string[], lines: readonly string[]): object {
  const known = [...LINES, ...HOME_LINES]
  return {
    branches,
    lines: known
      .filter(({ line }) => lines.includes(line))
      .map(({ line, monthlyCostAed }) => ({ line, monthlyCostAed })),
    extraLineCostAed: 0,
  }
}
