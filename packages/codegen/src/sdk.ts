import { readFileSync, realpathSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join, relative } from "node:path"
import { Project, ts } from "ts-morph"
import type { TypeReference } from "./model.ts"
import { makeReferences } from "./reference.ts"
import { type Exports, subpathOf } from "./specifier.ts"

/** An SDK opened for reading. */
export interface Sdk {
  readonly version: string
  readonly checker: ts.TypeChecker
  /** The files of `src/`. */
  readonly files: ReadonlyArray<ts.SourceFile>
  /** A file of `src/`, by its path there without extension: `core/error`. */
  readonly file: (path: string) => ts.SourceFile
  /** The paths of all its files. */
  readonly paths: ReadonlyArray<string>
  /** The way back: `core/error`, or `null` for a file that is not the SDK's. */
  readonly pathOf: (file: ts.SourceFile) => string | null
  /** How to import what `symbol` names. */
  readonly reference: (symbol: ts.Symbol) => TypeReference
}

/** Stops at an SDK that is not written as the reader expects: a wrong model is worse than none. */
export const unreadable = (what: string, node?: ts.Node): never => {
  throw new Error(`Cannot read the SDK: ${what}${node === undefined ? "" : `, in\n${node.getText().slice(0, 500)}`}`)
}

/** The SDK that this package depends on. */
export const installedSdk = (): string => dirname(createRequire(import.meta.url).resolve("@anthropic-ai/sdk"))

interface PackageJson {
  readonly name: string
  readonly version: string
  readonly exports: Exports
}

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.es2022.d.ts"],
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true
}

/** Other packages stay unresolved: a copy of the SDK alone reads the same as an installed one, and sooner. */
const openProject = (): Project =>
  new Project({
    compilerOptions,
    skipAddingFilesFromTsConfig: true,
    skipFileDependencyResolution: true,
    resolutionHost: (host, options) => ({
      resolveModuleNames: (names, from) =>
        names.map((name) =>
          name.startsWith(".") ? ts.resolveModuleName(name, from, options(), host).resolvedModule : undefined
        )
    })
  })

/** Opens the SDK in the folder `root`, from its shipped TypeScript sources. */
export const openSdk = (root: string): Sdk => {
  const home = realpathSync(root)
  const { exports, name, version }: PackageJson = JSON.parse(readFileSync(join(home, "package.json"), "utf8"))
  const source = join(home, "src")
  const project = openProject()
  project.addSourceFilesAtPaths(["index.ts", "helpers/**/*.ts", "tools/**/*.ts"].map((file) => join(source, file)))
  const program = project.getProgram().compilerObject
  const checker = program.getTypeChecker()

  const pathOf = ({ fileName }: ts.SourceFile) =>
    fileName.startsWith(`${source}/`) ? relative(source, fileName).replace(/\.ts$/, "") : null
  const moduleOf = (file: ts.SourceFile) => {
    const subpath = subpathOf(exports, `./${pathOf(file)}.mjs`)
    return subpath === null ? null : name + subpath.slice(1)
  }
  const files = program.getSourceFiles().filter((file) => pathOf(file) !== null)
  const paths = files.flatMap((file) => pathOf(file) ?? [])
  return {
    version,
    checker,
    files,
    file: (path) => program.getSourceFile(join(source, `${path}.ts`)) ?? unreadable(`no file src/${path}.ts`),
    paths,
    pathOf,
    reference: makeReferences({ checker, files, moduleOf })
  }
}
