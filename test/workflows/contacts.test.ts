import { contacts } from './suite/contacts.ts';

contacts('A contact and its messages');
