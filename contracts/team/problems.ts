/** What is wrong with a team definition, in the words of all its checks. */

export interface TeamProblem {
  /** Where in the definition, e.g. `phases/2/needs/0`. */
  path: string;
  message: string;
}

export function unknownTool(tool: string, tools: readonly string[]): string {
  if (tool === 'publish_http')
    return '"publish_http" has no targets here: name them in the file of TUESDAY_PUBLISH_TARGETS';
  const [source] = tool.split('__');
  if (source !== tool)
    return `"${tool}" is not declared: say under sources/${source}/tools what the tool does outside`;
  if (tool === 'query_data')
    return '"query_data" has no data here: name folders of data in the file of TUESDAY_SOURCES';
  if (tool === 'web_search')
    return '"web_search" searches by the Anthropic API itself: it needs ANTHROPIC_API_KEY, and no ANTHROPIC_BASE_URL';
  return `"${tool}" is not a tool that is installed here; there are ${tools.join(', ')}`;
}
