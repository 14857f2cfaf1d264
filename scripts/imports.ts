/**
 * Checks what types and lint cannot: that packages depend only on those before them; that sources import only what their
 * package declares, never another package's files, and Effect by module path; and that the core keeps to the modules that
 * Effect marks stable.
 */
import { existsSync, globSync, readFileSync } from "node:fs"
import { isBuiltin } from "node:module"
import { dirname, join, relative } from "node:path"
import process from "node:process"

/** The public packages, each of which may depend on those before it. */
const order = [
  "effect-claude",
  ...["testing", "resilience", "lab", "agent", "ai", "durable", "node"].map((name) => `@effect-claude/${name}`)
]

const orderProblemsOf = (name: string, dependencies: ReadonlyArray<string>) => {
  if (!order.includes(name)) return [`"${name}" is public: give it a place in the order of packages`]
  const before = order.slice(0, order.indexOf(name))
  return dependencies
    .filter((dependency) => /^(?:@effect-claude\/|effect-claude$)/.test(dependency) && !before.includes(dependency))
    .map((dependency) => `"${dependency}" does not come before "${name}" in the order of packages`)
}

/** Statements do not reach into the comment after them, whose example imports what it likes. */
const importedBy = (text: string) =>
  Array.from(
    text.matchAll(/^(?:import|export)\b(?:(?!\/\*)[^"';])*?\bfrom "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gm),
    (match) => ({ specifier: match.slice(1).join(""), line: text.slice(0, match.index).split("\n").length })
  )

/** The first `@stability` of a module is that of the module as a whole. */
const isStable = (specifier: string) => {
  const path = `node_modules/${specifier.replace("/", "/src/")}`
  const file = [`${path}.ts`, `${path}/index.ts`].find(existsSync)
  return file !== undefined && /@stability (\w+)/.exec(readFileSync(file, "utf8"))?.[1] === "stable"
}

const problemOf = (home: string, file: string, specifier: string, declared: ReadonlyArray<string>) => {
  if (specifier.startsWith(".")) {
    return relative(home, join(dirname(file), specifier)).startsWith("..") ? `is outside of ${home}` : undefined
  }
  if (/^(?:@effect-claude\/[^/]+|effect-claude)\/.*\binternal\//.test(specifier)) return "is internal to its package"
  if (!home.endsWith("src") || isBuiltin(specifier)) return undefined
  const name = specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/")
  if (!declared.includes(name)) return "is not among the dependencies of this package"
  if (specifier === "effect") return "is the barrel, slow to load: import the module by its path"
  if (home.startsWith("packages/claude/") && name === "effect" && !isStable(specifier)) {
    return "is not a module that Effect marks stable"
  }
  return undefined
}

let failed = false
const fail = (where: string, problem: string) => {
  failed = true
  console.error(`${where}: ${problem}`)
}

for (const manifest of globSync(["packages/*/package.json", "examples/package.json", "test/package.json"])) {
  const { dependencies, devDependencies, name, peerDependencies, private: isPrivate } = JSON.parse(
    readFileSync(manifest, "utf8")
  )
  const declared = Object.keys({ ...dependencies, ...peerDependencies, ...(isPrivate ? devDependencies : {}) })
  const root = dirname(manifest)
  if (!isPrivate) {
    const all = Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies })
    for (const problem of orderProblemsOf(name, all)) fail(manifest, problem)
  }
  for (const file of globSync(`${root}/**/*.ts`, { exclude: ["**/node_modules", "**/dist", "**/.docs"] })) {
    const home = file.startsWith(`${root}/src/`) ? `${root}/src` : root
    for (const { line, specifier } of importedBy(readFileSync(file, "utf8"))) {
      const problem = problemOf(home, file, specifier, declared)
      if (problem !== undefined) fail(`${file}:${line}`, `"${specifier}" ${problem}`)
    }
  }
}
process.exitCode = failed ? 1 : 0
