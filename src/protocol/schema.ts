/** Only types know it: what a value that the schema accepts is. */
declare const ACCEPTED: unique symbol

/** Marks a member that may be missing; no key of JSON, so it is in no document that is made of the schema. */
const OPTIONAL: unique symbol = Symbol('optional')

/** A JSON Schema (draft-07 and 2020-12 read it alike) that is a type at the same time. */
export interface Schema<T = unknown> {
  readonly [ACCEPTED]?: T
  readonly [keyword: string]: unknown
}

/** A schema whose place in an object may stay empty. */
export interface OptionalSchema<T = unknown> extends Schema<T> {
  readonly [OPTIONAL]: true
}

/** The members of an object. */
export type Members = Readonly<Record<string, Schema>>

/** The schema of an object whose members are still there to be built on. */
export interface ObjectSchema<M extends Members = Members> extends Schema<AcceptedObject<M>> {
  readonly properties: M
}

/** The type of what a schema accepts. */
export type Static<S extends Schema> = S extends Schema<infer T> ? T : never

type OptionalKey<M extends Members> = { [K in keyof M]: M[K] extends OptionalSchema ? K : never }[keyof M]
type Flat<T> = { [K in keyof T]: T[K] } & {}
type AcceptedObject<M extends Members> = keyof M extends never
  ? object
  : Flat<
      { -readonly [K in Exclude<keyof M, OptionalKey<M>>]: Static<M[K]> } & {
        -readonly [K in OptionalKey<M>]?: Static<M[K]>
      }
    >

/** Further keywords of JSON Schema, each where it has a meaning; a new one is added here, so that a misspelt one is noticed. */
interface Keywords {
  readonly description?: string
  readonly format?: string
  readonly pattern?: string
  /** In characters. */
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly maxProperties?: number
  readonly additionalProperties?: boolean | Schema
}

function object<M extends Members>(properties: M, keywords: Keywords = {}): ObjectSchema<M> {
  const required = Object.entries(properties).flatMap(([name, schema]) => (OPTIONAL in schema ? [] : [name]))
  return { type: 'object', ...(required.length === 0 ? {} : { required }), properties, ...keywords }
}

function optional<S extends Schema>(schema: S): S & OptionalSchema<Static<S>> {
  return { ...schema, [OPTIONAL]: true } as S & OptionalSchema<Static<S>>
}

/**
 * Builds schemas of requests, answers and configuration; each function names the JSON type that it accepts and takes further
 * keywords last. {@link Static} gives the TypeScript type. Who checks values against them is Ajv.
 */
export const Type = {
  Array: <S extends Schema>(items: S, keywords: Keywords = {}): Schema<Static<S>[]> => ({
    type: 'array',
    items,
    ...keywords,
  }),
  Boolean: (keywords: Keywords = {}): Schema<boolean> => ({ type: 'boolean', ...keywords }),
  Integer: (keywords: Keywords = {}): Schema<number> => ({ type: 'integer', ...keywords }),
  Literal: <const V extends string | number | boolean>(value: V, keywords: Keywords = {}): Schema<V> => ({
    type: typeof value,
    const: value,
    ...keywords,
  }),
  Null: (keywords: Keywords = {}): Schema<null> => ({ type: 'null', ...keywords }),
  Number: (keywords: Keywords = {}): Schema<number> => ({ type: 'number', ...keywords }),
  /** Members are required unless they are {@link Type.Optional}; others are welcome unless `additionalProperties` says no. */
  Object: object,
  Optional: optional,
  /** The same members, none of them required; of the keywords only those given here. */
  Partial: <M extends Members>(
    { properties }: ObjectSchema<M>,
    keywords: Keywords = {},
  ): ObjectSchema<{ [K in keyof M]: M[K] & OptionalSchema<Static<M[K]>> }> => {
    const members = Object.entries(properties).map(([name, schema]) => [name, optional(schema)])
    return object(Object.fromEntries(members), keywords)
  },
  /** An object whose names are free and whose values are alike. */
  Record: <S extends Schema>(values: S, keywords: Keywords = {}): Schema<Record<string, Static<S>>> => ({
    type: 'object',
    patternProperties: { '^.*$': values },
    ...keywords,
  }),
  String: (keywords: Keywords = {}): Schema<string> => ({ type: 'string', ...keywords }),
  Union: <S extends readonly Schema[]>(
    anyOf: readonly [...S],
    keywords: Keywords = {},
  ): Schema<Static<S[number]>> => ({
    anyOf,
    ...keywords,
  }),
  Unknown: (keywords: Keywords = {}): Schema => ({ ...keywords }),
  /** The same schema for a value whose TypeScript type is known from elsewhere; nothing checks that they agree. */
  Unsafe: <T>(schema: Schema): Schema<T> => schema as Schema<T>,
} as const
