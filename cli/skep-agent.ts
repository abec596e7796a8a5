#!/usr/bin/env node
import { startCli } from './start.ts';

await startCli('agent');
