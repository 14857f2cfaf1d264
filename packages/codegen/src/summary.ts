import type { SdkModel } from "./model.ts"

const tally = (keys: Iterable<string>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1
  return counts
}

/** The counts that tell at a glance whether a new SDK was read whole. */
export const summarize = ({ errorClasses, errorCodes, errorTypes, methods, resources, version }: SdkModel) => {
  const beta = methods.filter(({ path }) => path.startsWith("beta."))
  const tags = methods.flatMap((method) => method.throws)
  const overloaded = methods.filter(({ signatures }) => signatures.length > 1)
  return {
    version,
    resources: resources.length,
    methods: { all: methods.length, ga: methods.length - beta.length, beta: beta.length },
    shapes: tally(methods.map(({ shape }) => shape)),
    verbs: tally(methods.map(({ request }) => request?.verb ?? "none")),
    overloaded: Object.fromEntries(overloaded.map(({ path, signatures }) => [path, signatures.length])),
    helpers: tally(methods.flatMap(({ helper }) => helper?.kind ?? [])),
    throws: {
      methods: methods.filter((method) => method.throws.length > 0).length,
      tags: tags.length,
      classes: new Set(tags).size
    },
    errorCodes: { all: errorCodes.length, ...tally(errorCodes.map(({ parent, status }) => `${status} ${parent}`)) },
    errorClasses: errorClasses.length,
    errorTypes: errorTypes.length
  }
}
