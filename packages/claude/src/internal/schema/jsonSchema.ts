/**
 * A schema as JSON Schema, for output formats and tools.
 *
 * `strict` is the part that the API enforces as the model writes. What has no keyword there goes into the description, in the
 * form in which the SDK writes it (`{minimum: 1, maximum: 5}`), and what has no words either is refused by its path. `full`
 * is all of JSON Schema, for tools that are not strict: the API checks nothing of it, the model reads it.
 */
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import { asked, type Json } from "./checks.ts"
import { type Definition, Definitions, distinct, Reference } from "./definitions.ts"
import { described } from "./described.ts"
import { type Dialect, isList, jsonCodec, lastOf, withLinks } from "./jsonCodec.ts"
import type { Form } from "./known.ts"
import { formAt, type Layer, layersOf } from "./layers.ts"

type AST = SchemaAST.AST

/** A place in a schema that JSON Schema cannot say. */
export interface Unsayable {
  readonly path: string
  readonly problem: string
}

class UnsayableError extends Error {
  readonly where: Unsayable

  constructor(path: string, problem: string) {
    super(problem)
    this.where = { path, problem }
  }
}

type Written = Result.Result<Json, Unsayable>

const written: Readonly<Record<Dialect, WeakMap<AST, Written>>> = { strict: new WeakMap(), full: new WeakMap() }

export const jsonSchema = (ast: AST, dialect: Dialect): Written => {
  const known = written[dialect].get(ast)
  if (known !== undefined) return known
  const made = Result.try({
    try: () => new Writer(dialect).document(jsonCodec(ast, dialect)),
    // A schema that is made when it is asked for may throw.
    catch: (error) =>
      error instanceof UnsayableError ? error.where : {
        path: "",
        problem: `cannot be read: ${error instanceof Error ? error.message : String(error)}`
      }
  })
  written[dialect].set(ast, made)
  return made
}

class Writer {
  readonly #dialect: Dialect
  readonly #open = new Map<AST, Definition>()
  readonly #written = new Map<AST, Json>()

  constructor(dialect: Dialect) {
    this.#dialect = dialect
  }

  document(ast: AST): Json {
    return new Definitions(this.schema(ast, "", [])).document
  }

  /** `around`: what transformations make of this place, outermost first. */
  schema(ast: AST, path: string, around: ReadonlyArray<AST>): Json {
    const isAlone = around.length === 0
    const known = isAlone ? this.#written.get(ast) : undefined
    if (known !== undefined) return known
    const target = lastOf(ast)
    if (target._tag === "Suspend") return this.#suspended(target, ast, path, around)
    const name = SchemaAST.resolveIdentifier(ast) ?? SchemaAST.resolveIdentifier(target)
    const definition: Definition = { name: name ?? "Recursive", json: {}, isRecursive: false }
    this.#open.set(ast, definition)
    const json = this.#place(ast, path, around)
    this.#open.delete(ast)
    definition.json = json
    const isNamed = name !== undefined && isAlone && ast.context?.annotations === undefined && isComposite(json)
    const written = definition.isRecursive || isNamed ? { $ref: new Reference(definition) } : json
    if (isAlone) this.#written.set(ast, written)
    return written
  }

