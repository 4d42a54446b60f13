import assert from 'node:assert/strict';
import { existsSync, globSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { bookingRoutes } from '../../client/api/routes/bookings.ts';
import { contactRoutes } from '../../client/api/routes/contacts.ts';
import { effectRoutes } from '../../client/api/routes/effects.ts';
import { followUpRoutes } from '../../client/api/routes/follow-ups.ts';
import type { Route } from '../../client/api/routes/route.ts';
import { allCommands, createProgram } from '../../client/cli/program.ts';
import { BOOKING_STATES } from '../../domain/contracts/bookings.ts';
import { calendarSettings, representativeSettings } from '../../domain/contracts/calendars.ts';
import { SEND_REASONS } from '../../domain/contracts/contacts.ts';
import { SLOT_SOURCES } from '../../domain/contracts/slots.ts';
import { ERROR_CATALOGUE } from '../../domain/errors.ts';
import { BOOKING_VARIABLES } from '../../services/calendars/settings.ts';
import { readConfiguration } from '../../services/configuration.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const PAGES = globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT }).toSorted();

/** Cells of the table rows whose first cell is in backticks, without them. */
function rowsOf(page: string): string[][] {
  const rows = read(page)
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')),
  );
}

/** Blocks of a language; `bash` blocks hold commands a reader copies. */
function blocksOf(page: string, language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map((match) => match[1] ?? '');
}

test('docs/errors.md has every error of the catalogue as it is, and no other', () => {
  const written = rowsOf('docs/errors.md').map((cells) => cells.slice(0, 5));
  const actual = Object.entries(ERROR_CATALOGUE).map(([code, { title, status, failureType, retryable }]) => [
    ...[code, title, String(status), failureType],
    retryable ? 'yes' : 'no',
  ]);
  assert.deepEqual(written, actual);
});

test('docs/errors.md says of every error what to do', () => {
  for (const cells of rowsOf('docs/errors.md')) assert.match(cells[5] ?? '', /^[A-Z].{15,}\.$/, cells[0]);
});

/** Anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.*)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test('every link between our pages leads somewhere', () => {
  const broken: string[] = [];
  for (const page of PAGES) {
    for (const match of read(page).matchAll(/\]\((?!https?:)([^)\s#]*)(?:#([^)\s]*))?\)/g)) {
      const [link, path = '', anchor] = match;
      const target = path === '' ? page : join(dirname(page), path);
      const there = existsSync(join(ROOT, target)) && (anchor === undefined || anchorsOf(target).includes(anchor));
      if (!there) broken.push(`${page}: ${link}`);
    }
  }
  assert.deepEqual(broken, []);
});

test('every page that the code speaks of exists', () => {
  const sources = globSync('{agents,activities,client,domain,services,workers,workflows}/**/*.ts', { cwd: ROOT });
  assert.ok(sources.length > 50, `only ${sources.length} sources were found`);
  const missing = sources.flatMap((source) =>
    [...read(source).matchAll(/(?<![\w/.])docs\/[\w/-]+\.md/g)]
      .map(([page]) => page)
      .filter((page) => !existsSync(join(ROOT, page)))
      .map((page) => `${source}: ${page}`),
  );
  assert.deepEqual(missing, []);
});

test('every decision page is dated and says what was rejected', () => {
  const pages = readdirSync(join(ROOT, 'docs/decisions'));
  assert.ok(pages.length > 0);
  for (const page of pages) {
    assert.match(page, /^\d{4}-\d{2}-\d{2}-[a-z-]+\.md$/);
    assert.match(read(`docs/decisions/${page}`), /Rejected|not taken/, page);
  }
});

test('TESTING.md names the folders under test/ that hold tests, and no others', () => {
  const folders = readdirSync(join(ROOT, 'test'), { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => `test/${file.split(/[\\/]/)[0]}`);
  assert.deepEqual(
    rowsOf('TESTING.md')
      .map(([folder]) => folder)
      .toSorted(),
    [...new Set(folders)].toSorted(),
  );
});

test('the README has the two commands that everything starts with', () => {
  assert.match(read('README.md'), /^npm ci && npm run demo$/m);
  assert.match(read('README.md'), /^`npm ci && npm test`$/m);
});

test('every npm script that a page names exists', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const missing = PAGES.flatMap((page) =>
    [...read(page).matchAll(/\bnpm (?:run ([\w:]+)|(start|test)\b)/g)]
      .map(([, run, short]) => run ?? short ?? '')
      .filter((name) => !Object.hasOwn(scripts, name))
      .map((name) => `${page}: ${name}`),
  );
  assert.deepEqual(missing, []);
});

/** What `--help` prints for each command, by the words that call it. */
function helpTexts(): Map<string, string> {
  const program = createProgram();
  return new Map([program, ...allCommands(program)].map((command) => [nameOf(command), helpOf(command)]));
}

