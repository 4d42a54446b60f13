import { answers } from './suite/answers.ts';

answers('An intervention and its answers');
