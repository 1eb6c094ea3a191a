import { invalid } from '../errors';
import { inTime } from '../in-time';
import { compileSchema, errorsText } from '../json-schema/compile';
import { EXAMPLE_CHECK_MS_MAX, TOOL_NAME_CHARS_MAX } from '../limits';
import { isCustomTool, type Tool, type ToolChoice, toolName } from '../request/tools';
import type { Rule } from './rule';

/** Tool declarations and the choice among them (API page 3.5, 3.11, 4.2). */

/** The choices that make the model use a tool. */
export function forces(choice: ToolChoice | undefined): boolean {
  return choice?.type === 'any' || choice?.type === 'tool';
}

export const toolNames: Rule = ({ prompt }) => {
  const seen = new Set<string>();
  (prompt.tools ?? []).forEach((tool, index) => {
    const name = toolName(tool) ?? tool.type ?? '';
    const path = `tools.${index}.${tool.type ?? 'custom'}.name`;
    if (name.length > TOOL_NAME_CHARS_MAX) {
      throw invalid(`${path}: String should have at most ${TOOL_NAME_CHARS_MAX} characters`);
    }
    if (!/^[a-zA-Z0-9_-]+$/.test(name)) {
      throw invalid(
        `${path}: String should match pattern '^[a-zA-Z0-9_-]{1,${TOOL_NAME_CHARS_MAX}}$'`,
      );
    }
    if (seen.has(name)) throw invalid('tools: Tool names must be unique.');
    seen.add(name);
  });
};

/** A tool's schema is JSON Schema draft 2020-12, and its examples fit it. */
export const toolSchemas: Rule = ({ prompt }) => {
  (prompt.tools ?? []).forEach((tool, index) => {
    if (!isCustomTool(tool)) return;
    const path = `tools.${index}.custom`;
    const validate = compileSchema(tool.input_schema);
    if (validate === undefined) {
      throw invalid(
        `${path}.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12`,
      );
    }
    tool.input_examples?.forEach((example, position) => {
      const checked = inTime(() => validate(example), EXAMPLE_CHECK_MS_MAX);
      if (checked === undefined) {
        throw invalid(`${path}.input_schema: takes too long to check`);
      }
      if (!checked.value) {
        throw invalid(
          `${path}.input_examples.${position}: does not match input_schema: ${errorsText(validate)}`,
        );
      }
    });
  });
};

export const deferredTools: Rule = ({ prompt }) => {
  const tools = prompt.tools ?? [];
  const isDeferred = (tool: Tool): boolean =>
    'defer_loading' in tool && tool.defer_loading === true;
  if (tools.length > 0 && tools.every(isDeferred)) {
    throw invalid('tools: At least one tool must have defer_loading=false.');
  }
};

export const toolChoice: Rule = ({ prompt, model }) => {
  const choice = prompt.tool_choice;
  if (choice === undefined) return;
  if ((prompt.tools?.length ?? 0) === 0) {
    throw invalid('tool_choice: may only be specified while providing `tools`.');
  }
  if (choice.type === 'tool' && !prompt.tools?.some((tool) => toolName(tool) === choice.name)) {
    throw invalid(`tool_choice: Tool '${choice.name}' not found in provided tools`);
  }
  if (!forces(choice)) return;
  if (!model.forcedToolChoice) {
    throw invalid('tool_choice: type "tool" and "any" are not supported for this model.');
  }
  if (prompt.thinking?.type === 'enabled') {
    throw invalid('Thinking may not be enabled when tool_choice forces tool use.');
  }
};

/** Domains of web tools: one list of the two, without a scheme. */
export const webToolDomains: Rule = ({ prompt }) => {
  (prompt.tools ?? []).forEach((tool, index) => {
    if (!('allowed_domains' in tool || 'blocked_domains' in tool)) return;
    const path = `tools.${index}.${tool.type}`;
    if (tool.allowed_domains && tool.blocked_domains) {
      throw invalid(`${path}: only one of allowed_domains and blocked_domains may be given`);
    }
    const schemed = [...(tool.allowed_domains ?? []), ...(tool.blocked_domains ?? [])].find(
      (domain) => domain.includes('://'),
    );
    if (schemed !== undefined) {
      throw invalid(`${path}: domains must be given without a scheme: ${schemed}`);
    }
  });
};
