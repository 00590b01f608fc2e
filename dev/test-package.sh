#!/usr/bin/env bash
# What npm would publish, installed in an empty folder and used under plain Node against the broker in the environment.
set -euo pipefail
cd "$(dirname "$0")/.."
unset NODE_OPTIONS
root="$PWD" dir="$(mktemp -d)"
trap 'kill "${simulator:-}" 2>/dev/null || true; rm -rf "$dir"' EXIT
npm pack --silent --pack-destination "$dir" >/dev/null
cd "$dir"
echo '{"private":true}' >package.json
npm install --silent --ignore-scripts --no-fund --no-audit ./tmdb-cdc-*.tgz
cli="$dir/node_modules/.bin/tmdb-cdc"
[ "$(head -c 20 "$root/dist/bin/main.js" | head -1)" = '#!/usr/bin/env node' ]
"$cli" --version
export TOPIC_PREFIX="package-$$." TMDB_TOKEN=any-token-will-do WATCH=558449
"$cli" simulate --port 0 >url 2>simulator.log & simulator=$!
for _ in $(seq 100); do [ -s url ] && break; sleep 0.1; done
TMDB_URL="$(head -1 url)" START_DATE="$(date -u -d yesterday +%F)"; export TMDB_URL START_DATE
"$cli" provision >/dev/null
"$cli" run --once 2>run.log || { cat run.log >&2; exit 1; }
count="$("$cli" tail all --from beginning --until now | wc -l)"
echo "package: $count events"
[ "$count" -ge 14 ]
! grep -q Warning run.log
# The library: its types, checked whole and as each way of resolving finds them, and a stream under plain Node that ends by itself.
cat >use.mts <<'END'
import { changes, latest, toItem, type ChangeEvent } from 'tmdb-cdc';
const { KAFKA_BROKERS: brokers = '', SCHEMA_REGISTRY_URL: registry = '', TOPIC_PREFIX: prefix = '' } = process.env;
const movies = latest();
const ids: string[] = [];
for await (const event of changes({ brokers, registry, prefix, until: 'now' })) {
  movies.add(event satisfies ChangeEvent);
  if (event.change_key === 'images' && event.after?.file_path === undefined) toItem(event);
  ids.push(event.item_id);
}
console.log(ids.length, movies.of(558449).images.length > 0);
END
tsc() { "$root/node_modules/.bin/tsc" --strict --target es2022 --types node --typeRoots "$root/node_modules/@types" "$@" use.mts; }
for module in node16 preserve; do tsc --noEmit --module "$module"; done
tsc --module nodenext
read -r events has_images < <(node use.mjs 2>/dev/null)
echo "package: $events events by changes()"
[ "$events" -eq "$count" ] && [ "$has_images" = true ]
