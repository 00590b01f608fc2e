import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import axe from 'axe-core';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { hasChromium, launch } from '../support/browser.ts';
import { eventually } from '../support/cli.ts';
import { change, everyKind, eventsAt, statusAt } from '../support/page-events.ts';
import type { Command } from '../support/page-server.ts';

const folder = '.cache/page';
const [desktop, phone] = [
  { width: 1180, height: 820 },
  { width: 390, height: 844 },
];

const startServer = async (port = 0) => {
  const child: ChildProcess = spawn(process.execPath, ['test/support/page-server.ts', String(port)], {
    env: { PATH: process.env['PATH'] },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  const [first] = (await once(lines, 'line')) as [string];
  const tell = (command: Command): void => void child.stdin?.write(`${JSON.stringify(command)}\n`);
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'close');
  };
  const ask = async () => {
    const answer = once(lines, 'line') as Promise<[string]>;
    tell({ isAsked: true });
    return JSON.parse((await answer)[0]) as { readonly rss: number; readonly lastIds: readonly string[] };
  };
  const memory = async (): Promise<number> => (await ask()).rss;
  return { port: Number(first), url: `http://127.0.0.1:${first}/`, tell, stop, ask, memory };
};
type Server = Awaited<ReturnType<typeof startServer>>;

