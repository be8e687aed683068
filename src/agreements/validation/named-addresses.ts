import { type Certificate, type CRLDistributionPoints, GeneralName, type InfoAccess } from 'pkijs'

/** Where a certificate says that its issuer and its status are found. Texts as written: nothing is checked. */
export interface NamedAddresses {
  /** Of the issuer's certificate. */
  readonly issuers: readonly string[]
  readonly ocsps: readonly string[]
  readonly crls: readonly string[]
}

const AUTHORITY_ACCESS = '1.3.6.1.5.5.7.1.1'
const DISTRIBUTION_POINTS = '2.5.29.31'
const CA_ISSUERS = '1.3.6.1.5.5.7.48.2'
const OCSP = '1.3.6.1.5.5.7.48.1'
/** uniformResourceIdentifier (RFC 5280, 4.2.1.6). */
const ADDRESS = 6
/** More of one kind, nobody needs. */
const MAX_OF_A_KIND = 4

/** The addresses in a certificate (RFC 5280, 4.2.1.13 and 4.2.2.1), at most 4 of each kind. */
export function namedAddresses(certificate: Certificate): NamedAddresses {
  const access = extension(certificate, AUTHORITY_ACCESS) as InfoAccess | undefined
  const points = extension(certificate, DISTRIBUTION_POINTS) as CRLDistributionPoints | undefined
  const accessed = (method: string): readonly string[] =>
    (access?.accessDescriptions ?? [])
      .filter(({ accessMethod }) => accessMethod === method)
      .flatMap(({ accessLocation }) => textOf(accessLocation))
      .slice(0, MAX_OF_A_KIND)
  // A list for some reasons alone, or of another issuer, would never show that a certificate is good.
  const whole = (points?.distributionPoints ?? []).filter(
    ({ reasons, cRLIssuer }) => reasons === undefined && cRLIssuer === undefined,
  )
  const lists = whole.flatMap(({ distributionPoint }) =>
    Array.isArray(distributionPoint) ? distributionPoint.flatMap(textOf) : [],
  )
  return { issuers: accessed(CA_ISSUERS), ocsps: accessed(OCSP), crls: lists.slice(0, MAX_OF_A_KIND) }
}

function textOf(name: unknown): readonly string[] {
  if (!(name instanceof GeneralName) || name.type !== ADDRESS) return []
  const value: unknown = name.value
  return typeof value === 'string' ? [value] : []
}

function extension(certificate: Certificate, id: string): unknown {
  return certificate.extensions?.find(({ extnID }) => extnID === id)?.parsedValue
}
