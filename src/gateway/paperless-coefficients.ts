import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { schemaProblems } from '../admin-api/check-schema.ts'
import { isIdentifier } from '../protocol/identifier.ts'
import { type Static, Type } from '../protocol/schema.ts'
import { WuslaError } from '../protocol/wusla-error.ts'

/** File of the coefficients in the state folder of a gateway. It may be missing, and name only what differs from the defaults. */
export const PAPERLESS_FILE = 'paperless.json'

const strict = { additionalProperties: false }

/** No control character, and none that turns the text: it is shown beside numbers that somebody decides by. */
const Words = Type.String({
  minLength: 1,
  maxLength: 300,
  pattern: '^[^\\p{Cc}\\u202a-\\u202e\\u2066-\\u2069]+$',
})

const CoefficientSchema = Type.Object(
  {
    value: Type.Number({
      minimum: 0,
      maximum: 1_000_000,
      description: '0 to 1,000,000 with at most six decimals.',
    }),
    source: Type.Object(
      { ar: Words, en: Words },
      { ...strict, description: 'Who says so, and when. It is shown beside the number.' },
    ),
  },
  strict,
)

/** One number that figures are worked out with, and who says so. */
export type Coefficient = Static<typeof CoefficientSchema>

const PER_SHEET = {
  minutesPerSheet: CoefficientSchema,
  dirhamPerSheet: CoefficientSchema,
  sheetsPerTree: CoefficientSchema,
}

const ExchangeCoefficients = Type.Object(
  {
    sheetsPerExchange: CoefficientSchema,
    services: Type.Record(CoefficientSchema, {
      maxProperties: 1_000,
      description: 'Sheets of an exchange with this service, in the place of sheetsPerExchange.',
    }),
    ...PER_SHEET,
  },
  strict,
)

const AgreementCoefficients = Type.Object(
  { originals: CoefficientSchema, pagesWithoutDocument: CoefficientSchema, ...PER_SHEET },
  strict,
)

/** All coefficients, as figures are worked out with and shown beside them. */
export const CoefficientsSchema = Type.Object(
  { exchanges: ExchangeCoefficients, agreements: AgreementCoefficients },
  strict,
)

const FileSchema = Type.Object(
  {
    exchanges: Type.Optional(Type.Partial(ExchangeCoefficients, strict)),
    agreements: Type.Optional(Type.Partial(AgreementCoefficients, strict)),
  },
  strict,
)

/** What one sheet of paper costs. */
export interface PerSheet {
  readonly minutesPerSheet: Coefficient
  readonly dirhamPerSheet: Coefficient
  /** Greater than 0. */
  readonly sheetsPerTree: Coefficient
}

/** Coefficients of both kinds of saving. */
export interface PaperlessCoefficients {
  readonly exchanges: PerSheet & {
    readonly sheetsPerExchange: Coefficient
    /** By service, in canonical form. */
    readonly services: Readonly<Record<string, Coefficient>>
  }
  readonly agreements: PerSheet & {
    /** How often an agreement would have been printed. */
    readonly originals: Coefficient
    /** Pages of an agreement whose document is not here. */
    readonly pagesWithoutDocument: Coefficient
  }
}

/**
 * Press figures of the Dubai Paperless Strategy. They conflict; of each pair stands the one that claims less. The
 * others are in `docs/guides/paperless-figures.md`.
 */
const DECEMBER_2021 = {
  en: 'press, December 2021, Dubai Paperless Strategy, 45 entities',
  ar: 'الصحافة، ديسمبر 2021، استراتيجية دبي للمعاملات اللاورقية، 45 جهة',
} as const

const MID_2020 = {
  en: 'press, mid-2020, Dubai Paperless Strategy, 14 entities: 169.3 million sheets, 20,325 trees',
  ar: 'الصحافة، منتصف 2020، استراتيجية دبي للمعاملات اللاورقية، 14 جهة: 169.3 مليون ورقة و20,325 شجرة',
} as const

