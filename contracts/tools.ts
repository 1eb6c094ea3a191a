/** Names of the tools that come with Tuesday; team definitions are checked against them. */
export const INSTALLED_TOOLS = ['search_documents', 'read_document', 'publish_file'] as const;
export type InstalledTool = (typeof INSTALLED_TOOLS)[number];
