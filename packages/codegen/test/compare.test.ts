import { describe, expect, it } from "vitest"
import { compare, report } from "../src/compare.ts"
import { decisions } from "../src/decisions.ts"
import { readSdk } from "../src/read.ts"
import { bump } from "../src/versions.ts"
import { anErrorCodeMore, withCopy } from "./copy.ts"

const before = readSdk()

const models = "src/resources/models.ts"

describe("what is new in an SDK", { timeout: 60_000 }, () => {
  const after = withCopy([
    ...anErrorCodeMore,
    {
      file: "src/helpers/index.ts",
      before: "export { zodOutputFormat }",
      after: "export const internalHelper = 1;\nexport { zodOutputFormat }"
    },
    {
      file: "src/helpers/zod.ts",
      before: "export function zodOutputFormat<",
      after: "export const zodAnswer = 1;\nexport function zodOutputFormat<"
    },
    {
      file: models,
      before: "export interface ModelListParams extends PageParams {",
      after: "export interface ModelListParams extends PageParams {\n  newer_than?: string;"
    },
    {
      file: models,
      before: "export class Models extends APIResource {",
      after: `export class Models extends APIResource {
        compare(modelID: string, options?: RequestOptions): APIPromise<ModelInfo> {
          return this._client.get(path\`/v1/models/\${modelID}/compare\`, options);
        }
      `
    }
  ], readSdk)

  it("is named: methods, error codes, helpers, parameters, and the codes of each method", () => {
    expect(compare(before, after)).toEqual([
      { heading: "New methods", items: ["models.compare (GET /v1/models/{model_id}/compare)"] },
      { heading: "New error codes", items: ["503 model_asleep (ModelAsleepError)"] },
      { heading: "New helpers", items: ["zodAnswer (helpers/zod)"] },
      { heading: "New parameters of methods", items: expect.arrayContaining(["models.list: newer_than"]) },
      { heading: "New error codes of methods", items: ["files.download: ModelAsleepError"] }
    ])
  })

  it("is removed the other way round", () => {
    expect(compare(after, before)).toEqual([
      { heading: "Removed methods", items: ["models.compare (GET /v1/models/{model_id}/compare)"] },
      { heading: "Removed error codes", items: ["503 model_asleep (ModelAsleepError)"] },
      { heading: "Removed helpers", items: ["zodAnswer (helpers/zod)"] }
    ])
  })

  it("is reported with what is to be decided", () => {
    expect(report(before, after, decisions)).toMatch(
      /New methods \(1\):\n {2}models\.compare [^]*To decide \(1\):\n {2}"503 model_asleep" needs a row/
    )
  })

  it("is nothing between an SDK and itself", () => {
    expect(compare(before, before)).toEqual([])
    expect(report(before, before, decisions)).toContain("Nothing is new")
  })
})

describe("the version of the SDK in a package.json", () => {
  it("is bumped, exact or from it on, and nothing else is", () => {
    const manifest = (sdk: string) =>
      JSON.stringify(
        {
          peerDependencies: { "@anthropic-ai/sdk": `^${sdk}`, effect: "^4.1.0" },
          devDependencies: { "@anthropic-ai/sdk": sdk, "@anthropic-ai/bedrock-sdk": "1.1.3" }
        },
        null,
        2
      )
    expect(bump(manifest("1.12.0"), "1.14.0")).toBe(manifest("1.14.0"))
  })
})
