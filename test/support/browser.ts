import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Whether the page can be looked at here; where not, it is said aloud. */
export const hasChromium = existsSync(executablePath);
if (!hasChromium) process.stderr.write(`SKIPPED: the page is not tested, there is no Chromium at ${executablePath}\n`);

/** Root has no sandbox. */
export const launch = async (): Promise<Browser> => chromium.launch({ executablePath, args: ['--no-sandbox'] });
