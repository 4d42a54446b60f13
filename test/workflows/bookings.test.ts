import { bookings } from './suite/bookings.ts';

bookings('A booking and its messages');
