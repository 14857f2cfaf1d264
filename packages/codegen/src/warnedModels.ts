import { ts } from "ts-morph"
import { constantIn } from "./constants.ts"
import { type Sdk, unreadable } from "./sdk.ts"

/** The models that `create` warns of on the console, deprecated ones and those with a deprecated setting. */
export const readWarnedModels = (sdk: Sdk): ReadonlyArray<string> =>
  [
    ...new Set(
      ["resources/messages/messages", "resources/beta/messages/messages"].flatMap((path) =>
        ["DEPRECATED_MODELS", "MODELS_TO_WARN_WITH_THINKING_ENABLED"].flatMap((name) => modelsIn(sdk, path, name))
      )
    )
  ].toSorted()

/** The keys of the object, or the elements of the array, that a constant is. */
const modelsIn = (sdk: Sdk, path: string, name: string): ReadonlyArray<string> => {
  const value = constantIn(sdk, path, name)
  if (value !== undefined && ts.isObjectLiteralExpression(value)) {
    return value.properties.flatMap(({ name }) => name !== undefined && ts.isStringLiteral(name) ? [name.text] : [])
  }
  return value !== undefined && ts.isArrayLiteralExpression(value)
    ? value.elements.filter(ts.isStringLiteral).map(({ text }) => text)
    : unreadable(`no models in ${name} of src/${path}.ts`, value)
}
