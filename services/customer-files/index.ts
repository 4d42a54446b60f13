export { readCustomerFiles } from './read.ts';
export { writeCustomerFiles } from './write.ts';
