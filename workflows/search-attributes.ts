import { type SearchAttributePair, defineSearchAttributeKey } from '@temporalio/common';
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { SearchAttributeName } from '../domain/contracts/names.ts';

/** Keyword search attributes, as a starter passes them. */
export function searchAttributes(values: Partial<Record<SearchAttributeName, string>>): SearchAttributePair[] {
  return Object.entries(values).map(([name, value]) => ({ key: defineSearchAttributeKey(name, 'KEYWORD'), value }));
}

/** Sets a workflow's own search attributes; whoever started it may not have. */
export function labelWorkflow(values: Partial<Record<SearchAttributeName, string>>): void {
  upsertSearchAttributes(searchAttributes(values));
}

/** Whether whoever started the workflow, or its run before, has set this one. */
export function isLabelled(name: SearchAttributeName): boolean {
  return workflowInfo().typedSearchAttributes.get(defineSearchAttributeKey(name, 'KEYWORD')) !== undefined;
}
