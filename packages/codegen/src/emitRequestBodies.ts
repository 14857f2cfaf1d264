import type { BodyObject, BodyType, SdkModel } from "./model.ts"

/** Beside the folder of the generated file. */
const types = "../body.ts"

/** `generated/requestBodies.ts`: what the bodies of the message routes may hold. */
export const emitRequestBodies = ({ requestBodies: { bodies, objects } }: SdkModel): string =>
  `import type { Body, Fields } from ${JSON.stringify(types)}

export const bodies = ${JSON.stringify(mapValues(bodies, render))} as const satisfies Readonly<Record<string, Body>>

export const objects: Readonly<Record<string, Fields>> = ${JSON.stringify(mapValues(objects, renderFields))}`

const mapValues = <A, B>(record: Readonly<Record<string, A>>, f: (value: A) => B): Readonly<Record<string, B>> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]))

/** `"string"`, `"#Interface"`, `{ is: "literal" }`, `[element]`, `{ all: value }` of a record, `{ or: […] }`. */
type Rendered =
  | string
  | { readonly is: string | number | boolean }
  | readonly [Rendered]
  | { readonly all: Rendered }
  | { readonly or: ReadonlyArray<Rendered> }

const render = (type: BodyType): Rendered => {
  switch (type.kind) {
    case "literal":
      return { is: type.value }
    case "array":
      return [render(type.of)]
    case "record":
      return { all: render(type.of) }
    case "union":
      return { or: type.of.map(render) }
    case "object":
      return `#${type.name}`
    default:
      return type.kind
  }
}

/** An optional field has a `?`; `...` stands for any others. */
const renderFields = ({ fields, open }: BodyObject): Readonly<Record<string, Rendered>> => ({
  ...Object.fromEntries(
    Object.entries(fields).map(([name, { required, type }]) => [required ? name : `${name}?`, render(type)])
  ),
  ...(open ? { "...": "any" } : {})
})
