#!/usr/bin/env node
import { handOver } from './bootstrap.js';

await handOver('test/all.ts', process.argv.slice(2));
