/**
 * The codec between the values of a schema and the JSON that a model can be asked for.
 *
 * It is Effect's JSON codec, except where that has a form which structured outputs cannot say, or which a model gets wrong:
 * an `Option` is its value or `null`; a record or a map is an array of `{ key, value }`; a tuple is an object by position; a
 * `Duration` is an ISO 8601 text. What cannot be said stays as it is, for `jsonSchema.ts` to refuse by its path.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaTransformation from "effect/SchemaTransformation"

type AST = SchemaAST.AST

/** Which JSON Schemas the reader takes: the part that the API enforces, or all of it. */
export type Dialect = "strict" | "full"

const codecs: Readonly<Record<Dialect, WeakMap<AST, AST>>> = { strict: new WeakMap(), full: new WeakMap() }

/** The same schema always has the same codec. */
export const jsonCodec = (ast: AST, dialect: Dialect): AST => {
  const known = codecs[dialect].get(ast)
  if (known !== undefined) return known
  const made = encoded(ast, dialect)
  codecs[dialect].set(ast, made)
  return made
}

/** The JSON form belongs at the end of whatever a schema is decoded from. */
const encoded = (ast: AST, dialect: Dialect): AST => {
  const link = ast.encoding?.at(-1)
  if (ast.encoding === undefined || link === undefined) return body(ast, dialect)
  const to = jsonCodec(link.to, dialect)
  return to === link.to
    ? ast
    : withLinks(ast, [...ast.encoding.slice(0, -1), new SchemaAST.Link(to, link.transformation)])
}

const body = (ast: AST, dialect: Dialect): AST => {
  const inner = (part: AST) => jsonCodec(part, dialect)
  switch (ast._tag) {
    case "Declaration":
      return declaration(ast, inner)
    case "Objects":
      return dialect === "strict" && ast.indexSignatures.length > 0 ? recordEntries(ast, inner) : struct(ast, inner)
    case "Arrays":
      return dialect === "strict" && !isList(ast) ? tupleObject(ast, inner) : list(ast, inner)
    case "Union":
      return union(ast, inner)
    case "Suspend":
      return new SchemaAST.Suspend(() => inner(ast.thunk()), ast.annotations, ast.checks, ast.encoding, ast.context)
    case "Undefined":
    case "Void":
    case "BigInt":
      return Schema.toCodecJson(Schema.make(ast)).ast
    case "Literal":
      return typeof ast.literal === "bigint" ? Schema.toCodecJson(Schema.make(ast)).ast : ast
    default:
      return ast
  }
}

/** Decoded from another form: what is decoded within it is decoded there. */
const decodedFrom = (from: AST, ast: AST, transformation: SchemaAST.Link["transformation"]): AST =>
  withLinks(SchemaAST.toType(ast), [new SchemaAST.Link(withContext(from, ast.context), transformation)])

// An AST node is a plain object with a prototype. Effect copies it in the same way, by functions that are not public.
const changed = (ast: AST, changes: Partial<AST>): AST =>
  Object.assign(Object.create(Object.getPrototypeOf(ast)), ast, changes)

/** The same schema, decoded by other links. */
export const withLinks = (ast: AST, [first, ...rest]: ReadonlyArray<SchemaAST.Link>): AST =>
  changed(ast, { encoding: first === undefined ? undefined : [first, ...rest] })

/** A key that may be missing may be missing in both forms. */
const withContext = (ast: AST, context: SchemaAST.Context | undefined): AST =>
  context === undefined
    ? ast
    : changed(ast, {
      context: new SchemaAST.Context(context.isOptional, context.isMutable, undefined, context.annotations)
    })

const identifierOf = (ast: SchemaAST.Declaration): string => {
  const { id } = (ast.annotations?.representation ?? {}) as { readonly id?: unknown }
  return typeof id === "string" ? id.replace("effect/schema/", "") : ""
}

const declaration = (ast: SchemaAST.Declaration, inner: (ast: AST) => AST): AST => {
  const link = linkOf(ast)
  return link === undefined ? ast : decodedFrom(inner(link.to), ast, link.transformation)
}

/** The members. An `Option` beside another `null` keeps its tags, since `null` could be either. */
const union = (ast: SchemaAST.Union, inner: (ast: AST) => AST): AST => {
  const { annotations, checks, context, encoding, encodingChecks, options, types } = ast
  const members = types.map(inner)
  // A key that may be missing need not be `null` for that.
  const isAbsent = (type: AST) => type._tag === "Undefined" && SchemaAST.isOptional(ast)
  const nullable = types.filter((type) => !isAbsent(type) && isNullable(type, new Set()))
  const tagged = members.map((member, index) => {
    const type = types[index]
    const link = nullable.length > 1 && type?._tag === "Declaration" && isOption(type) ? ownLink(type) : undefined
    return link === undefined || type === undefined ? member : decodedFrom(inner(link.to), type, link.transformation)
  })
  return new SchemaAST.Union(tagged, options, annotations, checks, encoding, context, encodingChecks)
}

