#!/usr/bin/env node
const a: string = process.version; console.log(a, process.argv.slice(2), process.env.PATH?.split(":").slice(0,2), process.execPath);
