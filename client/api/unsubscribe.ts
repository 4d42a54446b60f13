import type { FastifyInstance } from 'fastify';
import { languageWithTexts } from '../../domain/follow-ups/messages.ts';
import type { ContactService } from '../../domain/ports/contact-service.ts';
import type { ContactRow, ContactStore } from '../../domain/ports/contact-store.ts';
import { whicheverFirst } from '../../services/dialler.ts';
import type { Links, Unsubscription } from '../../services/links.ts';
import type { Logger } from '../../services/logging.ts';
import { invalidPage } from './public-page.ts';
import { type PageAnswer, type PublicPagesOptions, servePublicPages } from './public-pages.ts';
import { donePage, failedPage, questionPage } from './unsubscribe-page.ts';

/** As opt-outs name who made them. */
const ACTOR = 'unsubscribe link';
/** How long the contact's workflow may take to answer; then the store is told without it. */
const WORKFLOW_MS = 3_000;

export interface UnsubscribeOptions {
  /** null: no link is valid. */
  links: Links | null;
  store: Pick<ContactStore, 'get' | 'optOut'>;
  /** null: nobody to ask but the store. */
  contacts: ContactService | null;
  limitByAddress: PublicPagesOptions['limitByAddress'];
  logger: Pick<Logger, 'warn' | 'error'>;
}

/**
 * The page of signed links to unsubscribe. GET asks; POST does it, for the page's button and for a mail program's one click
 * alike (RFC 8058), whatever its body says.
 */
export async function serveUnsubscribe(app: FastifyInstance, options: UnsubscribeOptions): Promise<void> {
  const { links, store, limitByAddress, logger } = options;
  const read = (token: string): Unsubscription | null => links?.readUnsubscribe(token) ?? null;
  const invalid: PageAnswer = { status: 404, page: invalidPage() };
  await servePublicPages(
    app,
    [
      {
        path: '/unsubscribe/:token',
        async show(token) {
          const asked = read(token);
          const contact = asked && (await store.get(asked.workspace, asked.contactId));
          if (asked === null || contact === null) return invalid;
          const shown = isStopped(contact, asked) ? donePage : questionPage;
          return { status: 200, page: shown(languageOf(contact), asked) };
        },
        async act(token, _form, requestId) {
          const asked = read(token);
          const contact = asked && (await unsubscribe(asked, options, requestId));
          if (asked === null || contact === null) return invalid;
          return { status: 200, page: donePage(languageOf(contact), asked) };
        },
      },
    ],
    { limitByAddress, logger, failed: failedPage },
  );
}

/**
 * Opts the contact out: by their workflow, else in the store alone, where every sender asks before it sends.
 * @returns null when the contact is unknown
 */
async function unsubscribe(
  { workspace, contactId, channel, purpose }: Unsubscription,
  { store, contacts, logger }: UnsubscribeOptions,
  requestId: string,
): Promise<ContactRow | null> {
  const known = await store.get(workspace, contactId);
  if (known === null) return null;
  if (contacts !== null) {
    const which = { ...(channel && { channel }), ...(purpose && { purpose }) };
    try {
      // Without an id of its own: the same link must work again after the contact has opted in again.
      const told = contacts.update({ workspace, contactId }, 'optOut', { ...which, actor: ACTOR });
      await whicheverFirst(told, AbortSignal.timeout(WORKFLOW_MS));
      return known;
    } catch (error) {
      logger.warn({ requestId, workspace, contactId, err: error }, 'Unsubscribed without the contact workflow');
    }
  }
  return store.optOut(workspace, contactId, { channel, purpose, at: new Date().toISOString(), actor: ACTOR });
}

/** Whether an opt-out in force covers all that the link would stop. */
const isStopped = ({ optOuts }: ContactRow, asked: Unsubscription): boolean =>
  optOuts.some(
    ({ channel, purpose }) =>
      (channel === null || channel === asked.channel) && (purpose === null || purpose === asked.purpose),
  );

const languageOf = ({ language }: ContactRow) => languageWithTexts(language ?? '') ?? 'en';
