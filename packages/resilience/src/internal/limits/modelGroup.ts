/**
 * The group of models that a model shares its limits with, by the API's rule: a line and its generation. `claude-opus-5`
 * and `claude-opus-5-5` are `opus-5`. What has no such name is a group of its own.
 *
 * @category getters
 * @stability experimental
 * @since 0.1.0
 */
export const modelGroup = (model: string): string => {
  const [, line, generation] = /claude-([a-z]+)-(\d+)/.exec(model) ?? []
  return line === undefined ? model : `${line}-${generation}`
}
