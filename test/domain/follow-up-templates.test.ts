import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ReveilleError } from '../../domain/errors.ts';
import { missingVariables, render, templateProblem, variablesOf } from '../../domain/follow-ups/templates.ts';

test('a template says its text with the values in place', () => {
  const template = 'Hi {{name}}, {{ days }} days left, {{name}}. {keep} } {';
  assert.equal(render(template, { name: 'Asha', days: 3 }), 'Hi Asha, 3 days left, Asha. {keep} } {');
  assert.deepEqual(variablesOf(template), ['name', 'days']);
  assert.equal(render('no variables', {}), 'no variables');
  assert.equal(render('', {}), '');
  assert.equal(render('{{a}}}{{b}}', { a: 1, b: '' }), '1}');
});

test('a value is text: braces in it mean nothing, nor does what regular expressions replace', () => {
  assert.equal(render('{{a}} {{b}}', { a: '{{b}}', b: '$& $1 {{' }), '{{b}} $& $1 {{');
  const value = fc.oneof(fc.string(), fc.constantFrom('{{', '}}', '{{a}}', '{{b}}', '$&'));
  fc.assert(
    fc.property(value, value, fc.stringMatching(/^[^{}]*$/), (a, b, between) => {
      assert.equal(render(`{{a}}${between}{{b}}`, { a, b }), a + between + b);
    }),
  );
});

test('a variable without a value is an error and never an empty place, whatever objects inherit', () => {
  assert.deepEqual(missingVariables('{{a}} {{b}} {{a}} {{c}}', { b: '' }), ['a', 'c']);
  assert.deepEqual(missingVariables('{{constructor}} {{toString}} {{__proto__}}', {}), [
    'constructor',
    'toString',
    '__proto__',
  ]);
  assert.throws(
    () => render('{{a}} {{b}}', { b: 1 }),
    (error: ReveilleError) => {
      assert.equal(error.code, 'invalid_input');
      assert.deepEqual(error.errors, [{ path: 'variables.a', message: 'is used by the template and has no value' }]);
      return true;
    },
  );
});

test('what is not well formed is told and not guessed at', () => {
  const problems: [string, RegExp][] = [
    ['Hi {{name', /"\{\{" that is not closed/],
    ['Hi {{name} there', /not closed/],
    ['Hi {{a {{b}}', /not closed/],
    ['Hi name}} there', /"\}\}" without/],
    ['{{a}} and }}', /"\}\}" without/],
    ['{{}}', /"\{\{\}\}", where a variable must be/],
    ['{{first name}}', /"\{\{first name\}\}"/],
    ['{{{name}}}', /where a variable must be/],
    ['{{#each a}}', /where a variable must be/],
    ['{{a.b}}', /where a variable must be/],
    ['{{नाम}}', /where a variable must be/],
    [`{{${'x'.repeat(41)}}}`, /1 to 40/],
  ];
  for (const [template, problem] of problems) {
    assert.match(templateProblem(template) ?? '', problem, template);
    assert.throws(() => render(template, { a: 1, b: 1, name: 'x' }), problem, template);
  }
  for (const fine of ['', '{', '}', '{a}', '{{a}}', '{{\n a }}', 'JSON {"a": {"b": 1} }']) {
    assert.equal(templateProblem(fine), null, fine);
  }
});

test('the longest template of nothing but openings is refused at once', () => {
  const started = performance.now();
  assert.match(templateProblem('{{'.repeat(2_500)) ?? '', /not closed/);
  assert.ok(performance.now() - started < 1_000);
});
