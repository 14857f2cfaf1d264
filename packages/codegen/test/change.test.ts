import { describe, expect, it } from "vitest"
import type { Method, SdkModel } from "../src/model.ts"
import { readSdk } from "../src/read.ts"
import { anErrorCodeMore, type Edit, withCopy } from "./copy.ts"

const before = readSdk()

const readWith = (...edits: ReadonlyArray<Edit>): SdkModel => withCopy(edits, readSdk)

const change = (model: SdkModel, path: string, alter: (method: Method) => Method): SdkModel => ({
  ...model,
  methods: model.methods.map((method) => method.path === path ? alter(method) : method)
})

const models = "src/resources/models.ts"

describe("a copy of the SDK", () => {
  it("reads as the SDK that it copies, without its dependencies", () => {
    expect(readWith()).toEqual(before)
  })

  it("with a model more, which is to come off the API, knows that model first", () => {
    const { knownModels: { ids, retirements } } = readWith(
      {
        file: "src/resources/messages/messages.ts",
        before: "export type Model =",
        after: "export type Model =\n  | 'claude-opus-6'"
      },
      {
        file: "src/internal/data/deprecated-models.ts",
        before: "} as const",
        after: "  'claude-opus-6': 'February 1st, 2028',\n} as const"
      }
    )
    expect(ids).toEqual(["claude-opus-6", ...before.knownModels.ids])
    expect(retirements).toEqual({ ...before.knownModels.retirements, "claude-opus-6": "2028-02-01" })
  })

  it("with a method more has that method more", () => {
    const after = readWith({
      file: models,
      before: "export class Models extends APIResource {",
      after: `export class Models extends APIResource {
        /** @throws {OrganizationOnHoldError} */
        compare(modelID: string, params: ModelRetrieveParams & { with: 'all' | 'newer' }, options?: RequestOptions): APIPromise<ModelInfo | null> {
          return this._client.post(path\`/v1/models/\${modelID}/compare\`, { body: params, ...options });
        }
      `
    })
    const module = "@anthropic-ai/sdk/resources/models"
    const compare: Method = {
      path: "models.compare",
      resource: "models",
      class: { name: "Models", module },
      file: models,
      shape: "json",
      signatures: [{
        typeParameters: [],
        parameters: [
          { name: "modelID", role: "path", optional: false, type: ["string"] },
          {
            name: "params",
            role: "params",
            optional: false,
            type: [{ name: "ModelRetrieveParams", module }, ` & { with: "all" | "newer"; }`]
          },
          {
            name: "options",
            role: "options",
            optional: true,
            type: [{ name: "Anthropic.RequestOptions", module: "@anthropic-ai/sdk" }]
          }
        ],
        shape: "json",
        returns: [
          { name: "APIPromise", module: "@anthropic-ai/sdk/core/api-promise" },
          "<",
          { name: "ModelInfo", module },
          " | null>"
        ],
        result: [{ name: "ModelInfo", module }, " | null"],
        item: null,
        page: null,
        deprecated: false
      }],
      request: { verb: "POST", route: "/v1/models/{model_id}/compare" },
      delegates: [],
      throws: ["OrganizationOnHoldError"],
      errors: ["OrganizationOnHoldError"],
      response: {
        types: ["model"],
        nullable: true,
        fields: before.methods.find(({ path }) => path === "models.retrieve")?.response?.fields ?? {}
      },
      helper: null,
      params: [...before.methods.find(({ path }) => path === "models.retrieve")?.params ?? [], "with"].toSorted(),
      model: false,
      upload: false,
      deprecated: false
    }
    const place = before.methods.findIndex(({ path }) => path === "models.retrieve")
    expect(after).toEqual({ ...before, methods: before.methods.toSpliced(place, 0, compare) })
  })

  it("with a resource more has its methods, inherited ones too", () => {
    const after = readWith(
      {
        file: "src/client.ts",
        before: "  files: API.Files =",
        after: "  drafts = new Drafts(this);\n  files: API.Files ="
      },
      {
        file: "src/client.ts",
        before: "\nexport class Anthropic ",
        after: "\nexport class Drafts extends API.Models {}\nexport class Anthropic "
      }
    )
    const added = after.methods.filter(({ path }) => !before.methods.some((method) => method.path === path))
    expect(added.map(({ class: { name }, path }) => [path, name])).toEqual([
      ["drafts.retrieve", "Models"],
      ["drafts.list", "Models"]
    ])
  })

  it("with an error code more has that code, and the methods that document it", () => {
    const after = readWith(...anErrorCodeMore)
    const module = "@anthropic-ai/sdk/resources/models"
    const place = before.errorCodes.findIndex(({ errorCode }) => errorCode === "registration_pending")
    const insert = (tags: ReadonlyArray<string>) =>
      tags.toSpliced(tags.indexOf("FileNotDownloadableError") + 1, 0, "ModelAsleepError")
    const withTag = change(before, "files.download", (method) => ({
      ...method,
      throws: insert(method.throws),
      errors: insert(method.errors)
    }))
    expect(after).toEqual({
      ...withTag,
      errorCodes: before.errorCodes.toSpliced(place, 0, {
        tag: "ModelAsleepError",
        status: 503,
        errorCode: "model_asleep",
        parent: "ServiceUnavailableError",
        module,
        details: [{ name: "ModelAsleepErrorDetails", module }]
      })
    })
  })

  it("with an overload more has that signature more", () => {
    const after = readWith({
      file: models,
      before: "  retrieve(\n",
      after:
        `  retrieve(modelID: string, params: ModelRetrieveParams | null | undefined, options?: RequestOptions): APIPromise<ModelInfo>;
        /** @deprecated Name the model. */
        retrieve(modelID: string, params?: undefined): APIPromise<ModelInfo>;
        retrieve(\n`
    })
    expect(after).toEqual(change(before, "models.retrieve", (method) => {
      const [signature] = method.signatures
      if (signature === undefined) return method
      const [modelID, params, options] = signature.parameters
      if (modelID === undefined || params === undefined || options === undefined) return method
      return {
        ...method,
        signatures: [
          { ...signature, parameters: [modelID, { ...params, optional: false }, options] },
          { ...signature, deprecated: true, parameters: [modelID, { ...params, type: ["undefined"] }] }
        ]
      }
    }))
  })

  it("with a method that is no call and no helper is refused, by name", () => {
    const edit: Edit = {
      file: models,
      before: "export class Models extends APIResource {",
      after: `export class Models extends APIResource {
        async guess(options?: RequestOptions): Promise<string> {
          return 'claude';
        }
      `
    }
    expect(() => readWith(edit)).toThrow("Cannot read the SDK: models.guess sends nothing")
  })
})
