#!/usr/bin/env bash
# Runs rtbench once and writes summary.md, junit.xml and, of a run or a gate, report.html.
#   RTBENCH_COMMAND    run, gate or compare
#   RTBENCH_ARGUMENTS  arguments of the command, one per line
#   RTBENCH_OUT        a new or empty directory for the reports (default rtbench-results)
#   RTBENCH_PROGRAM    path of rtbench (default: the one on the PATH)
# The exit code is rtbench's. It is never 0 if rtbench did not run or wrote no summary or no JUnit XML.
set -euo pipefail
program=${RTBENCH_PROGRAM:-rtbench}
command=${RTBENCH_COMMAND:-}
out=${RTBENCH_OUT:-rtbench-results}

case $command in
  run | gate | compare) ;;
  *)
    echo "rtbench: command \"$command\"; expected run, gate or compare" >&2
    exit 2
    ;;
esac
if [ -n "$(ls -A "$out" 2>/dev/null)" ]; then
  echo "rtbench: $out is not empty; expected a new directory, because old reports must not pass for new ones" >&2
  exit 2
fi
mkdir -p "$out"
arguments=()
while IFS= read -r line; do
  if [ -n "${line//[[:space:]]/}" ]; then arguments+=("$line"); fi
done <<<"${RTBENCH_ARGUMENTS:-}"

# rtbench runs the program with further arguments after the user's and keeps its errors.
rtbench() { "$program" "$command" ${arguments[@]+"${arguments[@]}"} "$@" 2>"$out/errors.txt"; }

code=0
case $command in
  run)
    rtbench --quiet --out "$out/result" >"$out/output.txt" || code=$?
    cat "$out/output.txt"
    if [ -s "$out/result/result.json" ]; then
      "$program" report "$out/result" --format md >"$out/summary.md"
      "$program" report "$out/result" --format junit >"$out/junit.xml"
      "$program" report "$out/result" --format html >"$out/report.html"
    fi
    ;;
  gate)
    rtbench --quiet --format md --report "junit=$out/junit.xml" --out "$out/result" >"$out/summary.md" || code=$?
    if [ -s "$out/result/base/result.json" ] && [ -s "$out/result/head/result.json" ]; then
      "$program" report "$out/result/base" "$out/result/head" --format html >"$out/report.html"
    fi
    cat "$out/summary.md"
    ;;
  compare)
    rtbench --format md --report "junit=$out/junit.xml" >"$out/summary.md" || code=$?
    cat "$out/summary.md"
    ;;
esac
cat "$out/errors.txt" >&2

for file in summary.md junit.xml; do
  if [ "$code" = 0 ] && [ ! -s "$out/$file" ]; then
    echo "rtbench: exit code 0, but $file is missing" | tee -a "$out/errors.txt" >&2
    code=1
  fi
done
if [ ! -s "$out/summary.md" ]; then
  { echo "**rtbench $command failed** with exit code $code."; echo; echo '```text'; cat "$out/errors.txt"; echo '```'; } >"$out/summary.md"
fi
if [ ! -s "$out/junit.xml" ]; then
  echo "<testsuites><testsuite name=\"rtbench\" tests=\"1\" errors=\"1\"><testcase classname=\"rtbench\" name=\"$command\"><error message=\"exit code $code\"/></testcase></testsuite></testsuites>" >"$out/junit.xml"
fi
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$out/summary.md" >>"$GITHUB_STEP_SUMMARY"; fi
if [ -n "${GITHUB_OUTPUT:-}" ]; then echo "exit-code=$code" >>"$GITHUB_OUTPUT"; fi
exit "$code"
