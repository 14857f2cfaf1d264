/** What a schema says of one place: by itself, by what it is decoded from, and by the key that it stands at. */
import type * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { withLinks } from "./jsonCodec.ts"
import { type Form, formOf } from "./known.ts"

type AST = SchemaAST.AST

export interface Layer {
  /** A schema, decoded from the JSON by what is left of its links. */
  readonly ast: AST
  /** What its key says. */
  readonly isKey: boolean
  readonly annotations: ReadonlyArray<Schema.Annotations.Annotations>
  readonly checks: ReadonlyArray<SchemaAST.Check<unknown>>
}

/** What is decoded first, the JSON last. */
export const layersOf = (ast: AST): ReadonlyArray<Layer> => {
  const key = ast.context?.annotations
  const links = ast.encoding ?? []
  return [
    ...(key === undefined ? [] : [{ ast, isKey: true, annotations: [key], checks: [] }]),
    layerOf(ast),
    ...links.flatMap(({ to }, index) =>
      index < links.length - 1 ? [layerOf(withLinks(to, links.slice(index + 1)))] : layersOf(to)
    )
  ]
}

const layerOf = (ast: AST): Layer => {
  const checks = [...flat(ast.checks), ...("encodingChecks" in ast ? flat(ast.encodingChecks) : [])]
  const groups = (ast.checks ?? []).filter(({ _tag }) => _tag === "FilterGroup")
  const annotations = [ast.annotations, ...[...groups, ...checks].map(({ annotations }) => annotations)]
    .filter((annotations) => annotations !== undefined)
  return { ast, isKey: false, annotations, checks }
}

/** A group is its checks, unless one of them says nothing. */
const flat = (checks: SchemaAST.Checks | undefined): ReadonlyArray<SchemaAST.Check<unknown>> =>
  (checks ?? []).flatMap((check: SchemaAST.Check<unknown>): ReadonlyArray<SchemaAST.Check<unknown>> => {
    if (check._tag === "Filter") return [check]
    const parts = flat(check.checks)
    const isTold = (part: SchemaAST.Check<unknown>) =>
      wordsOf(part) !== undefined || part.annotations?.toJsonSchema !== undefined
    return parts.every(isTold) || wordsOf(check) === undefined ? parts : [check]
  })

/** What a check asks for, in words. */
export const wordsOf = ({ annotations }: SchemaAST.Check<unknown>): string | undefined => {
  for (const words of [annotations?.description, annotations?.expected, annotations?.title, annotations?.message]) {
    if (typeof words === "string" && words !== "") return words
  }
  return undefined
}

/** How the innermost link that changes anything reads the JSON. */
export const formAt = (ast: AST): Form | undefined => {
  const links = ast.encoding ?? []
  const last = links.at(-1)
  if (last === undefined) return undefined
  if (last.to.encoding !== undefined) return formAt(last.to)
  const link = links.findLast(({ transformation }) => transformation !== unchanged)
  return link === undefined ? undefined : formOf(link)
}

const unchanged: unknown = SchemaTransformation.passthrough()
