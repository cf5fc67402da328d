#!/usr/bin/env node
import { handOver } from './bootstrap.js';

await handOver('src/bench/main.ts', process.argv.slice(2));
