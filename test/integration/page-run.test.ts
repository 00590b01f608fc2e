import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { freePort } from '../../dev/ready.ts';
import { hasChromium, launch } from '../support/browser.ts';
import { eventually, startCli, type Running } from '../support/cli.ts';
import { itemNow, provisioned, settingsFor, startTmdb } from '../support/stage.ts';

const movie = 558449;
let tmdb: Awaited<ReturnType<typeof startTmdb>>;
let service: Running;
let browser: Browser;
let url: string;

const inBrowser = hasChromium ? describe : describe.skip;

inBrowser('the page of a service that runs', () => {
  beforeAll(async () => {
    tmdb = await startTmdb([movie]);
    const port = await freePort();
    url = `http://127.0.0.1:${port}/`;
    const own = { TMDB_URL: tmdb.url, WATCH: String(movie), HTTP_PORT: String(port), POLL_INTERVAL_SECONDS: '1' };
    const env = await provisioned(settingsFor('page-run', own));
    service = startCli(['run'], env);
    browser = await launch();
  }, 120_000);
  afterAll(async () => {
    service.child.kill('SIGKILL');
    await service.ended;
    await browser.close();
    tmdb.close();
  });

  it('shows what it commits, and that it is gone when it stops', async () => {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.route('https://image.tmdb.org/**', async (route) =>
      route.fulfill({ contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg"/>' }),
    );
    await eventually(async () => expect((await page.goto(url))?.status()).toBe(200), 30_000);
    const rows = page.locator('#rows li');
    await eventually(async () => expect(await rows.count()).toBe(14), 30_000); // the documented example
    await eventually(async () => expect(await page.locator('#state').textContent()).toBe('live'));
    await tmdb.add(movie, 'title', itemNow({ action: 'updated', original_value: 'Glas', value: 'Glass' }));
    await eventually(async () => expect(await rows.first().innerText()).toContain('Glass'), 30_000);
    expect(await page.locator('#rows .text del').first().textContent()).toBe('Glas');
    expect(complaints).toEqual([]);
    service.child.kill('SIGTERM');
    expect((await service.ended).code).toBe(0);
    await eventually(async () => expect(await page.locator('#state').textContent()).toBe('disconnected'));
    expect(await rows.count()).toBe(15);
  }, 120_000);
});
