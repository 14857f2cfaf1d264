import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { installedSdk } from "../src/sdk.ts"

/** A change to one file of the SDK: `before` stands there once, and gives way to `after`. */
export interface Edit {
  readonly file: string
  readonly before: string
  readonly after: string
}

/** Runs `use` on a copy of the SDK's sources with `edits` made, which is gone afterwards. */
export const withCopy = <A>(edits: ReadonlyArray<Edit>, use: (root: string) => A): A => {
  const root = mkdtempSync(join(tmpdir(), "effect-claude-sdk-"))
  try {
    for (const part of ["package.json", "src"]) {
      cpSync(join(installedSdk(), part), join(root, part), { recursive: true })
    }
    for (const edit of edits) apply(root, edit)
    return use(root)
  } finally {
    rmSync(root, { recursive: true })
  }
}

const apply = (root: string, { after, before, file }: Edit) => {
  const path = join(root, file)
  const parts = readFileSync(path, "utf8").split(before)
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} of ${before}`)
  writeFileSync(path, parts.join(after))
}

const models = "src/resources/models.ts"

/** The error code `model_asleep`, which files.download documents. */
export const anErrorCodeMore: ReadonlyArray<Edit> = [
  {
    file: "src/core/error-classes.ts",
    before: "  ['503 registration_pending', BetaRegistrationPendingError],",
    after: "  ['503 model_asleep', ModelAsleepError],\n  ['503 registration_pending', BetaRegistrationPendingError],"
  },
  {
    file: "src/core/error-classes.ts",
    before: "import { type APIError } from './error';",
    after: "import { type APIError } from './error';\nimport { ModelAsleepError } from '../resources/models';"
  },
  {
    file: models,
    before: "export class Models extends APIResource {",
    after: `import { ServiceUnavailableError as Unavailable } from '../core/error';
      export interface ModelAsleepErrorDetails { error_code: 'model_asleep' }
      export class ModelAsleepError extends Unavailable {
        declare readonly errorCode: 'model_asleep';
        declare readonly details: ModelAsleepErrorDetails;
      }
      export class Models extends APIResource {`
  },
  {
    file: "src/resources/files.ts",
    before: "   * @throws {FileNotDownloadableError}",
    after: "   * @throws {FileNotDownloadableError}\n   * @throws {ModelAsleepError}"
  }
]
