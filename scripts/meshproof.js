#!/usr/bin/env node
import { handOver } from './bootstrap.js';

await handOver('src/cli/main.ts', process.argv.slice(2));
