/**
 * Writes domain/cron/zone-table.ts from tzdata: `node scripts/build-zone-table.ts [folder]`. The folder holds
 * `tzdata.zi` and `zone.tab`, as /usr/share/zoneinfo of Debian's package tzdata does, which is kept up with tzdata.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const TARGET = fileURLToPath(new URL('../domain/cron/zone-table.ts', import.meta.url));

/**
 * Where another spelling, or a part of a place, has a name of its own in zone.tab. tzdata's file `backward` says so
 * after `#=`; tzdata.zi, which has no remarks, only names the zone whose data they share.
 */
const NEARER: Readonly<Record<string, string>> = {
  'Africa/Asmera': 'Africa/Asmara',
  'Africa/Timbuktu': 'Africa/Bamako',
  'America/Coral_Harbour': 'America/Atikokan',
  'America/Virgin': 'America/St_Thomas',
  'Antarctica/South_Pole': 'Antarctica/McMurdo',
  'Atlantic/Jan_Mayen': 'Arctic/Longyearbyen',
  Iceland: 'Atlantic/Reykjavik',
  'Pacific/Ponape': 'Pacific/Pohnpei',
  'Pacific/Truk': 'Pacific/Chuuk',
  'Pacific/Yap': 'Pacific/Chuuk',
};

const folder = process.argv[2] ?? '/usr/share/zoneinfo';
const data = readFileSync(join(folder, 'tzdata.zi'), 'utf8').split('\n');
const version = /^# version (\S+)/.exec(data[0] ?? '')?.[1];
if (version === undefined) throw new Error(`${folder}/tzdata.zi names no version`);

const places = readFileSync(join(folder, 'zone.tab'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split('\t')[2] ?? '');
const targets = new Map(
  data
    .filter((line) => line.startsWith('L '))
    .map((line) => line.split(' '))
    .map(([, target = '', link = '']) => [link, target]),
);

/** Where a link leads in the end: to a name of zone.tab, or to one under Etc. */
function resolveLink(link: string): string {
  const target = NEARER[link] ?? targets.get(link) ?? '';
  return places.includes(target) || target.startsWith('Etc/') ? target : resolveLink(target);
}

const links = [...targets.keys()]
  .filter((link) => !places.includes(link) && !link.startsWith('Etc/'))
  .map((link) => `${link}=${resolveLink(link)}`)
  .filter((pair) => !pair.includes('=Etc/'));
const words = (list: string[]): string =>
  list
    .toSorted()
    .join(' ')
    .replace(/(.{1,112})(?: |$)/g, '  $1\n');

const source = `// Made by scripts/build-zone-table.ts from tzdata ${version}, which is in the public domain. Not to be edited.

/** Names of tzdata's zone.tab: a place's own. */
export const PLACES: readonly string[] = \`
${words(places)}\`
  .trim()
  .split(/\\s+/);

/** tzdata's links that are not in zone.tab, with the name of zone.tab they lead to. Those to Etc are left out. */
export const LINKS: ReadonlyMap<string, string> = new Map(
  \`
${words(links)}\`
    .trim()
    .split(/\\s+/)
    .map((pair) => pair.split('=') as [string, string]),
);
`;
const options = await resolveConfig(TARGET);
writeFileSync(TARGET, await format(source, { ...options, filepath: TARGET }));
