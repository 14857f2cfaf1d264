/** The `exports` of a package.json, as far as the SDK uses them. */
export type Exports = Readonly<Record<string, Target>>

type Target = string | null | { readonly [condition: string]: Target }

const conditions = ["import", "default"]

const importTarget = (target: Target | undefined): string | null => {
  if (target === null || target === undefined) return null
  if (typeof target === "string") return target
  const condition = conditions.find((name) => name in target)
  return condition === undefined ? null : importTarget(target[condition])
}

/** What `*` stands for when `pattern` matches `text`, `""` when they are equal, `null` when they do not match. */
const match = (pattern: string, text: string): string | null => {
  const star = pattern.indexOf("*")
  if (star === -1) return pattern === text ? "" : null
  const head = pattern.slice(0, star)
  const tail = pattern.slice(star + 1)
  const fits = text.length > head.length + tail.length && text.startsWith(head) && text.endsWith(tail)
  return fits ? text.slice(head.length, text.length - tail.length) : null
}

const prefixLength = (key: string): number => key.includes("*") ? key.indexOf("*") : Infinity

/** Node's PACKAGE_EXPORTS_RESOLVE: an exact key, else the pattern with the longest text before its `*`. */
const resolve = (exports: Exports, subpath: string): string | null => {
  const keys = Object.keys(exports).filter((key) => match(key, subpath) !== null)
  const [best] = keys.sort((a, b) => prefixLength(b) - prefixLength(a))
  if (best === undefined) return null
  return importTarget(exports[best])?.replace("*", match(best, subpath) ?? "") ?? null
}

/**
 * The shortest subpath (`./resources/files`) under which a package exports its file `file` (`./resources/files.mjs`),
 * or `null` where it does not.
 */
export const subpathOf = (exports: Exports, file: string): string | null => {
  const candidates = Object.entries(exports).flatMap(([key, target]) => {
    const star = match(importTarget(target) ?? "", file)
    return star === null ? [] : [key.replace("*", star)]
  })
  const [shortest] = candidates
    .filter((subpath) => resolve(exports, subpath) === file)
    .sort((a, b) => a.length - b.length || (a < b ? -1 : 1))
  return shortest ?? null
}
