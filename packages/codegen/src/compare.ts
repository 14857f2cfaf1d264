import type { Decisions } from "./decisions.ts"
import { entryPoints } from "./helpers.ts"
import type { Method, SdkModel } from "./model.ts"
import { problemsOf } from "./problems.ts"

/** What one SDK has and another has not, under a heading each. */
export interface Difference {
  readonly heading: string
  readonly items: ReadonlyArray<string>
}

/** What is new and what is gone from one SDK to the next, for people to read. Headings without items are left out. */
export const compare = (before: SdkModel, after: SdkModel): ReadonlyArray<Difference> => {
  const listed = (name: string, list: (model: SdkModel) => ReadonlyArray<string>): ReadonlyArray<Difference> => [
    { heading: `New ${name}`, items: without(list(after), list(before)) },
    { heading: `Removed ${name}`, items: without(list(before), list(after)) }
  ]
  const known = new Map(before.methods.map((method) => [method.path, method]))
  const perMethod = (list: (method: Method) => ReadonlyArray<string>): ReadonlyArray<string> =>
    after.methods.flatMap((method) => {
      const earlier = known.get(method.path)
      const added = earlier === undefined ? [] : without(list(method), list(earlier))
      return added.length === 0 ? [] : [`${method.path}: ${added.join(", ")}`]
    })
  return [
    ...listed("methods", ({ methods }) => methods.map(describeMethod)),
    ...listed("error codes", ({ errorCodes }) => errorCodes.map(describeCode)),
    ...listed("error types", ({ errorTypes }) => errorTypes.map(({ type }) => type)),
    ...listed("helpers", (model) => model.entryPoints.flatMap(describeExports)),
    { heading: "New parameters of methods", items: perMethod(({ params }) => params) },
    { heading: "New error codes of methods", items: perMethod(({ errors }) => errors) }
  ].filter(({ items }) => items.length > 0)
}

const without = (items: ReadonlyArray<string>, known: ReadonlyArray<string>): ReadonlyArray<string> => {
  const seen = new Set(known)
  return items.filter((item) => !seen.has(item))
}

const describeMethod = ({ path, request, shape }: Method): string =>
  request === null ? `${path} (${shape})` : `${path} (${request.verb} ${request.route})`

const describeCode = ({ errorCode, status, tag }: SdkModel["errorCodes"][number]): string =>
  `${status} ${errorCode} (${tag})`

const describeExports = ({ exports, path }: SdkModel["entryPoints"][number]): ReadonlyArray<string> =>
  entryPoints[path] === null ? [] : exports.map((name) => `${name} (${path})`)

/** The differences and what they leave to decide, as text. */
export const report = (before: SdkModel, after: SdkModel, decisions: Decisions): string => {
  const decide = problemsOf(after, decisions)
  const sections = [
    ...compare(before, after),
    ...(decide.length === 0 ? [] : [{ heading: "To decide", items: decide }])
  ]
  return [
    before.version === after.version
      ? `@anthropic-ai/sdk ${after.version}`
      : `@anthropic-ai/sdk ${before.version} -> ${after.version}`,
    ...sections.map(({ heading, items }) =>
      `${heading} (${items.length}):\n${items.map((item) => `  ${item}`).join("\n")}`
    ),
    ...(sections.length === 0 ? ["Nothing is new in methods, error codes and parameters."] : [])
  ].join("\n\n")
}
