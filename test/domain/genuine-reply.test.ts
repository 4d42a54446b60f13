import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyNotGenuine } from '../../domain/contacts/genuine-reply.ts';

const OWN = ['Reveille Shop <hello@shop.example>', 'care@shop.example'];

/** Headers as a mail has them, folded lines too. */
const headersIn = (mail: string): Record<string, string> =>
  Object.fromEntries(
    mail
      .trim()
      .split(/\n(?!\s)/)
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
const why = (mail: string, from?: string): string | null =>
  whyNotGenuine({ headers: headersIn(mail), ...(from === undefined ? {} : { from }) }, OWN);

const PERSON = `
Return-Path: <asha@example.com>
Received: from mail-lf1-f44.google.com (mail-lf1-f44.google.com [209.85.167.44])
	by mx.shop.example with ESMTPS id 12 for <hello@shop.example>
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com
MIME-Version: 1.0
References: <f1@shop.example>
In-Reply-To: <f1@shop.example>
From: Asha Rao <asha@example.com>
Date: Wed, 6 May 2026 15:30:00 +0530
Subject: Re: How is our service for you?
To: Reveille Shop <hello@shop.example>
Content-Type: multipart/alternative; boundary="0000000000003f"`;

test('a reply that a person wrote counts', () => {
  assert.equal(why(PERSON), null);
  assert.equal(why(PERSON, 'asha@example.com'), null);
  const outlook = `${PERSON}
Thread-Topic: How is our service for you?
X-MS-Has-Attach:
X-MS-TNEF-Correlator:
X-Auto-Response-Suppress: DR, RN, NRN
Auto-Submitted: no
Precedence: first-class
X-Autoreply: no
Importance: Normal`;
  assert.equal(why(outlook), null);
});

test('what came without headers, as from a messenger, counts', () => {
  assert.equal(whyNotGenuine({}, OWN), null);
  assert.equal(whyNotGenuine({ from: '@asha_rao' }, OWN), null);
  assert.equal(whyNotGenuine({ from: '', headers: {} }, ['']), null);
});

test('a subject says nothing by itself: people write of their holidays too', () => {
  for (const subject of ['Out of office', 'Automatic reply: gone fishing', 'Re: Undelivered Mail Returned to Sender']) {
    assert.equal(why(PERSON.replace(/Subject: .*/, `Subject: ${subject}`)), null);
  }
});

test('our own mails do not count, however they are written', () => {
  const ours = 'it was sent from one of our own addresses';
  assert.equal(whyNotGenuine({ from: 'HELLO@Shop.example' }, OWN), ours);
  assert.equal(whyNotGenuine({ from: 'Customer care <care@shop.example>' }, OWN), ours);
  assert.equal(why(PERSON.replace('Asha Rao <asha@example.com>', '"Shop" <Care@shop.example>')), ours);
  assert.equal(whyNotGenuine({ from: 'hello@shop.example (The shop)' }, OWN), ours);
  assert.equal(whyNotGenuine({ from: 'hello@shop.example.com' }, OWN), null);
  // Somebody whose name looks like our address.
  assert.equal(whyNotGenuine({ from: '"<hello@shop.example>" <asha@example.com>' }, OWN), null);
});

test("Gmail's vacation responder does not count", () => {
  const mail = `
Return-Path: <>
Received: by 2002:a05:6512:3d0b:0:b0:52c with SMTP id d11
X-Google-DKIM-Signature: v=1; a=rsa-sha256
MIME-Version: 1.0
Auto-Submitted: auto-replied
Precedence: bulk
X-Autoreply: yes
From: Asha Rao <asha@example.com>
Message-ID: <CAGn@mail.gmail.com>
Subject: Out of office Re: How is our service for you?
To: hello@shop.example
Content-Type: multipart/alternative; boundary="000000000000"`;
  assert.equal(why(mail), 'it is an automatic answer, as its header auto-submitted says');
});

test("Outlook's out-of-office answer does not count", () => {
  const mail = `
From: Asha Rao <asha@example.com>
To: Reveille Shop <hello@shop.example>
Subject: Automatic reply: How is our service for you?
Thread-Topic: How is our service for you?
X-Auto-Response-Suppress: All
auto-submitted: auto-generated
x-ms-exchange-parent-message-id: <f1@shop.example>
X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent
Content-Type: multipart/alternative; boundary="_000_b4"`;
  assert.equal(why(mail), 'it is an automatic answer, as its header auto-submitted says');
  assert.equal(
    why(mail.replace('auto-submitted: auto-generated\n', '')),
    'it is an automatic answer, as its header x-auto-response-suppress says',
  );
});

test("Postfix's bounce and a read receipt do not count", () => {
  const report = 'it is a report about a message, such as that it could not be delivered';
  const bounce = `
Return-Path: <>
From: MAILER-DAEMON@mx.example.com (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: hello@shop.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="4Vdk.1715/mx.example.com"`;
  assert.equal(why(bounce), report);
  const receipt = `
From: Asha Rao <asha@example.com>
Subject: Read: How is our service for you?
Content-Type: Multipart/Report; report-type=disposition-notification; boundary=a`;
  assert.equal(why(receipt), report);
  assert.equal(why('X-Failed-Recipients: asha@example.com\nContent-Type: text/plain'), report);
  // A hand that has taken the headers off.
  const machine = 'its sender is a machine that nobody reads the mail of';
  assert.equal(whyNotGenuine({ from: 'MAILER-DAEMON@mx.example.com (Mail Delivery System)' }, OWN), machine);
});

test('what Mailman passes on does not count', () => {
  const mail = `
Return-Path: <readers-bounces@lists.example.org>
From: Asha Rao via Readers <readers@lists.example.org>
Subject: [Readers] Re: How is our service for you?
Precedence: list
List-Id: Those who read <readers.lists.example.org>
List-Unsubscribe: <https://lists.example.org/options/readers>
Sender: "Readers" <readers-bounces@lists.example.org>
Content-Type: text/plain; charset="utf-8"`;
  assert.equal(why(mail), 'it came over a mailing list');
  assert.equal(why(mail.replace(/List-Id: .*\n/, '')), 'it is an automatic answer, as its header precedence says');
});

test('each sign of a program is one by itself, whatever the case of its name', () => {
  const signs = [
    'Auto-Submitted: auto-replied (vacation)',
    'Auto-Submitted: auto-notified; owner-email="x@example.com"',
    'AUTO-SUBMITTED: Auto-Generated',
    'Precedence: bulk',
    'precedence: Junk',
    'Precedence: auto_reply',
    'X-Auto-Response-Suppress: DR, OOF, AutoReply',
    'X-Autoreply: yes',
    'X-Autorespond: Re: hello',
    'X-Autoresponder: 1',
    'Return-Path: <>',
    'Return-Path: < >',
    'Content-Type: message/delivery-status',
  ];
  for (const sign of signs) assert.notEqual(why(`${sign}\nFrom: asha@example.com`), null, sign);
  const none = ['Auto-Submitted: no', 'auto-submitted: No; x=y', 'Auto-Submitted: no (a person)', 'Auto-Submitted:'];
  for (const sign of [
    ...none,
    'Precedence: normal',
    'X-Auto-Response-Suppress: None',
    'Return-Path: <a@example.com>',
  ]) {
    assert.equal(why(`${sign}\nFrom: asha@example.com`), null, sign);
  }
  // The same header twice, as objects have it when its case differs.
  assert.notEqual(whyNotGenuine({ headers: { precedence: 'normal', Precedence: 'bulk' } }, OWN), null);
});

test('senders that nobody reads the mail of do not count, and people with names like theirs do', () => {
  const machines = [
    ...['no-reply@example.com', 'noreply@example.com', 'No_Reply@example.com', 'do-not-reply@example.com'],
    ...['donotreply+x@example.com', 'noreply-accounts@example.com', 'postmaster@example.com', 'mailer-daemon'],
  ];
  for (const from of machines) assert.notEqual(whyNotGenuine({ from }, OWN), null, from);
  for (const from of [
    'noreplyova@example.com',
    'postmasters@example.com',
    'asha@no-reply.example',
    'norep@x.example',
  ]) {
    assert.equal(whyNotGenuine({ from: `A <${from}>` }, OWN), null, from);
  }
});

test('headers of any size and name are read at once', () => {
  const started = performance.now();
  const headers = Object.fromEntries(
    ['auto-submitted', 'from', 'content-type', 'return-path', 'precedence', '__proto__', 'constructor'].map((name) => [
      name,
      `${'<'.repeat(3_000)}${' '.repeat(3_000)}no-`.repeat(2),
    ]),
  );
  whyNotGenuine({ from: '<'.repeat(500), headers }, OWN);
  assert.ok(performance.now() - started < 500);
  assert.equal(whyNotGenuine({ headers: { constructor: 'x', toString: 'y' } }, OWN), null);
});
