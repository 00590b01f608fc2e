// A search index of movies by keywords and names of videos, which follows TMDB and bears to be killed at any moment:
//   node examples/search-index.ts FILE          follows until SIGTERM or SIGINT
//   node examples/search-index.ts FILE now      ends with what is there now
//   node examples/search-index.ts FILE WORD     prints the movies that have the word
// KAFKA_BROKERS, SCHEMA_REGISTRY_URL and TOPIC_PREFIX say where the events are.
import { DatabaseSync } from 'node:sqlite';
import { changes, latest, type ChangeEvent, type MovieState, type Position } from 'tmdb-cdc';

const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, TOPIC_PREFIX } = process.env;
const [file = 'search-index.db', word] = process.argv.slice(2);

const database = new DatabaseSync(file);
database.exec(`
  PRAGMA journal_mode = WAL;
  CREATE TABLE IF NOT EXISTS movies (id INTEGER PRIMARY KEY, state TEXT NOT NULL, changes INTEGER NOT NULL);
  CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (keywords, videos);
  CREATE TABLE IF NOT EXISTS stream (id INTEGER PRIMARY KEY, position TEXT NOT NULL);
`);
const movieById = database.prepare('SELECT state, changes FROM movies WHERE id = ?');
const saveMovie = database.prepare('REPLACE INTO movies (id, state, changes) VALUES (?, ?, ?)');
const saveWords = database.prepare('REPLACE INTO words (rowid, keywords, videos) VALUES (?, ?, ?)');
const savePosition = database.prepare('REPLACE INTO stream (id, position) VALUES (1, ?)');

/** The index after one more change. History may come behind live changes: `latest` goes by the time of a change. */
const apply = (event: ChangeEvent): void => {
  const id = event.movie_id;
  const saved = movieById.get(id);
  const movies = latest(saved === undefined ? {} : { [id]: JSON.parse(String(saved['state'])) as MovieState });
  movies.add(event);
  const { keywords, videos } = movies.of(id);
  saveMovie.run(id, JSON.stringify(movies.toJSON()[id]), Number(saved?.['changes'] ?? 0) + 1);
  saveWords.run(id, keywords.map(({ name }) => name).join(', '), videos.map(({ name }) => name).join(', '));
};

const follow = async (until: 'now' | undefined, signal: AbortSignal): Promise<void> => {
  const position = database.prepare('SELECT position FROM stream').get()?.['position'];
  const events = changes({
    brokers: KAFKA_BROKERS ?? 'localhost:9092',
    registry: SCHEMA_REGISTRY_URL ?? 'http://localhost:8081',
    prefix: TOPIC_PREFIX ?? 'tmdb.movie.',
    keys: ['plot_keywords', 'videos'],
    from: position === undefined ? 'beginning' : (JSON.parse(String(position)) as Position),
    ...(until === undefined ? {} : { until }),
    signal,
  });
  for await (const event of events) {
    // One transaction for the state and the position: whatever happens, each change counts once.
    database.exec('BEGIN');
    apply(event);
    savePosition.run(JSON.stringify(events.position()));
    database.exec('COMMIT');
  }
};

if (word === undefined || word === 'now') {
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort()).once('SIGINT', () => stop.abort());
  await follow(word, stop.signal);
  const total = database.prepare('SELECT count(*) AS movies, coalesce(sum(changes), 0) AS changes FROM movies').get();
  console.log(`${file}: ${String(total?.['changes'])} changes of ${String(total?.['movies'])} movies`);
} else {
  const found = database.prepare('SELECT rowid, keywords, videos FROM words WHERE words MATCH ?').all(`"${word}"`);
  for (const { rowid, keywords, videos } of found)
    console.log(`movie ${String(rowid)}: ${String(keywords)}; ${String(videos)}`);
}
database.close();