const isOption = (ast: SchemaAST.Declaration): boolean => ast.encoding === undefined && identifierOf(ast) === "Option"

const linkOf = (ast: SchemaAST.Declaration): SchemaAST.Link | undefined => {
  const [value] = ast.typeParameters
  switch (identifierOf(ast)) {
    case "Option":
      return value === undefined ? undefined : optionLink(value)
    case "Duration":
      return Schema.DurationFromIsoString.ast.encoding?.[0]
    case "ReadonlyMap":
    case "HashMap":
      return entriesLink(ast)
    default:
      return ownLink(ast)
  }
}

/** The form that a declaration has by itself. */
const ownLink = ({ annotations, typeParameters }: SchemaAST.Declaration): SchemaAST.Link | undefined => {
  const form = annotations?.toCodecJson ?? annotations?.toCodec
  const link: unknown = typeof form === "function" ? form(typeParameters.map((type) => Schema.make(type))) : undefined
  return link instanceof SchemaAST.Link ? link : undefined
}

/** A map is decoded from entries: these with names. */
const entriesLink = (ast: SchemaAST.Declaration): SchemaAST.Link | undefined => {
  const link = ownLink(ast)
  const entry = link?.to._tag === "Arrays" ? link.to.rest[0] : undefined
  if (link === undefined || entry?._tag !== "Arrays") return link
  const [key, value] = entry.elements
  if (key === undefined || value === undefined) return link
  const named = decodedFrom(
    entryStruct(key, value),
    entry,
    SchemaTransformation.transform<readonly [unknown, unknown], Entry>({
      decode: ({ key, value }) => [key, value],
      encode: ([key, value]) => ({ key, value })
    })
  )
  return new SchemaAST.Link(new SchemaAST.Arrays(false, [], [named]), link.transformation)
}

interface Entry {
  readonly key: unknown
  readonly value: unknown
}

const property = (name: string, type: AST): SchemaAST.PropertySignature => new SchemaAST.PropertySignature(name, type)

const entryStruct = (key: AST, value: AST): SchemaAST.Objects =>
  new SchemaAST.Objects([property("key", key), property("value", value)], [])

const nullAst = Schema.Null.ast

/** The value or `null`; where the value may be `null` itself, `{ value }` or `null`. */
const optionLink = (value: AST): SchemaAST.Link => {
  const isWrapped = isNullable(value, new Set())
  const some = isWrapped ? new SchemaAST.Objects([property("value", value)], []) : value
  return new SchemaAST.Link(
    new SchemaAST.Union([some, nullAst]),
    SchemaTransformation.transform<Option.Option<unknown>, unknown>({
      decode: (json) =>
        json === null ? Option.none() : Option.some(isWrapped ? (json as { readonly value: unknown }).value : json),
      encode: Option.match({ onNone: () => null, onSome: (value) => isWrapped ? { value } : value })
    })
  )
}

/** Whether `null` is in the JSON of a schema. Asks the schema and not its codec, which may be within its own. */
const isNullable = (ast: AST, seen: Set<AST>): boolean => {
  const json = lastOf(ast)
  if (seen.has(json)) return false
  seen.add(json)
  switch (json._tag) {
    case "Union":
      return json.types.some((type) => isNullable(type, seen))
    case "Suspend":
      return isNullable(json.thunk(), seen)
    case "Declaration": {
      const link = linkOf(json)
      return link === undefined || isNullable(link.to, seen)
    }
    case "Null":
    case "Undefined":
    case "Void":
    case "Any":
    case "Unknown":
      return true
    default:
      return false
  }
}

/** What a schema is decoded from in the end. */
export const lastOf = (ast: AST): AST => {
  const link = ast.encoding?.at(-1)
  return link === undefined ? ast : lastOf(link.to)
}

const struct = (ast: SchemaAST.Objects, inner: (ast: AST) => AST): AST =>
  new SchemaAST.Objects(
    ast.propertySignatures.map(({ name, type }) => new SchemaAST.PropertySignature(name, inner(type))),
    ast.indexSignatures.map(({ parameter, type }) => new SchemaAST.IndexSignature(parameter, inner(type))),
    ast.annotations,
    ast.checks,
    ast.encoding,
    ast.context,
    ast.encodingChecks
  )

