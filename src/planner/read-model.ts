import { agreementHash, checkAgreement, consumerOf, isServiceAgreement } from '../agreements/agreement.ts'
import type { Agreement } from '../agreements/agreement.ts'
import { parseJsonStrict } from '../protocol/canonical-json.ts'
import type { Json, JsonObject } from '../protocol/canonical-json.ts'
import { isWuslaError, WuslaError } from '../protocol/wusla-error.ts'
import { checkedModel, decodeAddition, decodeModel } from './decode-model.ts'
import { modelOfGraphml, modelOfSndlib } from './formats/foreign-models.ts'
import { parseGraphml } from './formats/graphml.ts'
import { isSndlibNetwork, parseSndlibNetwork } from './formats/sndlib-network.ts'
import { EMPTY_ADDITION } from './network-model.ts'
import type { ModelAddition, ModelAgreement, NetworkModel } from './network-model.ts'

/** Longest file that describes a network or an addition, in bytes. */
export const MAX_MODEL_BYTES = 33_554_432

const JSON_LIMITS = { maxBytes: MAX_MODEL_BYTES, maxDepth: 16 }

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The model in a file: our own JSON, SNDlib's native text or GraphML; the first characters tell which.
 *
 * @throws WuslaError `invalid_network_model`, `invalid_json`
 */
export function readModel(bytes: Uint8Array): NetworkModel {
  const text = textOf(bytes)
  if (isSndlibNetwork(text)) return checkedModel(modelOfSndlib(parseSndlibNetwork(text)))
  if (text.trimStart().startsWith('<')) return checkedModel(modelOfGraphml(parseGraphml(text)))
  return decodeModel(jsonOf(text))
}

/**
 * The addition in a file: our own JSON, or the content of an agreement (`wusla/agreement/v1`), a draft as it is proposed
 * (without `type`, `network` and `nonce`) or a signed one.
 *
 * @throws WuslaError `invalid_network_model`, `invalid_agreement`, `invalid_json`
 */
export function readAddition(bytes: Uint8Array): ModelAddition {
  const value = jsonOf(textOf(bytes))
  const content = agreementContent(value)
  if (content === undefined) return decodeAddition(value)
  const checked = checkAgreement(content)
  if (!checked.ok) throw new WuslaError('invalid_agreement', { details: { problems: checked.problems } })
  const modelled = agreementInModel(checked.value)
  return { ...EMPTY_ADDITION, agreements: modelled === undefined ? [] : [modelled] }
}

/** What an agreement lets its consumer use, and over which branches; named by its hash. Undefined: it grants nothing. */
export function agreementInModel(
  content: Agreement,
  id: string = agreementHash(content),
): ModelAgreement | undefined {
  if (!isServiceAgreement(content)) return undefined
  return {
    id,
    consumer: consumerOf(content),
    grants: content.grants.map(({ service, transit }) => ({
      service,
      ...(transit === undefined ? {} : { transit }),
    })),
  }
}

/** What becomes of a draft once it is proposed. Only the nonce is not the one that it will have. */
function agreementContent(value: Json): JsonObject | undefined {
  if (value === null || typeof value !== 'object' || !isObject(value)) return undefined
  if (value['type'] === 'wusla/agreement/v1') return value
  const { parties } = value
  if ('type' in value || !Array.isArray(parties)) return undefined
  const [party = null] = parties as readonly Json[]
  const member = party !== null && typeof party === 'object' && isObject(party) ? party['member'] : undefined
  const network = typeof member === 'string' ? member.slice(0, member.indexOf('/')) : ''
  return { type: 'wusla/agreement/v1', network, nonce: 'A'.repeat(22), ...value }
}

function isObject(value: object): value is JsonObject {
  return !Array.isArray(value)
}

function textOf(bytes: Uint8Array): string {
  if (bytes.length > MAX_MODEL_BYTES) throw refused(`is longer than ${MAX_MODEL_BYTES} bytes`)
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw refused('is not UTF-8', cause)
  }
}

function jsonOf(text: string): Json {
  try {
    return parseJsonStrict(text, JSON_LIMITS)
  } catch (cause) {
    if (!isWuslaError(cause)) throw cause
    throw refused(`is neither JSON (${cause.message}) nor GraphML nor SNDlib's native text`, cause)
  }
}

function refused(problem: string, cause?: unknown): WuslaError {
  return new WuslaError('invalid_network_model', { details: { problems: [{ path: '', problem }] }, cause })
}
