import { scansChoose } from './suite/scans-choose.ts';

scansChoose('A customer scan chooses');