const PER_SHEET_DEFAULTS: PerSheet = {
  minutesPerSheet: {
    value: 2.5,
    source: {
      en: `${DECEMBER_2021.en}: 14 million hours, 336 million sheets`,
      ar: `${DECEMBER_2021.ar}: 14 مليون ساعة و336 مليون ورقة`,
    },
  },
  dirhamPerSheet: {
    value: 3.87,
    source: {
      en: `${DECEMBER_2021.en}: AED 1.3 billion, 336 million sheets`,
      ar: `${DECEMBER_2021.ar}: 1.3 مليار درهم و336 مليون ورقة`,
    },
  },
  sheetsPerTree: { value: 8_330, source: MID_2020 },
}

/** What holds as long as nobody says otherwise. */
export const DEFAULT_COEFFICIENTS: PaperlessCoefficients = Object.freeze({
  exchanges: {
    sheetsPerExchange: {
      value: 1,
      source: {
        en: 'assumption of Wusla: an answered exchange takes the place of one sheet; nobody has published a number',
        ar: 'افتراض من «وُصلة»: كل تبادل مُجاب يحلّ محلّ ورقة واحدة، ولم يُنشر رقم لذلك',
      },
    },
    services: {},
    ...PER_SHEET_DEFAULTS,
  },
  agreements: {
    originals: {
      value: 2,
      source: { en: 'one original for each of the two parties', ar: 'نسخة أصلية لكل من الطرفين' },
    },
    pagesWithoutDocument: {
      value: 3,
      source: {
        en: 'pages that the document of an agreement about one service has, as Wusla typesets it',
        ar: 'صفحات وثيقة اتفاقية على خدمة واحدة كما تُصدرها «وُصلة»',
      },
    },
    ...PER_SHEET_DEFAULTS,
  },
})

/**
 * The defaults, with what a file says in their place.
 *
 * @throws WuslaError `config_invalid` with every problem
 */
export function decodeCoefficients(value: unknown, file: string): PaperlessCoefficients {
  const problems = coefficientProblems(value)
  if (problems.length > 0) throw new WuslaError('config_invalid', { details: { file, problems } })
  const { exchanges, agreements } = value as Static<typeof FileSchema>
  return Object.freeze({
    exchanges: { ...DEFAULT_COEFFICIENTS.exchanges, ...exchanges },
    agreements: { ...DEFAULT_COEFFICIENTS.agreements, ...agreements },
  })
}

/**
 * The coefficients of a gateway: the defaults, with what {@link PAPERLESS_FILE} in its state folder says in their place.
 * Figures are asked for rarely, so it is read for each of them and a change counts at once.
 *
 * @throws WuslaError `config_invalid`
 */
export async function readCoefficients(stateDirectory: string): Promise<PaperlessCoefficients> {
  const text = await readFile(join(stateDirectory, PAPERLESS_FILE), 'utf8').catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw cause
  })
  return text === undefined ? DEFAULT_COEFFICIENTS : decodeCoefficients(parsed(text), PAPERLESS_FILE)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new WuslaError('config_invalid', {
      details: { file: PAPERLESS_FILE, problems: ['/: not JSON'] },
      cause,
    })
  }
}

/** Everything that is wrong with the content of a file of coefficients, each with its place. */
export function coefficientProblems(value: unknown): string[] {
  const problems = schemaProblems(FileSchema, value)
  if (problems.length > 0) return problems
  const { exchanges = {}, agreements = {} } = value as Static<typeof FileSchema>
  const { services = {}, ...others } = exchanges
  return [
    ...Object.keys(services)
      .filter((service) => !isIdentifier('service', service))
      .map(() => '/exchanges/services: has a name that is not a service in its canonical form'),
    ...numberProblems('/exchanges', others),
    ...numberProblems('/exchanges/services', services),
    ...numberProblems('/agreements', agreements),
  ]
}

function numberProblems(place: string, coefficients: Readonly<Record<string, Coefficient>>): string[] {
  return Object.entries(coefficients).flatMap(([name, { value }]) => {
    // JavaScript writes what it cannot tell from six decimals with an exponent or with more digits.
    if (!/^\d{1,7}(?:\.\d{1,6})?$/.test(String(value)))
      return [`${place}/${name}: has more than six decimals`]
    return name === 'sheetsPerTree' && value === 0 ? [`${place}/${name}: must be greater than 0`] : []
  })
}
