import { ts } from "ts-morph"
import type { Sdk } from "./sdk.ts"

/** What the name of a field ends with that holds a secret: `signing_secret`, `access_token`, `secret_value`. */
const secretName = /(?:^|_)(?:api_key|assertion|passphrase|password|private_key|secret|secret_key|secret_value|token)$/

/** The fields of bodies, sent or answered, that hold a secret: each name once. */
export const readSecretFields = (sdk: Sdk): ReadonlyArray<string> => {
  const names = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isPropertySignature(node)) {
      const name = node.name.getText()
      if (secretName.test(name) && holdsText(sdk.checker.getTypeAtLocation(node))) names.add(name)
    }
    ts.forEachChild(node, visit)
  }
  sdk.files.filter(holdsBodies(sdk)).forEach(visit)
  return [...names].toSorted()
}

const holdsBodies = (sdk: Sdk) => (file: ts.SourceFile): boolean =>
  /^(?:resources\/|core\/credentials$)/.test(sdk.pathOf(file) ?? "")

/** A count of tokens is a number, and a kind of token is one of a few words. */
const holdsText = (type: ts.Type): boolean =>
  type.isUnion() ? type.types.some(holdsText) : (type.flags & ts.TypeFlags.String) !== 0
