import { type Command, Option } from 'commander';
import { EFFECT_STATES, type Effect, type EffectState } from '../../domain/contracts/effects.ts';
import { openCli, withService } from './context.ts';
import { type ListFlags, listFlags, more } from './listing.ts';
import { utc } from './scan-output.ts';

/** `effects list|resolve` */
export function effectCommands(program: Command): void {
  const effects = program
    .command('effects')
    .description('what was done to the outside world, and what may have been')
    .addHelpText('after', '\nExample:\n  reveille effects list --state unknown');

  listFlags(effects.command('list').description('newest first; those that are unknown are for a person to look into'))
    .addOption(new Option('--state <state>', 'only these').choices(EFFECT_STATES))
    .addHelpText('after', '\nExample:\n  reveille effects list --state unknown')
    .action(async (flags: ListFlags & { state?: EffectState }, command: Command) => {
      const cli = openCli(command);
      const page = await withService(cli, (operations) => operations.listEffects(cli.caller, flags));
      cli.print([...page.items.map(formatEffect), ...more(page.nextCursor)].join('\n') || 'No effects', page.items);
    });

  effects
    .command('resolve <effectId>')
    .description('say of one that is unknown whether it was done; it is not tried again')
    .addOption(new Option('--as <outcome>', 'what it was').choices(['done', 'failed']).makeOptionMandatory())
    .requiredOption('--note <text>', 'how you know')
    .addHelpText(
      'after',
      '\nExample:\n  reveille effects resolve 0199f0c2-7a6b-7c3d-8e4f-5a6b7c8d9e0f --as done --note "it is in their inbox"',
    )
    .action(async (id: string, flags: { as: 'done' | 'failed'; note: string }, command: Command) => {
      const cli = openCli(command);
      const effect = await withService(cli, (operations) => operations.resolveEffect(cli.caller, { id, ...flags }));
      cli.print(`Settled\n${formatEffect(effect)}`, effect);
    });
}

/** What is done by what channel to whom, how far it is, and why. */
function formatEffect(effect: Effect): string {
  const { effectId, key, channel, contactId, state, attempts, error, resolvedBy, note } = effect;
  const to = contactId === null ? '' : ` to ${contactId}`;
  const tries = `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`;
  const settled = resolvedBy === null ? '' : `, settled by ${resolvedBy}: ${note ?? ''}`;
  const because = error === null ? '' : `: ${error}`;
  const since = utc(effect.endedAt ?? effect.attemptedAt ?? effect.plannedAt);
  return `${effectId}  ${key}\n  ${effect.kind} by ${channel ?? 'no channel'}${to}  ${state} since ${since}, ${tries}${because}${settled}`;
}
