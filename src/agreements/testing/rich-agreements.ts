import type { Agreement } from '../agreement.ts'
import { draft, draftHosting, draftMembership } from './draft-agreement.ts'

const DEWA = { ar: 'هيئة كهرباء ومياه دبي (ديوا)', en: 'Dubai Electricity and Water Authority (DEWA)' }
const RTA = { ar: 'هيئة الطرق والمواصلات في دبي', en: 'Roads and Transport Authority, Dubai' }
const DDA = { ar: 'هيئة دبي الرقمية', en: 'Digital Dubai Authority' }
const HASH = 'suLAEBOoili9U1pS936zqQb7qsd749s3GX71KJakgoM'

const CONNECTION = {
  branches: ['AE-DU/branch/CORE', 'AE-DU/branch/MORO'],
  lines: [
    { line: 'core-moro-1', monthlyCostAed: 18_000 },
    { line: 'rta-core', monthlyCostAed: 1_250_000 },
  ],
  extraLineCostAed: 0,
}

const GRANTS = [
  ['bills', 'فواتير الكهرباء والمياه', 'Electricity and water bills'],
  ['meters', 'قراءات العدّادات الذكية (AMI)', 'Smart meter readings (AMI)'],
  ['connections', 'طلبات توصيل الخدمة للمباني الجديدة', 'Connection requests of new buildings'],
  ['outages', 'الانقطاعات المخطَّط لها خلال 24 ساعة', 'Outages planned within 24 hours'],
  ['tariffs', 'التعرفة المعتمدة لعام 2026', 'Tariffs approved for 2026'],
] as const

const OPERATIONS = [
  { method: 'GET', path: '/bills/*' },
  { method: 'POST', path: '/bills/*/disputes' },
  { method: 'GET', path: '/accounts/*/statements/2026/**' },
]

const PURPOSE = {
  ar: 'التحقّق من سداد رسوم الكهرباء (أو تقسيطها) قبل إصدار رخصة المركبة رقم 12345 وتجديدها خلال 30 يومًا، وفق الخدمة e-Licence 2.0.',
  en: 'Checking that electricity fees are paid (or paid in instalments) before a vehicle licence, such as no. 12345, is issued or renewed within 30 days, by the service e-Licence 2.0.',
}

/** A service agreement with every member there is, long enough for page breaks. */
export function richService(): Agreement {
  return draft({
    title: {
      ar: 'اطّلاع هيئة الطرق والمواصلات على فواتير المتعاملين وقراءات العدّادات (المرحلة 2)',
      en: 'Reading bills of customers and meter readings by the Roads and Transport Authority (phase 2)',
    },
    parties: [
      { member: 'AE-DU/SEMI/DEWA', role: 'provider', name: DEWA },
      { member: 'AE-DU/GOV/RTA', role: 'consumer', name: RTA },
    ],
    grants: GRANTS.map(([code, ar, en], index) => ({
      service: `AE-DU/SEMI/DEWA/BILLING/${code}`,
      serviceName: { ar, en },
      operations: OPERATIONS.slice(0, 1 + (index % 3)),
      kinds: index % 2 === 0 ? ['api'] : ['api', 'events', 'files', 'stream'],
      dataClass: (['confidential', 'open', 'sensitive', 'secret'] as const)[index % 4] ?? 'open',
      ...(index === 1 ? {} : { clients: ['AE-DU/GOV/RTA/LICENSING', 'AE-DU/GOV/RTA/FINES'] }),
      purpose: index === 3 ? ['tax', 'fraud-check'] : PURPOSE,
      legalBasis: 'القانون رقم (26) لسنة 2015 بشأن تنظيم نشر وتبادل البيانات، المادة 7',
      limits: { requestsPerSecond: 50, requestsPerDay: 200_000, bytesPerDay: 1_000_000_000 },
      hours: {
        timeZone: 'Asia/Dubai',
        days: [1, 2, 3, 4, 5],
        from: index === 2 ? '22:00' : '07:30',
        until: '15:30',
      },
      transit: {
        avoid: ['AE-DU/branch/EDGE'],
        only: ['AE-DU/branch/CORE', 'AE-DU/branch/NORTH'],
        onlyClasses: ['government'],
      },
      retainPayload: index === 2,
      acknowledgementRequired: index === 1,
    })),
    connection: CONNECTION,
    supersedes: HASH,
  })
}

/** A hosting agreement with every member there is. */
export function richHosting(): Agreement {
  return draftHosting({
    parties: [
      { member: 'AE-DU/GOV/DDA', role: 'operator', name: DDA },
      { member: 'AE-DU/SEMI/DEWA', role: 'host', name: DEWA },
    ],
    hosting: {
      branch: 'AE-DU/branch/MORO',
      site: {
        ar: 'مركز بيانات مورو، مجمع محمد بن راشد آل مكتوم للطاقة الشمسية',
        en: 'Moro data centre, MBR Solar Park',
      },
      services: ['AE-DU/SEMI/DEWA/BILLING/bills', 'AE-DU/SEMI/DEWA/BILLING/meters'],
      duties: [
        {
          ar: 'توفير طاقة كهربائية من مصدرين مستقلّين (A وB) وتبريد بدرجة حرارة بين 18 و27 درجة مئوية، بنسبة توافر لا تقلّ عن 99.982% سنويًّا.',
          en: 'Power from two independent feeds (A and B) and cooling between 18 and 27 °C, with an availability of at least 99.982% a year.',
        },
        {
          ar: 'السماح لفريق المشغّل بالدخول إلى الموقع خلال ساعتين من الإخطار، على مدار الساعة (24/7).',
          en: 'Access to the site for the operator’s staff within two hours of notice, around the clock (24/7).',
        },
      ],
    },
    connection: { ...CONNECTION, extraLineCostAed: 7_500 },
    supersedes: HASH,
  })
}

/** A membership agreement with every member there is. */
export function richMembership(): Agreement {
  return draftMembership({
    parties: [
      { member: 'AE-DU/GOV/DDA', role: 'operator', name: DDA },
      { member: 'AE-DU/GOV/RTA', role: 'member', name: RTA },
    ],
    membership: {
      duties: [
        {
          ar: 'تشغيل بوّابة ربط واحدة على الأقلّ (gw-1) وتحديثها خلال 14 يومًا من صدور كل إصدار أمني.',
          en: 'Running at least one gateway (gw-1), and updating it within 14 days of each security release.',
        },
        {
          ar: 'تسمية مسؤول تواصل متاح بين 07:30 و15:30.',
          en: 'Naming a contact who is available from 07:30 to 15:30.',
        },
      ],
    },
    connection: CONNECTION,
    supersedes: HASH,
  })
}