  #suspended(target: SchemaAST.Suspend, ast: AST, path: string, around: ReadonlyArray<AST>): Json {
    const inner = target.thunk()
    const definition = this.#open.get(inner)
    if (definition === undefined) {
      const says = layersOf(ast).some(({ annotations }) => annotations.length > 0)
      return this.schema(inner, path, says ? [...around, ast] : around)
    }
    if (this.#dialect === "strict") {
      throw new UnsayableError(
        path,
        `refers to itself (${definition.name}): the API refuses it as a circular reference. Bound its depth, or use a list of ` +
          "nodes with ids; a tool that is not strict takes it as it is"
      )
    }
    definition.isRecursive = true
    return { $ref: new Reference(definition) }
  }

  #place(ast: AST, path: string, around: ReadonlyArray<AST>): Json {
    const own = layersOf(ast)
    const layers = [...around.flatMap((outer) => layersOf(outer)), ...own]
    const json = this.#base(lastOf(ast), path, layers)
    const isJson = (layer: Layer) => layer === own.at(-1)
    const type = typeof json.type === "string" ? json.type : undefined
    const form = [ast, ...around].map((one) => formAt(one) ?? contentOf(one)).find((form) => form !== undefined)
    const ofJson = layers.filter(isJson).flatMap(({ checks }) => checks)
    const ofValue = layers.filter((layer) => !isJson(layer)).flatMap(({ checks }) => checks)
    const { isSilent, keywords, words } = asked(type, ofJson, ofValue.filter((check) => !ofJson.includes(check)))
    if (isSilent) {
      throw new UnsayableError(path, "has a check that the model cannot know of: annotate it with `expected`")
    }
    const { words: ofForm = form === undefined ? expectedOf(layers) : undefined, ...ofKeywords } = form ?? {}
    return described(this.#dialect, { ...json, ...ofKeywords, ...keywords }, {
      layers,
      words: ofForm === undefined ? words : [ofForm, ...words],
      json: (layer, value) => exampleOf(layer, value, path)
    })
  }

  #base(ast: AST, path: string, layers: ReadonlyArray<Layer>): Json {
    switch (ast._tag) {
      case "String":
        return { type: "string" }
      case "Number":
        return { type: "number" }
      case "Boolean":
        return { type: "boolean" }
      case "Null":
        return { type: "null" }
      case "Literal":
        return { const: ast.literal }
      case "Enum":
        return ast.enums.every(([, value]) => typeof value === "string")
          ? { enum: ast.enums.map(([, value]) => value) }
          : { anyOf: ast.enums.map(([title, value]) => ({ const: value, title })) }
      case "TemplateLiteral":
        return { type: "string", pattern: Schema.toJsonSchemaDocument(Schema.make(ast)).schema.pattern }
      case "Arrays":
        return this.#array(ast, path, layers)
      case "Objects":
        return this.#object(ast, path, layers)
      case "Union":
        return this.#union(ast, path, layers)
      default:
        return this.#opaque(ast, path)
    }
  }

  /** What says nothing of its values. */
  #opaque(ast: AST, path: string): Json {
    switch (ast._tag) {
      case "Any":
      case "Unknown":
      case "Declaration":
        // A declaration whose values are JSON already has a form of its own that changes nothing.
        if (ast._tag === "Declaration" && typeof ast.annotations?.toCodecJson !== "function") break
        if (this.#dialect === "full") return {}
        throw new UnsayableError(path, "says nothing of the value: give it a schema")
      case "ObjectKeyword":
        if (this.#dialect === "full") return { type: ["object", "array"] }
        throw new UnsayableError(path, "says nothing of the object: list its fields")
      case "Never":
        throw new UnsayableError(path, "has no value")
      case "Symbol":
      case "UniqueSymbol":
        throw new UnsayableError(path, "is a symbol, which JSON does not have")
    }
    throw new UnsayableError(path, "has no JSON form: decode it from a schema that has one")
  }

  #union(ast: SchemaAST.Union, path: string, layers: ReadonlyArray<Layer>): Json {
    const outer = outerOf("Union", ast, layers).filter(({ types }) => types.length === ast.types.length)
    const members = ast.types.map((type, index) =>
      this.schema(type, path, outer.flatMap(({ types }) => types[index] ?? []))
    )
    const different = distinct(members)
    const [first, ...others] = different
    if (first === undefined) throw new UnsayableError(path, "has no value")
    if (others.length === 0) return first
    const isLiteral = (member: Json) => Object.keys(member).length === 1 && "const" in member
    if (different.every(isLiteral)) return { enum: different.map((member) => member.const) }
    return { anyOf: different }
  }

  #array(ast: SchemaAST.Arrays, path: string, layers: ReadonlyArray<Layer>): Json {
    const { elements, rest } = ast
    const [items, ...more] = rest
    if (isList(ast)) {
      if (items === undefined) return { type: "array", maxItems: 0 }
      const around = outerOf("Arrays", ast, layers).flatMap(({ rest }) => rest.length === 1 ? rest : [])
      const least = elements.length === 0 ? {} : { minItems: elements.length }
      return { type: "array", items: this.schema(items, `${path}[]`, around), ...least }
    }
    if (more.length > 0 || this.#dialect === "strict") {
      throw new UnsayableError(path, "is a tuple with elements after its rest: use a struct")
    }
    return {
      type: "array",
      prefixItems: elements.map((element, index) => this.schema(element, `${path}[${index}]`, [])),
      items: items === undefined ? false : this.schema(items, `${path}[]`, []),
      minItems: elements.filter((element) => !SchemaAST.isOptional(lastOf(element))).length
    }
  }

  #object(ast: SchemaAST.Objects, path: string, layers: ReadonlyArray<Layer>): Json {
    const [signature, ...more] = ast.indexSignatures
    if (more.length > 0 || (signature !== undefined && this.#dialect === "strict")) {
      throw new UnsayableError(path, "is a record of several kinds of keys or of symbols: use a struct")
    }
    const outer = outerOf("Objects", ast, layers)
    const required: Array<string> = []
    const properties = ast.propertySignatures.map(({ name, type }, index) => {
      if (typeof name !== "string") {
        throw new UnsayableError(`${path}[${String(name)}]`, "is named by a symbol, which JSON does not have")
      }
      if (!SchemaAST.isOptional(lastOf(type))) required.push(name)
      const around = outer.flatMap((one) => this.#sameProperty(one, ast, index) ?? [])
      return [name, this.schema(withoutUndefined(type), `${path}.${name}`, around)] as const
    })
    return {
      type: "object",
      properties: Object.fromEntries(properties),
      ...(required.length === 0 ? {} : { required }),
      ...(signature === undefined ? { additionalProperties: false } : this.#signature(signature, path))
    }
  }

  /** The property that a transformation makes of another: by its name, or where it only renames them by its place. */
  #sameProperty(outer: SchemaAST.Objects, ast: SchemaAST.Objects, index: number): AST | undefined {
    const here = ast.propertySignatures[index]
    const same = outer.propertySignatures.find(({ name }) => name === here?.name)
    const there = outer.propertySignatures[index]
    const isRenamed = there !== undefined && jsonCodec(SchemaAST.toEncoded(there.type), this.#dialect) === here?.type
    const found = same ?? (isRenamed ? there : undefined)
    // In its JSON form, whose parts are where those of the property here are.
    return found === undefined ? undefined : jsonCodec(found.type, this.#dialect)
  }

  #signature({ parameter, type }: SchemaAST.IndexSignature, path: string): Json {
    const key = lastOf(parameter)
    const names = key._tag === "Number" ? {} : this.schema(key, `${path} (keys)`, [])
    return {
      additionalProperties: this.schema(type, `${path}.*`, []),
      ...(Object.keys(names).length <= 1 ? {} : { propertyNames: names })
    }
  }
}

/** What transformations make of a place, where it is of the same kind. */
const outerOf = <Tag extends AST["_tag"]>(tag: Tag, ast: AST, layers: ReadonlyArray<Layer>) =>
  layers.flatMap((layer) => layer.isKey || layer.ast === ast || !hasTag(layer.ast, tag) ? [] : [layer.ast])

const hasTag = <Tag extends AST["_tag"]>(ast: AST, tag: Tag): ast is Extract<AST, { readonly _tag: Tag }> =>
  ast._tag === tag

/** Whether a schema is worth a definition. */
const isComposite = (json: Json): boolean => json.type === "object" || json.type === "array" || "anyOf" in json

/** A key that may be missing need not be `null` as well. */
const withoutUndefined = (ast: AST): AST => {
  if (ast._tag !== "Union" || ast.encoding !== undefined || !SchemaAST.isOptional(ast)) return ast
  const types = ast.types.filter(({ _tag }) => _tag !== "Undefined")
  return types.length === 0 || types.length === ast.types.length
    ? ast
    : new SchemaAST.Union(types, ast.options, ast.annotations, ast.checks, undefined, ast.context)
}

/** What Effect says of a text that it decodes, where nobody says more. */
const expectedOf = (layers: ReadonlyArray<Layer>): string | undefined => {
  const isTold = layers.some(({ annotations }) => annotations.some(({ description }) => description !== undefined))
  const [json, value] = layers.filter(({ isKey }) => !isKey).toReversed()
  if (isTold || json?.ast._tag !== "String" || value === undefined) return undefined
  const { expected } = json.ast.annotations ?? {}
  if (typeof expected === "string") return `${expected.charAt(0).toUpperCase()}${expected.slice(1)}.`
  const name = value.ast._tag === "Declaration" ? SchemaAST.resolveIdentifier(value.ast) : undefined
  return name === undefined ? undefined : `A string that will be decoded as ${name.replace("FromString", "")}.`
}

/** A text that holds JSON. */
const contentOf = (ast: AST): Form | undefined => {
  const inner = lastOf(ast)._tag === "String" ? withinText(ast) : undefined
  if (inner === undefined) return undefined
  const { contentMediaType } = Schema.toJsonSchemaDocument(Schema.make(ast)).schema
  if (contentMediaType !== "application/json") return undefined
  return { contentMediaType, contentSchema: new Writer("full").document(inner) }
}

/** The schema without the links that lead from unknown JSON to a text. */
const withinText = (ast: AST): AST | undefined => {
  const links = ast.encoding ?? []
  const to = links.at(-1)?.to
  if (to === undefined) return undefined
  return to._tag === "Unknown" || to._tag === "String" ? withLinks(ast, links.slice(0, -1)) : withinText(to)
}

/** Examples are values of the type: a model needs them as it would write them. */
const exampleOf = ({ ast }: Layer, value: unknown, path: string): unknown => {
  const exit = Schema.encodeUnknownExit(Schema.make<Schema.Codec<unknown>>(ast))(value)
  if (Exit.isSuccess(exit) && isJson(exit.value)) return exit.value
  if (isJson(value)) return value
  throw new UnsayableError(path, "has an example or a default that is no value of the schema")
}

const isJson = Schema.is(Schema.Json)
