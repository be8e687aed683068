/** How sure the provider is of a person: SOP1 cannot sign, SOP2 signs with an advanced signature, SOP3 with a qualified one. */
export type AssuranceLevel = 'SOP1' | 'SOP2' | 'SOP3'

/** A person of the stand-in. All of them are invented. */
export interface Persona {
  /** By this the sandbox names the person. */
  readonly name: string
  readonly sop: AssuranceLevel
  /** Of the certificate and of the claim `idn`; absent where the provider does not know it. */
  readonly emiratesId?: string
  /** A visitor of the country has an account, but no Emirates ID. */
  readonly isVisitor: boolean
  readonly uuid: string
  /** The UUID of the claim `sub`, which is another one than the claim `uuid`. */
  readonly subject: string
  readonly en: PersonName
  readonly ar: PersonName
  readonly mobile: string
  readonly gender: 'Male' | 'Female'
  readonly nationality: { readonly en: string; readonly ar: string }
  /** For whom the person may sign, shown on pages; what is valid stands in the network's register of mandates. */
  readonly office: { readonly en: string; readonly ar: string }
}

interface PersonName {
  readonly first: string
  readonly middle: string
  readonly last: string
}

type Row = readonly [
  name: string,
  sop: AssuranceLevel,
  emiratesId: string | undefined,
  uuid: string,
  subject: string,
  en: string,
  ar: string,
  gender: Persona['gender'],
  nationality: string,
  officeEn: string,
  officeAr: string,
]

/** One official for each member of the sandbox, two for entities that join, and one person for each case that a product has to tell apart. */
const ROWS: readonly Row[] = [
  [
    'mariam',
    'SOP3',
    '784197939602294',
    '66ceab36-0512-4d13-9107-22311710cf53',
    'ccea71ff-4a14-476a-aaff-1a098ca59966',
    'Mariam|Saeed|Al Falasi',
    'مريم|سعيد|الفلاسي',
    'Female',
    'ARE|الإمارات العربية المتحدة',
    'Digital Dubai Authority',
    'هيئة دبي الرقمية',
  ],
  [
    'khalid',
    'SOP3',
    '784198450885052',
    '38d048ec-0f10-49c6-83e1-b258fd724452',
    '46d4ac7a-5c39-42b3-8963-dc6e8534f457',
    'Khalid|Rashid|Al Suwaidi',
    'خالد|راشد|السويدي',
    'Male',
    'ARE|الإمارات العربية المتحدة',
    'Dubai Electricity and Water Authority',
    'هيئة كهرباء ومياه دبي',
  ],
  [
    'saif',
    'SOP3',
    '784198717308385',
    '1b2ed40e-d3ad-4ccb-ac33-be0ac79d6793',
    'ed6f0b09-f165-48ce-b6e2-f24b43000de0',
    'Saif|Hamad|Al Ketbi',
    'سيف|حمد|الكتبي',
    'Male',
    'ARE|الإمارات العربية المتحدة',
    'Moro Hub',
    'مورو',
  ],
  [
    'noura',
    'SOP3',
    '784199066447543',
    'ce80c4b0-a404-4bb3-9434-1aad06905269',
    '3184ff27-4591-42de-8cea-264542a00403',
    'Noura|Ahmed|Al Marri',
    'نورة|أحمد|المرّي',
    'Female',
    'ARE|الإمارات العربية المتحدة',
    'Roads and Transport Authority',
    'هيئة الطرق والمواصلات',
  ],
  [
    'hessa',
    'SOP3',
    '784199380342461',
    'a0817910-4a25-4466-8f52-53a02a318785',
    'daca3c06-f5ff-4c03-bb5d-7385de08caa1',
    'Hessa|Juma|Al Mheiri',
    'حصّة|جمعة|المهيري',
    'Female',
    'ARE|الإمارات العربية المتحدة',
    'Dubai Health Authority',
    'هيئة الصحة بدبي',
  ],
  [
    'rashid',
    'SOP3',
    '784198261504728',
    'a5d5ec84-12fd-4d90-a09e-40a27d3909e6',
    '47fd23bc-f7f7-4c92-ad66-e7e32ec3fd37',
    'Rashid|Khalfan|Al Shamsi',
    'راشد|خلفان|الشامسي',
    'Male',
    'ARE|الإمارات العربية المتحدة',
    'no office yet: for an entity that joins',
    'بلا منصب بعد: لجهة تنضمّ',
  ],
  [
    'maitha',
    'SOP3',
    '784199148209366',
    '745db10a-2fb4-4c38-9018-9477aa05c163',
    '0b5d8e20-8f9e-4aa9-a787-13008e22a409',
    'Maitha|Sultan|Al Dhaheri',
    'ميثاء|سلطان|الظاهري',
    'Female',
    'ARE|الإمارات العربية المتحدة',
    'no office yet: for an entity that joins',
    'بلا منصب بعد: لجهة تنضمّ',
  ],
  [
    'omar',
    'SOP2',
    '784198826000030',
    '16332aca-5f55-4773-a14b-0190d93936e1',
    'abf4a07c-5660-4224-9b19-1bf4d8441b56',
    'Omar|Yousef|Haddad',
    'عمر|يوسف|حدّاد',
    'Male',
    'JOR|الأردن',
    'no office: level SOP2',
    'بلا منصب: المستوى SOP2',
  ],
  [
    'layla',
    'SOP1',
    undefined,
    '2d83a823-3fb6-4d2c-8186-2fc9634f806f',
    '16df6486-47ad-4c26-b93d-0e453f508249',
    'Layla|Hasan|Darwish',
    'ليلى|حسن|درويش',
    'Female',
    'ARE|الإمارات العربية المتحدة',
    'no office: level SOP1',
    'بلا منصب: المستوى SOP1',
  ],
  [
    'emma',
    'SOP1',
    undefined,
    'dd905ecf-d160-45d0-af41-2ed6f1cfd992',
    '4cdce7a6-d728-4ff6-8c32-0f89f1347e0c',
    'Emma|Rose|Clarke',
    'إيما|روز|كلارك',
    'Female',
    'GBR|المملكة المتحدة',
    'visitor',
    'زائرة',
  ],
]

