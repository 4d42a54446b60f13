import { answers } from './suite/answers.ts';
import { endings } from './suite/endings.ts';

answers('An intervention and its answers');
endings('An intervention and its ends');
