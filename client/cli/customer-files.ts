export { generateCustomers } from '../../domain/customers/generator.ts';
export { readCustomerFiles } from '../../services/customer-files/read.ts';
export { writeCustomerFiles } from '../../services/customer-files/write.ts';