/** Art for any path, drawn here: nobody's poster is in a test. */
const drawing = (path: string): string => {
  const hue = Buffer.from(path).reduce((sum, byte) => (sum * 31 + byte) % 360, 7);
  const [dark, light] = [`hsl(${hue} 45% 30%)`, `hsl(${(hue + 50) % 360} 55% 62%)`];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 92 138" width="92" height="138">
    <linearGradient id="g" x2="0" y2="1"><stop stop-color="${dark}"/><stop offset="1" stop-color="${light}"/></linearGradient>
    <rect width="92" height="138" fill="url(#g)"/><circle cx="${30 + (hue % 32)}" cy="52" r="15" fill="hsl(${hue} 60% 88%)"/>
    <path d="M0 100l28-26 22 20 18-14 24 22v36H0z" fill="${dark}" opacity=".75"/></svg>`;
};

/** Runs in the page: two thousand pairs of texts, and the first of which not all is told. */
const compareMany = `(async () => {
  const { difference } = await import(new URL('/words.js', location.href));
  const words = ['night', 'the', 'a', '夜', 'city', 'runs.', '“So”'];
  let seed = 1;
  const next = (below) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  const some = () => Array.from({ length: next(9) + 1 }, () => words[next(words.length)]).join(' ');
  const bare = (text) => text.replaceAll(/\\s/g, '');
  for (let nth = 0; nth < 2000; nth += 1) {
    const [a, b] = [some(), some()];
    const pieces = difference(a, b);
    const side = (other) => bare(pieces.filter(({ kind }) => kind !== other).map(({ text }) => text).join(''));
    if (bare(a) !== bare(b) && (side('ins') !== bare(a) || side('del') !== bare(b))) return { a, b, pieces };
  }
  return null;
})()`;

/** Runs in the page: the longest time between two frames in ten seconds, in ms, and how many there were. */
const watchFrames = `new Promise((resolve) => {
  const startedAt = performance.now();
  let [last, worst, frames] = [startedAt, 0, 0];
  const look = (at) => {
    [worst, last, frames] = [Math.max(worst, at - last), at, frames + 1];
    if (at - startedAt < 10_000) requestAnimationFrame(look);
    else resolve({ worst, frames });
  };
  requestAnimationFrame(look);
})`;

/** What axe finds wrong; of contrast alone where it is asked for that. */
const findings = async (page: Page, rules?: readonly string[]): Promise<string[]> => {
  await page.addStyleTag({ content: 'li { content-visibility: visible !important }' }); // axe looks at what is drawn
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>(
    `axe.run(document, ${JSON.stringify(rules === undefined ? {} : { runOnly: rules })})`,
  );
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
};

const closers: (() => Promise<unknown>)[] = [];
let browser: Browser;
let server: Server;

/** A page in a window of its own, and whatever it complained of. */
const openPage = async (
  path = '',
  {
    at = server,
    images = 'drawn',
    ...options
  }: BrowserContextOptions & { at?: Server; images?: 'drawn' | 'dead' | 'never' } = {},
) => {
  const context = await browser.newContext({ viewport: desktop, colorScheme: 'light', ...options });
  closers.push(async () => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  const asked: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  await page.route('https://image.tmdb.org/**', async (route) => {
    const { pathname } = new URL(route.request().url());
    asked.push(pathname);
    if (images === 'dead') await route.abort('connectionrefused');
    else if (images === 'drawn') await route.fulfill({ contentType: 'image/svg+xml', body: drawing(pathname) });
  });
  await page.goto(`${at.url}${path}`);
  return { page, complaints, asked };
};

const rowsOf = async (page: Page): Promise<string[]> =>
  (await page.locator('#rows li').allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' ').trim());
/** What an expression gives for each element, called `each`. */
const inAll = async <T>(page: Page, selector: string, expression: string): Promise<T[]> =>
  page.evaluate<T[]>(`[...document.querySelectorAll('${selector}')].map((each) => ${expression})`);
const drawnImages = async (page: Page): Promise<number> => page.locator('.image img').count();
const stateOf = async (page: Page): Promise<string | null> => page.locator('#state').textContent();

const until = async (page: Page, count: number): Promise<void> =>
  eventually(async () => expect((await rowsOf(page)).length).toBe(count));

const inBrowser = hasChromium ? describe : describe.skip;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  if (!hasChromium) return;
  browser = await launch();
}, 60_000);
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(async () => {
  if (hasChromium) await browser.close();
});

/** A server with the newest of each kind of event, twenty as a page is given at first. */
const stage = async (events = eventsAt(Date.now())): Promise<void> => {
  server = await startServer();
  closers.push(server.stop);
  server.tell({ status: statusAt(Date.now()), events });
};

inBrowser('a row', () => {
  it('of each kind draws what changed', async () => {
    await stage([]);
    // What is not in view has no text for innerText.
    const { page, complaints } = await openPage('', { viewport: { width: 1180, height: 2400 }, images: 'never' });
    await eventually(async () => expect(await stateOf(page)).toBe('live'));
    const events = eventsAt(Date.now());
    server.tell({ events: events.slice(0, 12) });
    await until(page, 12);
    server.tell({ events: events.slice(12) });
    await until(page, everyKind.length);
    const rows = (await rowsOf(page)).map((row) => row.replace(/^\d\d:\d\d:\d\d /, '').replace(/ \d · \d+$/, ''));
    expect(rows.toReversed()).toEqual([
      '+24 s ~ updated budget movie 807 63,000,000→63,500,000',
      '+41 s + added cast movie 550 person_id 819 credit_id 52fe4250c3a36847f80149f3 cast_id 4 character The Narrator order 0',
      '+12 s ~ updated release_dates DE movie 550 certification 18→16 note cut',
      '+33 s ~ updated spoken_languages movie 194 + fr',
      '+15 s + added genres movie 603 + Science Fiction',
      '+52 s + added alternative_titles AR movie 550 El club de la pelea',
      '+64 s + added belongs_to_collection movie 603 + The Matrix Collection',
      '+57 s − deleted images logo · en movie 335 logo',
      '+39 s ~ updated homepage fr-FR movie 194 https://example.org/amelie https://example.org/le-fabuleux-destin',
      '+22 s ~ updated images poster · pt movie 424 poster no language→pt',
      '+18 s ~ updated videos en-US movie 27205 ▶ Official Teaser → Official Teaser [4K] Teaser · Vimeo · 1080p',
      '+30 s ~ updated video movie 680 false→true',
      '+27 s ~ updated title ja-JP movie 129 千と千尋の神隠 し',
      '+25 s − deleted plot_keywords movie 603 − dystopia',
      '+35 s + added images backdrop movie 27205 backdrop',
      '+20 s ~ updated title de-DE movie 550 Der <script>alert(1)</script> Fight Club',
      '+27 s ~ updated runtime en-US movie 550 139→140',
      '+16 s + added plot_keywords movie 105 + time travel',
      '+82 s − deleted videos en-US movie 27205 ▶ Fan edit: the office Clip · YouTube · 1080p',
      '+13 s + added tagline ko-KR movie 550 강은 모든 것을 기억한다.',
      '+37 s + added videos en-US movie 155 ▶ Behind the scenes: the rooftop Featurette · YouTube · 1080p',
      '+59 s ~ updated overview en-US movie 550 … valley that keeps its own time. Their quiet walk becomes a careful search when every town village they enter reach seems to remember them, until a storm closes the pass and …',
      '+46 s ~ updated images poster · en movie 19995 poster → poster',
    ]);
    expect(complaints).toEqual([]);
  });

  it('marks words that went and came, and links what can be seen elsewhere', async () => {
    await stage();
    const { page } = await openPage();
    await until(page, 20);
    const texts = async (selector: string): Promise<string[]> => page.locator(selector).allTextContents();
    expect(await texts('.text del')).toEqual([
      'town',
      'enter',
      'Der <script>alert(1)</script>',
      'https://example.org/amelie',
    ]);
    expect((await texts('.text ins')).slice(0, 3)).toEqual(['careful', 'village', 'reach']);
    expect(await page.locator('.pill').allTextContents()).toContain('− dystopia');
    const links = await inAll<string>(page, '.video a', 'each.href');
    expect(links).toEqual(['https://www.youtube.com/watch?v=abc_DEF-123', 'https://vimeo.com/abc_DEF-123']);
    expect(await page.locator('.video del').allTextContents()).toEqual(['Fan edit: the office', 'Official Teaser']);
    expect(await page.locator('.head a').first().getAttribute('href')).toBe('https://www.themoviedb.org/movie/19995');
  });

  it('shows the old image grey and the new one in colour, in boxes that do not move', async () => {
    await stage();
    const { page, asked } = await openPage();
    await until(page, 20);
    const boxes = async () => inAll<object>(page, '.image', 'each.getBoundingClientRect().toJSON()');
    const before = await boxes();
    await eventually(async () => expect(await drawnImages(page)).toBeGreaterThan(2));
    expect(await boxes()).toEqual(before);
    const filters = await inAll<string>(page, '.image img', 'getComputedStyle(each).filter');
    expect(filters.slice(0, 2)).toEqual(['grayscale(1)', 'none']);
    expect(asked.slice(0, 2)).toEqual(['/t/p/w92/night.jpg', '/t/p/w92/dawn.jpg']);
  });

  it('keeps its shape where the host of images is dead', async () => {
    await stage();
    const { page, asked } = await openPage('', { images: 'dead' });
    await until(page, 20);
    await eventually(() => expect(asked.length).toBeGreaterThan(2));
    const first = page.locator('.image').first();
    expect(await first.boundingBox()).toMatchObject({ width: 46, height: 69 });
    expect(await first.textContent()).toBe('poster');
    expect(await drawnImages(page)).toBe(0);
  });

  it('has any two texts word by word: what is left of both are the texts', async () => {
    await stage();
    const { page } = await openPage();
    const wrong = await page.evaluate<unknown>(compareMany);
    expect(wrong).toBeNull();
  });
});

inBrowser('text from TMDB', () => {
  it('stays text under the strict policy, whatever it says', async () => {
    const evil = [
      '<script>alert(1)</script>',
      '<img src=x onerror=alert(1)>',
      '"><svg onload=alert(1)>',
      '\u202Eevil\u0000',
    ];
    await stage(
      evil.flatMap((text, at) => [
        change('title', { before: 'a', after: text }, [at * 4, Date.now()]),
        change('plot_keywords', { after: { id: 1, name: text, group: null } }, [at * 4 + 1, Date.now()]),
        change('videos', { after: { id: '1', key: text, name: text, site: 'YouTube', size: 1, type: text } }, [
          at * 4 + 2,
          Date.now(),
        ]),
        change('images', { after: { kind: text, file_path: `/${text}`, iso_639_1: text, iso_3166_1: null } }, [
          at * 4 + 3,
          Date.now(),
        ]),
      ]),
    );
    const { page, complaints, asked } = await openPage();
    await until(page, 16);
    expect(await page.locator('#rows script, #rows svg, #rows img').count()).toBe(0);
    expect((await page.locator('.text ins').allTextContents()).toReversed()).toEqual(evil);
    expect(await page.locator('.video a').count()).toBe(0);
    const answer = await fetch(server.url);
    expect(answer.headers.get('content-security-policy')).toContain("require-trusted-types-for 'script'");
    expect({ complaints, asked }).toEqual({ complaints: [], asked: [] });
  });

  it('that a filter in the address brings is ignored', async () => {
    await stage();
    const { page, complaints } = await openPage('?key=<script>alert(1)</script>&movie=1e3');
    await until(page, 20);
    expect(await page.locator('#key').inputValue()).toBe('');
    await page.goto(`${server.url}?movie=9999999999`);
    await until(page, 20);
    expect(await page.locator('#movie').inputValue()).toBe('');
    expect(complaints).toEqual([]);
  });
});

inBrowser('a look', () => {
  const looks = [desktop, phone].flatMap((viewport) =>
    (['light', 'dark'] as const).map((scheme) => ({ viewport, scheme })),
  );

  it.each(looks)(
    'at $viewport.width px in $scheme fits, can be read, and has no finding of axe',
    async ({ viewport, scheme }) => {
      await stage();
      const { page, complaints } = await openPage('', { viewport, colorScheme: scheme, bypassCSP: true });
      await until(page, 20);
      await eventually(async () => expect(await drawnImages(page)).toBeGreaterThan(1));
      await page.screenshot({ path: `${folder}/${viewport.width}-${scheme}.png` });
      const { overflow, ground } = await page.evaluate<{ overflow: number; ground: string }>(
        '({ overflow: document.documentElement.scrollWidth - innerWidth, ground: getComputedStyle(document.body).backgroundColor })',
      );
      expect(overflow).toBeLessThanOrEqual(0);
      expect(ground).toBe(scheme === 'light' ? 'rgb(244, 245, 247)' : 'rgb(13, 16, 20)');
      expect(await findings(page)).toEqual([]);
      expect(complaints).toEqual([]);
    },
  );

  const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();

  it.each<[state: string, more: () => object, sentence: string]>([
    [
      'paused',
      () => ({ paused: { at: ago(600), by: 'anna@host-a', reason: 'maintenance' } }),
      'Paused by anna@host-a (“maintenance”). “tmdb-cdc resume” goes on from here. for 10 min',
    ],
    [
      'degraded',
      () => ({ degraded: { code: 'TMDB_UNAVAILABLE', since: ago(420) } }),
      '(TMDB_UNAVAILABLE). It is asked again until it does; nothing is lost. for 7 min',
    ],
    ['standby', () => ({ observedThrough: null, completeThrough: null }), 'This instance stands by'],
    ['waiting', () => ({}), 'Kafka does not answer'],
    ['stuck', () => ({}), 'No request to TMDB has ended'],
    [
      'starting',
      () => ({ startedAt: null, delay: null, deadLetters: null, lastFault: null, nextPollAt: null }),
      'starting',
    ],
    ['stopping', () => ({}), 'stopping'],
  ])('while %s says so, and why', async (state, more, sentence) => {
    await stage();
    const { page, complaints } = await openPage('', { bypassCSP: true });
    await until(page, 20);
    expect(await page.locator('#notice').isVisible()).toBe(false);
    server.tell({ status: { ...statusAt(Date.now()), ...more(), state } });
    await eventually(async () => expect(await page.locator('#notice').textContent()).toContain(sentence));
    expect(await stateOf(page)).toBe(state);
    expect(await findings(page, ['color-contrast'])).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('at a list without changes says what is waited for', async () => {
    await stage([]);
    const { page } = await openPage();
    const empty = page.locator('#empty');
    await eventually(async () =>
      expect(await empty.textContent()).toMatch(
        /^Nothing has changed yet\. Watching 12 movies since .*\d\d:\d\d UTC; the next look is in \d+ s\.$/,
      ),
    );
    await page.screenshot({ path: `${folder}/empty.png` });
    server.tell({ events: eventsAt(Date.now()).slice(0, 1) });
    await until(page, 1);
    expect(await empty.isVisible()).toBe(false);
  });
});

inBrowser('a reader', () => {
  it('filters, and the address says what is shown', async () => {
    await stage();
    const { page } = await openPage();
    await until(page, 20);
    await page.locator('#key').selectOption('images');
    await until(page, 4);
    expect(new URL(page.url()).search).toBe('?key=images');
    await page.locator('#movie').fill('27205');
    await page.locator('#movie').press('Enter');
    await until(page, 1);
    expect(new URL(page.url()).search).toBe('?key=images&movie=27205');
    await page.reload();
    await until(page, 1);
    expect(await page.locator('#key').inputValue()).toBe('images');
    server.tell({ events: eventsAt(Date.now(), 100) });
    await until(page, 2);
    const streams: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/events')) streams.push(request.url());
    });
    for (const wrong of ['abc', '0', '2147483648', '9999999999']) {
      await page.locator('#movie').fill(wrong);
      await page.locator('#movie').press('Enter');
      expect(await inAll<string>(page, '#movie', 'each.validationMessage')).toEqual([
        'Give the id of a movie: digits, at most 2147483647.',
      ]);
      await page.locator('#key').selectOption('title');
      await page.locator('#key').selectOption('images');
      expect(new URL(page.url()).search).toBe('?key=images&movie=27205');
    }
    expect(streams).toEqual([]);
    await page.locator('#movie').fill('2147483647');
    await page.locator('#movie').press('Enter');
    await eventually(async () => expect(await page.locator('#empty').textContent()).toMatch(/^No such change/));
    expect(new URL(page.url()).search).toBe('?key=images&movie=2147483647');
  });

  it('can do everything by keyboard, and sees where he is', async () => {
    await stage();
    const { page } = await openPage();
    await until(page, 20);
    const focused = async () =>
      page.evaluate<{ name: string; outline: string }>(
        '(({ activeElement: at }) => ({ name: at.id || at.className || at.innerText, outline: getComputedStyle(at).outlineStyle }))(document)',
      );
    const order = [];
    for (let press = 0; press < 5; press += 1) {
      await page.keyboard.press('Tab');
      order.push(await focused());
    }
    expect(order.map(({ name }) => name)).toEqual(['skip', 'key', 'movie', 'pause', 'movie 19995']);
    expect(order.map(({ outline }) => outline)).toEqual(order.map(() => 'solid'));
    // Nothing moves while he is in the list.
    server.tell({ events: eventsAt(Date.now(), 100).slice(0, 3) });
    await eventually(async () => expect(await page.locator('#news').textContent()).toBe('3 new – show'));
    expect((await rowsOf(page)).length).toBe(20);
    await page.locator('#key').focus();
    await until(page, 23);
    await page.keyboard.type('runtime');
    await until(page, 1);
    await page.locator('.skip').focus();
    await page.keyboard.press('Enter');
    expect((await focused()).name).toBe('changes');
  });

  it('is not moved while he reads further down, or has paused', async () => {
    await stage();
    const { page } = await openPage();
    await until(page, 20);
    await page.locator('#pause').click();
    server.tell({ events: eventsAt(Date.now(), 100).slice(0, 7) });
    await eventually(async () => expect(await page.locator('#news').textContent()).toBe('7 new – show'));
    expect((await rowsOf(page)).length).toBe(20);
    await page.locator('#news').click();
    await until(page, 27);
    await page.locator('#pause').click();
    await page.mouse.wheel(0, 500);
    await eventually(async () => expect(await page.evaluate<number>('scrollY')).toBeGreaterThan(300));
    server.tell({ events: eventsAt(Date.now(), 200).slice(0, 2) });
    await eventually(async () => expect(await page.locator('#news').textContent()).toBe('2 new – show'));
    await page.evaluate('scrollTo(0, 0)');
    await until(page, 29);
    expect(await page.locator('#news').isVisible()).toBe(false);
  });

  it('who hears the page is told of a state once, while its time goes on', async () => {
    await stage();
    const { page } = await openPage();
    await until(page, 20);
    const regions = '[role=status]:not(#spoken)';
    await page.evaluate(
      `globalThis.said = [];
       for (const region of document.querySelectorAll('${regions}'))
         new MutationObserver(() => said.push(region.textContent))
           .observe(region, { childList: true, characterData: true, subtree: true })`,
    );
    const times = page.locator('#notice-time');
    const at = new Date().toISOString();
    for (const [state, more] of [
      ['paused', { paused: { at, by: 'anna@host-a', reason: null } }],
      ['degraded', { degraded: { code: 'TMDB_UNAVAILABLE', since: at } }],
    ] as const) {
      server.tell({ status: { ...statusAt(Date.now()), ...more, state } });
      await eventually(async () => expect(await stateOf(page)).toBe(state));
      const seen = new Set<string | null>();
      await eventually(async () => {
        seen.add(await times.textContent());
        expect(seen.size).toBe(4);
      });
      expect([...seen].every((time) => /^for \d+ s$/.test(time ?? ''))).toBe(true);
    }
    expect(await page.evaluate<string[]>('said')).toEqual([
      'Paused by anna@host-a. “tmdb-cdc resume” goes on from here.',
      'TMDB does not answer as it should (TMDB_UNAVAILABLE). It is asked again until it does; nothing is lost.',
    ]);
  });

  it('who hears the page is told now and then how much came', async () => {
    await stage();
    const { page } = await openPage();
    await eventually(
      async () =>
        expect(await page.locator('#spoken').textContent()).toBe('20 changes, newest: images poster · en movie 19995'),
      20_000,
    );
  });
});

inBrowser('the stream', () => {
  it('goes on when the service is killed and comes back, with nothing twice', async () => {
    await stage();
    const { page } = await openPage();
    await until(page, 20);
    const events = eventsAt(Date.now());
    await server.stop();
    await eventually(async () => expect(await stateOf(page)).toBe('disconnected'));
    expect(await page.locator('#notice').textContent()).toContain('The service does not answer');
    await page.screenshot({ path: `${folder}/disconnected.png` });
    expect((await rowsOf(page)).length).toBe(20);
    const again = await startServer(server.port);
    closers.push(again.stop);
    // Without the newest that the page has: it is told again what it has already.
    const kept = [...events.slice(0, -1), ...eventsAt(Date.now(), 100).slice(0, 5)];
    again.tell({ status: statusAt(Date.now()), events: kept });
    await eventually(async () => expect(await stateOf(page)).toBe('live'));
    await until(page, 25);
    const places = await page.locator('.place').allTextContents();
    expect(new Set(places).size).toBe(25);
    expect((await again.ask()).lastIds).toEqual(['images-4-18022']);
  });

  it('is closed while the page is hidden, and goes on where it was', async () => {
    await stage();
    const { page } = await openPage();
    await until(page, 20);
    // Headless, no page is ever hidden: the browser's own word for it is set.
    const hide = async (isHidden: boolean): Promise<void> =>
      page.evaluate(
        `Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true });
         document.dispatchEvent(new Event('visibilitychange'))`,
      );
    const asked: string[] = [];
    page.on('request', (request) => {
      const { pathname, search } = new URL(request.url());
      if (pathname === '/events') asked.push(search);
    });
    const leave = async (): Promise<void> => {
      const left = page.waitForEvent('requestfailed', (request) => request.url().includes('/events'));
      await hide(true);
      await left;
    };
    await leave();
    server.tell({ status: { ...statusAt(Date.now()), deadLetters: 7 } });
    await hide(false); // nothing came: the turn that comes with the status is empty
    await eventually(async () => expect(await page.locator('#letters').textContent()).toBe('7'));
    await page.locator('#movie').fill('5'); // not finished, so not asked for
    await leave();
    server.tell({ events: eventsAt(Date.now(), 100).slice(0, 3) });
    await hide(false);
    await until(page, 23);
    expect(asked).toEqual(['?last=images-4-18022', '?last=images-4-18022']);
  });

  it('is refused to the fifty-first, who is told so and has the place when one is free', async () => {
    await stage();
    const sockets = Array.from({ length: 50 }, () => {
      const socket = connect(server.port, '127.0.0.1').pause();
      socket.on('error', () => undefined);
      socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
      closers.push(async () => Promise.resolve(void socket.destroy()));
      return socket;
    });
    await eventually(async () => {
      const answer = await fetch(`${server.url}events`, { signal: AbortSignal.timeout(5000) });
      void answer.body?.cancel();
      expect(answer.status).toBe(503);
    });
    const { page } = await openPage();
    await eventually(async () => expect(await stateOf(page)).toBe('disconnected'));
    expect(await page.locator('#notice-text').textContent()).toBe(
      'Refused: 50 pages are open: close one. Trying again; what is shown below was committed before.',
    );
    for (const socket of sockets) socket.destroy();
    await until(page, 20);
    expect(await stateOf(page)).toBe('live');
    expect(await page.locator('#notice').isVisible()).toBe(false);
    expect(await page.locator('#notice-text').textContent()).toBe('');
  });

  it.each([
    ['text/plain; charset=utf-8', 'key is no <b>key</b>\n', 'Refused: key is no <b>key</b>. Trying again'],
    ['text/html', '<h1>Bad gateway</h1>', 'The service does not answer. Trying again'],
  ])('that is refused in %s shows a sentence, as text', async (contentType, body, sentence) => {
    await stage();
    const { page } = await openPage();
    await until(page, 20);
    await page.route('**/events?*', async (route) => route.fulfill({ status: 400, contentType, body }));
    await page.locator('#key').selectOption('images');
    const text = page.locator('#notice-text');
    await eventually(async () => expect(await text.textContent()).toContain(sentence));
    expect(await text.locator('*').count()).toBe(0);
    await page.unroute('**/events?*');
    await until(page, 4);
    expect(await text.textContent()).toBe('');
  });

  it('that is free again when the page asks why is left at once, and opened later', async () => {
    await stage();
    const { page } = await openPage();
    await until(page, 20);
    const asked: string[] = [];
    await page.route('**/events?*', async (route) => {
      asked.push(route.request().resourceType());
      await (asked.length === 1 ? route.fulfill({ status: 503, body: 'full' }) : route.continue());
    });
    const left = page.waitForEvent('requestfailed', {
      predicate: (request) => request.resourceType() === 'fetch',
      timeout: 4500, // the next try would end it as well
    });
    await page.locator('#key').selectOption('images');
    await left;
    expect(await page.locator('#notice').isVisible()).toBe(false);
    await until(page, 4);
    expect(asked).toEqual(['eventsource', 'fetch', 'eventsource']);
    expect(await stateOf(page)).toBe('live');
  });

  it('of 2,000 events a second is drawn without a jerk, and costs the service no memory', async () => {
    await stage();
    const { page, asked } = await openPage();
    await until(page, 20);
    await eventually(async () => expect(await drawnImages(page)).toBeGreaterThan(1));
    const before = asked.length;
    server.tell({ events: eventsAt(Date.now()), perSecond: 2000 });
    await new Promise((resolve) => setTimeout(resolve, 2000)); // until both run warm
    const startBytes = await server.memory();
    // What else runs on the machine can hold a frame up; what the page does itself would do so each time.
    let found = { worst: Infinity, frames: 0 };
    for (let round = 0; round < 3 && found.worst >= 200; round += 1)
      found = await page.evaluate<typeof found>(watchFrames);
    const { worst, frames } = found;
    const endBytes = await server.memory();
    await page.screenshot({ path: `${folder}/rush.png` });
    process.stderr.write(
      `page at 2,000/s: worst frame ${Math.round(worst)} ms, ${Math.round(frames / 10)} fps, service ${Math.round(startBytes / 1e6)} → ${Math.round(endBytes / 1e6)} MB\n`,
    );
    expect(worst).toBeLessThan(200);
    expect(endBytes - startBytes).toBeLessThan(20e6);
    expect(await page.locator('#rows li').count()).toBe(200);
    expect(asked.length - before).toBeLessThan(20); // a row that goes at once is worth no image
    expect(await page.locator('#counts').textContent()).toMatch(/^[\d,]{6,} seen, [\d,]{6,} too fast to show/);
  }, 60_000);

  it('to fifty pages that never read costs the service no memory', async () => {
    await stage();
    for (let nth = 0; nth < 50; nth += 1) {
      const socket = connect(server.port, '127.0.0.1').pause();
      socket.on('error', () => undefined);
      socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
      closers.push(async () => Promise.resolve(void socket.destroy()));
    }
    server.tell({ events: eventsAt(Date.now()), perSecond: 2000 });
    const after = async (ms: number): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return server.memory();
    };
    const [early, late] = [await after(4000), await after(10_000)];
    process.stderr.write(
      `page: 50 that never read: service ${Math.round(early / 1e6)} → ${Math.round(late / 1e6)} MB\n`,
    );
    expect(late - early).toBeLessThan(20e6);
  }, 60_000);
});