function nameOf(command: Command): string {
  return command.parent ? `${nameOf(command.parent)} ${command.name()}`.trim() : '';
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

test('every command has help, and every command that does something an example of its own', () => {
  const texts = helpTexts();
  assert.ok(texts.size > 20, `only these commands were found: ${[...texts.keys()].join(', ')}`);
  for (const [command, text] of texts) {
    assert.match(text, /^Usage: reveille/);
    const isGroup = [...texts.keys()].some((other) => other.startsWith(`${command} `));
    const example = new RegExp(`Examples?:\\n(?:.*\\n)*? {2}reveille ${command}\\b`);
    if (!isGroup) assert.match(text, example, `reveille ${command} --help`);
  }
});

test('every reveille command that a page shows exists, with the options it shows', () => {
  const texts = helpTexts();
  const wrong: string[] = [];
  let count = 0;
  for (const page of PAGES) {
    const shown = blocksOf(read(page), 'bash').flatMap((block) => block.split('\n'));
    const inText = [...read(page).matchAll(/`(?:npx )?reveille ([a-z][^`]*)`/g)].map((match) => `reveille ${match[1]}`);
    for (const line of [...shown, ...inText]) {
      const words = /^(?:npx )?reveille (.*)$/.exec(line)?.[1]?.split(' ');
      if (!words) continue;
      count += 1;
      const command = words.slice(0, texts.has(words.slice(0, 2).join(' ')) ? 2 : 1).join(' ');
      const text = texts.get(command);
      if (text === undefined) wrong.push(`${page}: ${line}: no such command`);
      for (const option of words.filter((word) => word.startsWith('--'))) {
        if (!new RegExp(`${option}(?![\\w-])`).test(text ?? '')) wrong.push(`${page}: ${line}: no ${option}`);
      }
    }
  }
  assert.ok(count > 15, `only ${count} commands were found`);
  assert.deepEqual(wrong, []);
});

test('docs/contacts.md has every reason for which a message waits or does not go, and no other', () => {
  const section = read('docs/contacts.md').split('## May we write to them now')[1]?.split('\n## ')[0] ?? '';
  const written = [...section.matchAll(/^\| `(\w+)` /gm)].map(([, reason]) => reason);
  assert.deepEqual(written.toSorted(), [...SEND_REASONS].toSorted());
});

/** Those of `routes` that a page does not have in a table. */
function missingRoutes(page: string, routes: Record<string, Route>): string[] {
  const written = [...read(page).matchAll(/(?:`(?:GET|POST|PUT|PATCH|DELETE)`, )*`\w+ \/api\/[^`]*`/g)].flatMap(
    ([cell]) => (cell.match(/[A-Z]{3,}/g) ?? []).map((method) => `${method} ${/\/api[^`]*/.exec(cell)?.[0]}`),
  );
  const all = Object.values(routes).map(({ method, path }) => `${method} ${path}`);
  return all.filter((route) => !written.includes(route));
}

test('docs/contacts.md has every route of contacts, follow-ups and effects, docs/booking.md those of bookings', () => {
  const ofContacts = { ...contactRoutes, ...followUpRoutes, ...effectRoutes };
  assert.deepEqual(missingRoutes('docs/contacts.md', ofContacts), []);
  assert.deepEqual(missingRoutes('docs/booking.md', bookingRoutes), []);
});

test('docs/booking.md has every key of calendars and representatives, every variable, state and source', () => {
  const rows = rowsOf('docs/booking.md').map(([first = '']) => first);
  const keys = [calendarSettings, representativeSettings].flatMap(({ shape }) => Object.keys(shape));
  assert.deepEqual(rows.slice(0, keys.length), keys);
  for (const word of [...BOOKING_STATES, ...SLOT_SOURCES]) assert.ok(rows.includes(word), word);
  const page = read('docs/booking.md');
  for (const variable of Object.keys(BOOKING_VARIABLES)) assert.ok(page.includes(`\`${variable}\``), variable);
});

test('the configuration that docs/booking.md shows is accepted, with the defaults that it names', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reveille-docs-'));
  for (const block of blocksOf(read('docs/booking.md'), 'yaml')) {
    writeFileSync(join(folder, 'reveille.yaml'), block);
    assert.ok(Object.keys(readConfiguration({}, folder).booking.representatives).length > 0);
  }
  const named = rowsOf('docs/booking.md').map(([key, value]) => [key, value?.replaceAll('`', '')] as const);
  const defaults = Object.fromEntries(named.filter(([, value]) => /^(\d+[smhd]?|busy|generated)$/.test(value ?? '')));
  const { timezone: _, ...rest } = calendarSettings.parse(defaults);
  assert.deepEqual(rest, calendarSettings.parse({}));
  assert.ok(Object.keys(defaults).length >= 8, Object.keys(defaults).join());
});
