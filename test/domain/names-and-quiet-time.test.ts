import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameOf } from '../../domain/customers/customer.ts';
import { quietSince } from '../../domain/interventions/quiet-time.ts';

test('a customer is called by the names that are known, or by the id', () => {
  const customerId = 'C1';
  assert.equal(nameOf({ customerId, firstName: 'Asha', lastName: 'Rao' }), 'Asha Rao');
  assert.equal(nameOf({ customerId, firstName: null, lastName: 'Rao' }), 'Rao');
  assert.equal(nameOf({ customerId, firstName: null, lastName: null }), 'C1');
});

test('a customer is left alone for seven days to the millisecond', () => {
  assert.equal(quietSince('2026-03-08T00:00:00.001Z'), '2026-03-01T00:00:00.001Z');
});
