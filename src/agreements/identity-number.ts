import type { Certificate } from 'pkijs'

/** serialNumber of a distinguished name (X.520): where certificates of a national identity have the number. */
const SERIAL_NUMBER = '2.5.4.5'

/**
 * The identity number in a certificate's subject, which never goes into a result, an error or an event. Undefined where there is not
 * exactly one: a reader that takes the other of two would see another person.
 */
export function identityNumber({ subject }: Certificate): string | undefined {
  const numbers = subject.typesAndValues.filter(({ type }) => type === SERIAL_NUMBER)
  const text: unknown = numbers.length === 1 ? numbers[0]?.value.valueBlock.value : undefined
  return typeof text === 'string' && text !== '' ? text : undefined
}
