import { ts } from "ts-morph"
import type { HttpRequest, Verb } from "./model.ts"
import { descendants, literalText, snakeCase, valueOf } from "./nodes.ts"
import { type Sdk, unreadable } from "./sdk.ts"

/** The client's own methods that send a request. */
const verbs: Readonly<Record<string, Verb>> = {
  get: "GET",
  getAPIList: "GET",
  post: "POST",
  put: "PUT",
  patch: "PATCH",
  delete: "DELETE"
}

/** The request that a method's body sends with `this._client.post(…)` and the like, or `null` where it sends none. */
export const readRequest = (sdk: Sdk, method: ts.MethodDeclaration): HttpRequest | null => {
  const [call, ...more] = descendants(method, ts.isCallExpression).filter((node) => verbOf(sdk, node) !== undefined)
  if (call === undefined) return null
  if (more.length > 0) return unreadable("a method with more than one request", method)
  return {
    verb: verbOf(sdk, call) ?? unreadable("a request without a verb", call),
    route: literalText(valueOf(method, "route")) ?? routeOf(call)
  }
}

const verbOf = (sdk: Sdk, { arguments: given, expression }: ts.CallExpression): Verb | undefined => {
  if (!ts.isPropertyAccessExpression(expression)) return undefined
  const verb = verbs[expression.name.text]
  if (verb === undefined || !isClientMethod(sdk, expression)) return undefined
  const settings = given.at(-1)
  const explicit = settings === undefined ? undefined : literalText(valueOf(settings, "method"))
  return explicit === undefined ? verb : verbs[explicit]
}

const isClientMethod = ({ checker, file }: Sdk, node: ts.PropertyAccessExpression): boolean =>
  (checker.getSymbolAtLocation(node.name)?.declarations ?? []).some((each) => each.getSourceFile() === file("client"))

/** The route as the request's own path spells it. */
const routeOf = (call: ts.CallExpression): string => {
  const [path] = call.arguments
  return literalText(path) ?? (path !== undefined && ts.isTaggedTemplateExpression(path)
    ? templateRoute(path.template)
    : unreadable("a request without a route", call))
}

const templateRoute = (template: ts.TemplateLiteral): string =>
  ts.isNoSubstitutionTemplateLiteral(template)
    ? template.text
    : template.head.text +
      template.templateSpans.map(({ expression, literal }) => `{${snakeCase(expression.getText())}}${literal.text}`)
        .join("")

/** Whether a method sends a multipart form. */
export const sendsForm = (method: ts.MethodDeclaration): boolean =>
  descendants(method, ts.isCallExpression).some(({ expression }) => /multipartForm/i.test(expression.getText()))
