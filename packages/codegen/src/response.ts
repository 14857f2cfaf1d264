import { ts } from "ts-morph"
import type { FieldKind, ResponseBody } from "./model.ts"

/** What every body of one of `types` says in its `type`. */
export const readResponse = (checker: ts.TypeChecker, types: ReadonlyArray<ts.Type>): ResponseBody => {
  const members = types.flatMap((type) => type.isUnion() ? type.types : [type])
  const bodies = members.filter(({ flags }) => !(flags & ts.TypeFlags.Null))
  const literals = bodies.map((body) => typeLiterals(checker, body))
  return {
    types: literals.every((each) => each !== null) ? [...new Set(literals.flat())].sort() : null,
    nullable: bodies.length < members.length,
    fields: readFields(checker, bodies)
  }
}

/** The fields that every body has, each of one kind. */
const readFields = (checker: ts.TypeChecker, [first, ...more]: ReadonlyArray<ts.Type>): ResponseBody["fields"] => {
  const fields = first === undefined ? {} : fieldsOf(checker, first)
  const others = more.map((body) => fieldsOf(checker, body))
  return Object.fromEntries(
    Object.entries(fields).filter(([name, kind]) => others.every((each) => each[name] === kind)).sort()
  )
}

const fieldsOf = (checker: ts.TypeChecker, body: ts.Type): Readonly<Record<string, FieldKind>> =>
  Object.fromEntries(
    checker.getPropertiesOfType(body).flatMap((property) => {
      if (property.flags & ts.SymbolFlags.Optional) return []
      const kind = kindOf(checker, checker.getTypeOfSymbol(property))
      return kind === null ? [] : [[property.name, kind] as const]
    })
  )

/** The kind of JSON value, `null` where a type may have several, or `null` among them. */
const kindOf = (checker: ts.TypeChecker, type: ts.Type): FieldKind | null => {
  const kinds = new Set((type.isUnion() ? type.types : [type]).map((each) => simpleKindOf(checker, each)))
  const [kind = null] = kinds
  return kinds.size === 1 ? kind : null
}

const simpleKindOf = (checker: ts.TypeChecker, type: ts.Type): FieldKind | null => {
  if (type.flags & ts.TypeFlags.StringLike) return "string"
  if (type.flags & ts.TypeFlags.NumberLike) return "number"
  if (type.flags & ts.TypeFlags.BooleanLike) return "boolean"
  if (checker.isArrayType(type)) return "array"
  return type.flags & ts.TypeFlags.Object ? "object" : null
}

const typeLiterals = (checker: ts.TypeChecker, body: ts.Type): ReadonlyArray<string> | null => {
  const property = checker.getPropertyOfType(body, "type")
  if (property === undefined || property.flags & ts.SymbolFlags.Optional) return null
  const type = checker.getTypeOfSymbol(property)
  const values = (type.isUnion() ? type.types : [type]).map((each) => each.isStringLiteral() ? each.value : null)
  return values.every((value) => value !== null) ? values : null
}

/** The params object that a parameter's type stands for, its alternatives apart. */
const paramsOf = (checker: ts.TypeChecker, type: ts.Type): ReadonlyArray<ts.Type> => {
  const params = checker.getNonNullableType(checker.getBaseConstraintOfType(type) ?? type)
  return params.isUnion() ? params.types : [params]
}

/** The names of what `type` may hold. */
export const paramNames = (checker: ts.TypeChecker, type: ts.Type): ReadonlyArray<string> =>
  paramsOf(checker, type).flatMap((params) => checker.getPropertiesOfType(params).map(({ name }) => name))

/** Whether `type` has a `model` that may be a string. */
export const takesModel = (checker: ts.TypeChecker, type: ts.Type): boolean => {
  const params = checker.getNonNullableType(checker.getBaseConstraintOfType(type) ?? type)
  const property = checker.getPropertyOfType(params, "model")
  if (property === undefined) return false
  const model = checker.getTypeOfSymbol(property)
  return (model.isUnion() ? model.types : [model]).some(({ flags }) => flags & ts.TypeFlags.StringLike)
}
