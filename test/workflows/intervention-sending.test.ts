import { sending } from './suite/sending.ts';

sending('An intervention and the sending of its message');
