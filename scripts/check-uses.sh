#!/usr/bin/env bash
# Every command of README's table of uses, once, with the embedded model, in a temporary folder. After `npm run build`.
# Needs redis-server on the PATH.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
cd "$folder"
"$root/node_modules/.bin/tsx" "$root/scripts/write-pictures.ts" .
clip() { echo "\$ clip-tfjs $*" && node "$root/dist/cli/main.js" "$@"; }

port=$((20000 + RANDOM % 20000))
redis-server --port "$port" --bind 127.0.0.1 --dir "$folder" --save "" > redis.log &
redis=$!
server= worker=
trap 'kill $redis $server $worker 2> /dev/null || true; rm -rf "$folder"' EXIT

clip classify star.png --labels "white star,white arrow,red ring"
clip calibrate --labels red,green,blue,white,circle,star,ring,arrow --out labels.safetensors
clip classify star.png --multi --head labels.safetensors
clip eval --dataset shapes
clip label --data shapes --eval-data shapes --shots 2 --seeds 0 --out labels.csv
clip eval --task retrieval --dataset shapes --limit 500
clip index pictures captions.csv --out set.index
clip search set.index "a photo of a red circle" --top 3 --figure found.png
clip search set.index --image star.png --to text --top 3
clip search set.index "but blue" --image star.png --weights 1,0.5 --top 3
clip index --check set.index
clip index dups set.index --above 0.98
clip vqa scene.png "what colour is the circle?"
clip vqa scene.png "how many shapes are there?" --head mini
clip generate "a green star" --steps 20 --out star-of-text.png --film run.gif
clip generate "a blue star" --by pixels --image star.png --keep 0.5 --steps 10 --out near.png
clip caption star.png scene.png --figure captions.png
clip similarity pictures/[0-3].png --text "a green ring" --text "a brown cross" --figure similarity.png
clip localize scene.png red "a circle" --figure heat.png
clip attention star.png --layer 3 --head 1 --figure head.png
clip attention star.png --figure rollout.png

clip embed pictures --out plain.npy --backend wasm
node "$root/dist/cli/main.js" worker --queue "redis://127.0.0.1:$port" --backend wasm --wait 20 > worker.log 2>&1 &
worker=$!
clip embed pictures --out queued.npy --queue "redis://127.0.0.1:$port" --shard 8
cmp plain.npy queued.npy && echo "the same bytes, by a worker"
kill "$worker" && worker=

node "$root/dist/cli/main.js" serve --port 0 --index set.index > serve.log 2>&1 &
server=$!
until grep -q 'http://' serve.log; do sleep 0.2; done
address=$(grep -o 'http://[^ ]*' serve.log | head -1)
curl -sf "$address/health" && echo
curl -sf "$address/search" -H 'Content-Type: application/json' -d '{"text": "a red circle", "top": 1}' && echo
curl -sf "$address/embed" -H 'Content-Type: image/png' --data-binary @star.png | cut -c 1-80
kill -TERM "$server" && wait "$server"
server= worker=

for figure in found similarity heat head rollout captions star-of-text near; do test -s "$figure.png"; done
test -s run.gif
