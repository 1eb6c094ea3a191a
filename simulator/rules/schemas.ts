import { type Complexity, checkComplexity, checkSchema } from '../json-schema/supported';
import { isCustomTool } from '../request/tools';
import type { Rule } from './rule';

/** Output format and strict tools: the supported part of JSON Schema, and its limits (API page 5.1). */
export const structuredSchemas: Rule = ({ prompt }) => {
  const complexity: Complexity = { strictTools: 0, optionalProperties: 0, unionProperties: 0 };
  const format = prompt.output_config?.format;
  if (format) checkSchema(format.schema, 'output_config.format.schema', complexity);
  (prompt.tools ?? []).forEach((tool, index) => {
    if (!isCustomTool(tool) || tool.strict !== true) return;
    complexity.strictTools += 1;
    checkSchema(tool.input_schema, `tools.${index}.custom.input_schema`, complexity);
  });
  checkComplexity(complexity);
};
