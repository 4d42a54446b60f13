import type { FastifyInstance, FastifyReply, onRequestAsyncHookHandler } from 'fastify';
import { ERROR_CATALOGUE, ReveilleError } from '../../domain/errors.ts';
import { languageWithTexts } from '../../domain/follow-ups/messages.ts';
import type { ContactService } from '../../domain/ports/contact-service.ts';
import type { ContactRow, ContactStore } from '../../domain/ports/contact-store.ts';
import { whicheverFirst } from '../../services/dialler.ts';
import type { Links, Unsubscription } from '../../services/links.ts';
import type { Logger } from '../../services/logging.ts';
import { donePage, failedPage, invalidPage, PAGE_HEADERS, questionPage } from './unsubscribe-page.ts';

/** As opt-outs name who made them. */
const ACTOR = 'unsubscribe link';
/** How long the contact's workflow may take to answer; then the store is told without it. */
const WORKFLOW_MS = 3_000;
/** A form of two words has no more. */
const MAX_BODY_BYTES = 16 * 1024;
/** When to try again where something is away, in seconds. */
const RETRY_AFTER = '60';

export interface UnsubscribeOptions {
  /** null: no link is valid. */
  links: Links | null;
  store: Pick<ContactStore, 'get' | 'optOut'>;
  /** null: nobody to ask but the store. */
  contacts: ContactService | null;
  limitByAddress: onRequestAsyncHookHandler;
  logger: Pick<Logger, 'warn' | 'error'>;
}

/**
 * The pages of signed links to unsubscribe, for whoever has one. GET asks and changes nothing, since mail scanners follow
 * links; POST does it, for the page's button and for a mail program's one click alike (RFC 8058), whatever its body says.
 */
export async function serveUnsubscribe(app: FastifyInstance, options: UnsubscribeOptions): Promise<void> {
  const { links, store, limitByAddress, logger } = options;
  await app.register(async (pages) => {
    // Programs send the form in one encoding or another, or nothing; what counts is that they post.
    pages.removeAllContentTypeParsers();
    pages.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES }, async () => undefined);
    pages.addHook('onRequest', async (_request, reply) => {
      reply.header('x-robots-tag', 'noindex');
    });
    pages.setErrorHandler((error, request, reply) => {
      const status = statusOf(error);
      if (status >= 500) logger.error({ requestId: request.id, err: error }, 'An unsubscribe page failed');
      if (status === 429 || status >= 500) reply.header('retry-after', RETRY_AFTER);
      return html(reply, status, failedPage());
    });

    const route = { schema: { hide: true }, helmet: PAGE_HEADERS, onRequest: limitByAddress };
    type Token = { Params: { token: string } };
    pages.get<Token>('/unsubscribe/:token', route, async ({ params }, reply) => {
      const asked = links?.readUnsubscribe(params.token) ?? null;
      const contact = asked && (await store.get(asked.workspace, asked.contactId));
      if (asked === null || contact === null) return html(reply, 404, invalidPage());
      const shown = isStopped(contact, asked) ? donePage : questionPage;
      return html(reply, 200, shown(languageOf(contact), asked));
    });
    pages.post<Token>('/unsubscribe/:token', route, async ({ params, id }, reply) => {
      const asked = links?.readUnsubscribe(params.token) ?? null;
      const contact = asked && (await unsubscribe(asked, options, id));
      if (asked === null || contact === null) return html(reply, 404, invalidPage());
      return html(reply, 200, donePage(languageOf(contact), asked));
    });
  });
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

/** Of our own errors, and of what Fastify refuses before it comes to us. */
function statusOf(error: unknown): number {
  if (error instanceof ReveilleError) return ERROR_CATALOGUE[error.code].status;
  const { statusCode } = error as { statusCode?: number };
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500 ? statusCode : 500;
}

const html = (reply: FastifyReply, status: number, page: string): FastifyReply =>
  reply.code(status).type('text/html; charset=utf-8').send(page);
