#!/usr/bin/env bash
# Writes summary.md in RTBENCH_OUT as a comment on pull request RTBENCH_PULL_REQUEST, or replaces the
# comment that it wrote before. RTBENCH_NAME tells comments of several measurements apart.
set -euo pipefail
comments="$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/$RTBENCH_PULL_REQUEST/comments"
marker="<!-- rtbench: ${RTBENCH_NAME:-rtbench} -->"
limit=60000 # bytes; GitHub refuses comments of more than 65,536 characters

# api calls the API. The token is in a file that only curl reads, not in the list of processes.
api() {
  curl --silent --show-error --fail-with-body --max-time 30 --header 'Accept: application/vnd.github+json' \
    --config <(printf 'header = "Authorization: Bearer %s"\n' "$RTBENCH_TOKEN") "$@"
}

body=$(mktemp)
trap 'rm -f "$body"' EXIT
{
  printf '%s\n\n' "$marker"
  head -c "$limit" "$RTBENCH_OUT/summary.md"
  if [ "$(wc -c <"$RTBENCH_OUT/summary.md")" -gt "$limit" ]; then
    printf '\n\n(shortened; the artifact of the job has all of it)\n'
  fi
} | jq --raw-input --slurp '{body: .}' >"$body"

id=
for page in $(seq 30); do
  found=$(api "$comments?per_page=100&page=$page")
  id=$(jq --raw-output --arg marker "$marker" 'map(select(.body | startswith($marker)))[0].id // empty' <<<"$found")
  if [ -n "$id" ] || [ "$(jq length <<<"$found")" -lt 100 ]; then break; fi
done
if [ -n "$id" ]; then
  api --request PATCH --data "@$body" "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/comments/$id" >/dev/null
else
  api --request POST --data "@$body" "$comments" >/dev/null
fi