export const PERSONAS: readonly Persona[] = ROWS.map(personaOf)

/** The persona of this name, Emirates ID, mobile number or e-mail address: what a person may enter to be recognised. */
export function findPersona(text: string): Persona | undefined {
  const wanted = text.trim().toLowerCase()
  return PERSONAS.find(
    (persona) =>
      persona.name === wanted ||
      persona.emiratesId === wanted.replaceAll('-', '') ||
      persona.mobile === wanted.replace(/^\+/, '') ||
      emailOf(persona) === wanted,
  )
}

export function emailOf({ name }: Persona): string {
  return `${name}@persona.example`
}

function personaOf(row: Row, index: number): Persona {
  const [name, sop, emiratesId, uuid, subject, en, ar, gender, nationality, officeEn, officeAr] = row
  const [nationalityEn = '', nationalityAr = ''] = nationality.split('|')
  return {
    name,
    sop,
    ...(emiratesId === undefined ? {} : { emiratesId }),
    isVisitor: name === 'emma',
    uuid,
    subject,
    en: nameOf(en),
    ar: nameOf(ar),
    mobile: `97150000000${index + 1}`,
    gender,
    nationality: { en: nationalityEn, ar: nationalityAr },
    office: { en: officeEn, ar: officeAr },
  }
}

function nameOf(text: string): PersonName {
  const [first = '', middle = '', last = ''] = text.split('|')
  return { first, middle, last }
}

/** As a person would write it. */
export function writtenName({ first, middle, last }: PersonName): string {
  return [first, middle, last].join(' ')
}
