import { entryPoints, helperMethods, helpersOf } from "./helpers.ts"
import type { SdkModel } from "./model.ts"

/** `docs/sdk-helpers.md`: what the SDK has beside its API methods, and how it goes with the service. */
export const emitHelpers = (model: SdkModel): string => {
  const methods = helpersOf(model).flatMap((path) => {
    const helper = helperMethods[path]
    return helper === undefined ? [] : [[`\`${path}\``, helper.reason, helper.instead]]
  })
  const modules = model.entryPoints.flatMap(({ exports, path }) => {
    const entry = entryPoints[path]
    return entry === undefined || entry === null ? [] : [{ path, exports, ...entry }]
  })
  return [
    "# Helpers of the SDK",
    "",
    "The service has every method of the SDK's client that calls the API, and `beta.webhooks.unwrap`. What else the SDK has",
    "is listed here. All of it stays within reach: `ClaudeClient` has the SDK's client, and the modules can be imported.",
    "",
    "## Methods of the client",
    "",
    "These hold a loop or a state of their own, or call nothing, so they are not methods of the service.",
    "",
    table(["method", "why", "use instead"], methods),
    "",
    "## Modules",
    "",
    ...modules.flatMap(({ exports, path, use, what }) => [
      `### \`@anthropic-ai/sdk/${path}\``,
      "",
      `${what} ${use}`,
      "",
      exports.map((name) => `\`${name}\``).join(", "),
      ""
    ])
  ].join("\n").trimEnd()
}

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")
