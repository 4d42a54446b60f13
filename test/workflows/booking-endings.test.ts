import { bookingEndings } from './suite/booking-endings.ts';

bookingEndings('The ends of a booking');