/** Whether an array has items of one kind: `NonEmptyArray` asks for some of them. */
export const isList = ({ elements, rest }: SchemaAST.Arrays): boolean =>
  rest.length === 1 ? elements.every((element) => element === rest[0]) : elements.length + rest.length === 0

const list = (ast: SchemaAST.Arrays, inner: (ast: AST) => AST): AST =>
  new SchemaAST.Arrays(
    ast.isMutable,
    ast.elements.map(inner),
    ast.rest.map(inner),
    ast.annotations,
    ast.checks,
    ast.encoding,
    ast.context,
    ast.encodingChecks
  )

const restName = "rest"

/** `[string, number?, ...boolean[]]` is `{ 0, 1?, rest }`. */
const tupleObject = (ast: SchemaAST.Arrays, inner: (ast: AST) => AST): AST => {
  const { elements, encodingChecks, rest } = ast
  if (rest.length > 1 || encodingChecks !== undefined) return ast
  const from = new SchemaAST.Objects([
    ...elements.map((element, index) => property(String(index), inner(element))),
    ...rest.map((items) => property(restName, inner(new SchemaAST.Arrays(false, [], [items]))))
  ], [])
  return decodedFrom(
    from,
    ast,
    SchemaTransformation.transform<ReadonlyArray<unknown>, Readonly<Record<string, unknown>>>({
      decode: ({ [restName]: others, ...byPosition }) => {
        const length = Object.keys(byPosition).reduce((length, index) => Math.max(length, Number(index) + 1), 0)
        return [
          ...Array.from({ length }, (_, index) => byPosition[index]),
          ...Array.isArray(others) ? others : []
        ]
      },
      encode: (items) => ({
        ...Object.fromEntries(items.slice(0, elements.length).entries()),
        ...rest.length === 0 ? {} : { [restName]: items.slice(elements.length) }
      })
    })
  )
}

/** A record is an array of its entries; with fields beside them, it is an object that has them as `others`. */
const recordEntries = (ast: SchemaAST.Objects, inner: (ast: AST) => AST): AST => {
  const [signature, ...more] = ast.indexSignatures
  if (signature === undefined || more.length > 0 || ast.encodingChecks !== undefined) return ast
  const key = keyOf(signature.parameter)
  if (key === undefined) return ast
  const entries = new SchemaAST.Arrays(false, [], [entryStruct(key, inner(signature.type))])
  const fields = ast.propertySignatures
  if (fields.length === 0) {
    return decodedFrom(
      entries,
      ast,
      SchemaTransformation.transform<Readonly<Record<string, unknown>>, ReadonlyArray<Entry>>({
        decode: recordOf,
        encode: entriesOf
      })
    )
  }
  const names = new Set(fields.map(({ name }) => name))
  const others = othersName(names)
  return decodedFrom(
    new SchemaAST.Objects(
      [
        ...fields.map(({ name, type }) => new SchemaAST.PropertySignature(name, inner(type))),
        property(others, entries)
      ],
      []
    ),
    ast,
    SchemaTransformation.transform<Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>>({
      decode: ({ [others]: entries, ...fields }) => ({ ...recordOf(entries as ReadonlyArray<Entry>), ...fields }),
      encode: (record) => {
        const isField = ({ key }: Entry) => names.has(String(key))
        const entries = entriesOf(record)
        return {
          ...recordOf(entries.filter(isField)),
          [others]: entries.filter((entry) => !isField(entry))
        }
      }
    })
  )
}

const othersName = (names: ReadonlySet<PropertyKey>): string => {
  let name = "others"
  while (names.has(name)) name += "_"
  return name
}

const recordOf = (entries: ReadonlyArray<Entry>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(entries.map(({ key, value }) => [String(key), value]))

const entriesOf = (record: Readonly<Record<string, unknown>>): ReadonlyArray<Entry> =>
  Object.entries(record).map(([key, value]) => ({ key, value }))

/** The key of a record as a text. */
const keyOf = (parameter: AST): AST | undefined => {
  const key = lastOf(parameter)
  switch (key._tag) {
    case "String":
    case "TemplateLiteral":
      return SchemaAST.toEncoded(parameter)
    case "Number":
      return numberKey
    default:
      return undefined
  }
}

const numberKey = Schema.String.check(
  Schema.isPattern(/^-?(0|[1-9]\d*)(\.\d+)?$/, { expected: "a number" })
).ast
