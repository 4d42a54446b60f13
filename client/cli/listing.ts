import type { Command } from 'commander';
import { whole } from './context.ts';

export interface ListFlags {
  limit: number;
  cursor?: string;
}

/** `--limit` and `--cursor` */
export const listFlags = (command: Command): Command =>
  command
    .option('--limit <n>', 'how many, at most 500', whole(1, 500), 50)
    .option('--cursor <cursor>', 'where the page before ended');

/** The line that says how to read on. */
export const more = (cursor: string | null): string[] => (cursor === null ? [] : [`More with: --cursor ${cursor}`]);

export const indent = (text: string): string => text.replace(/^/gm, '  ');
