import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GoogleConsent, askGoogleForLeave } from '../../services/calendars/google-oauth.ts';
import { createDialler } from '../../services/dialler.ts';
import { StubGoogle } from '../support/stub-google.ts';
import { NOW, failureOf, never } from './calendars-suite/suite.ts';
import { newEffects } from './channels-suite/rigs.ts';

interface Asked extends AsyncDisposable {
  google: StubGoogle;
  consent: GoogleConsent;
  /** The person opens the page and answers; the browser follows to where it is sent. */
  open(): Promise<Response>;
}

async function asked(): Promise<Asked> {
  const google = await StubGoogle.start(newEffects());
  const dialler = createDialler();
  const consent = await askGoogleForLeave(google.settings, { dialler, now: () => NOW });
  return {
    google,
    consent,
    open: () => fetch(consent.url),
    async [Symbol.asyncDispose]() {
      await consent[Symbol.asyncDispose]();
      await dialler[Symbol.asyncDispose]();
      await google[Symbol.asyncDispose]();
    },
  };
}

test('a person who says yes gives leave to see to events, and no more', async () => {
  await using made = await asked();
  const leave = made.consent.leave(never);
  const page = await made.open();
  assert.equal(page.status, 200);
  assert.doesNotMatch(await page.text(), /canary/);
  const { refreshToken, expiresAt } = await leave;
  assert.ok(made.google.refreshTokens.has(refreshToken));
  assert.equal(expiresAt, null);
  const { searchParams } = new URL(made.consent.url);
  assert.equal(searchParams.get('scope'), 'https://www.googleapis.com/auth/calendar.events');
  assert.deepEqual([searchParams.get('access_type'), searchParams.get('prompt')], ['offline', 'consent']);
  assert.ok(!made.consent.url.includes(made.google.settings.clientSecret));
});

test('a leave that ends says when', async () => {
  await using made = await asked();
  made.google.leaveSeconds = 604_799;
  await made.open();
  assert.equal((await made.consent.leave(never)).expiresAt, new Date(NOW + 604_799_000).toISOString());
});

test('a person who says no, or unticks what is needed, gives no leave', async () => {
  await using refusing = await asked();
  refusing.google.consents = false;
  await refusing.open();
  assert.equal((await failureOf(refusing.consent.leave(never))).outcome, 'refused');
  await using unticking = await asked();
  unticking.google.granted = 'openid';
  await unticking.open();
  assert.equal((await failureOf(unticking.consent.leave(never))).outcome, 'access');
});

test('a code that somebody else brings is not taken, and ours is of use to nobody else', async () => {
  await using made = await asked();
  const back = new URL(made.consent.url).searchParams.get('redirect_uri') ?? '';
  const state = new URL(made.consent.url).searchParams.get('state') ?? '';
  for (const path of [
    '/?code=forged&state=guessed',
    '/?code=forged',
    `/other?code=forged&state=${state}`,
    `/?state=${state}`,
    '//',
  ]) {
    assert.equal((await fetch(back + path)).status, 404, path);
  }
  assert.equal((await fetch(`${back}/?code=forged&state=${state}`, { method: 'POST' })).status, 404);
  await made.open();
  await made.consent.leave(never);
  // Another who asked has another verifier.
  await using other = await asked();
  const theirs = await fetch(made.consent.url, { redirect: 'manual' });
  const code = new URL(theirs.headers.get('location') ?? '').searchParams.get('code') ?? '';
  const otherState = new URL(other.consent.url).searchParams.get('state') ?? '';
  const otherBack = new URL(other.consent.url).searchParams.get('redirect_uri') ?? '';
  await fetch(`${otherBack}/?code=${code}&state=${otherState}`);
  assert.equal((await failureOf(other.consent.leave(never))).outcome, 'access');
});

test('waiting can be stopped, and what was begun is closed', async () => {
  const made = await asked();
  const stop = new AbortController();
  const leave = made.consent.leave(stop.signal);
  stop.abort(new Error('enough'));
  await assert.rejects(leave, /enough/);
  const back = new URL(made.consent.url).searchParams.get('redirect_uri') ?? '';
  await made[Symbol.asyncDispose]();
  await assert.rejects(fetch(back));
});
