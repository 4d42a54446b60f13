/** Entry of the workflow bundle: each export is a workflow type, the default one answers for all others. */
export { booking } from './booking/booking.ts';
export { contact } from './contact/contact.ts';
export { customerScan } from './customer-scan.ts';
export { intervention } from './intervention.ts';
export { maintenance } from './maintenance.ts';
export { default } from './unknown-workflow.ts';
