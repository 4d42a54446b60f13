import { type SearchAttributePair, defineSearchAttributeKey } from '@temporalio/common';
import type { SearchAttributeName } from '../../domain/contracts/names.ts';

/** Search attributes of a workflow that is started. */
export const keywords = (values: Partial<Record<SearchAttributeName, string>>): SearchAttributePair[] =>
  Object.entries(values).map(([name, value]) => ({ key: defineSearchAttributeKey(name, 'KEYWORD'), value }));
