package cli

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"rtbench/loadgen"
	"rtbench/scenarios"
)

// keyFlags maps scenario keys to the flags that set them.
var keyFlags = map[string]string{
	"load.rate": "--rate", "load.connections": "--connections", "load.model": "--closed", "payload.size": "--size", "payload": "--size",
	"phases.steady": "--duration", "repetitions": "--repetitions", "pattern": "--pattern", "protocols": "--protocol", "name": "--name",
	"target": "--target", "api": "--api", "path": "--path",
	"target.headers": "--header", "target.cookies": "--cookie", "target.query": "--query", "target.bearer.env": "--bearer-env",
	"target.bearer.file": "--bearer-file", "target.bearer": "--bearer-env", "messages": "--message", "rows": "--rows", "match": "--match",
	"expect": "--expect", "stamp": "--stamp", "steps": "--subscribe", "target.tls.ca": "--cacert", "target.tls.cert": "--cert",
	"target.tls.key": "--key", "target.tls": "--cacert, --cert, --key, --server-name or --insecure", "target.tls.server_name": "--server-name",
	"target.tls.insecure": "--insecure", "target.stats.pid": "--pid", "target.stats.prometheus": "--metrics", "target.stats": "--pid or --metrics",
	"url": "URL", "subprotocols": "--subprotocol", "frames": "--binary", "deflate": "--deflate", "limit": "--limit", "method": "--method", "body": "--body",
	"post": "--post", "proto": "--proto", "import": "--import",
}

// draftPosition matches the file name and optional line at the start of a scenario error.
var draftPosition = regexp.MustCompile(`^bench(:\d+)?(: |, )`)

// explainInvalid rewords an error in text, the scenario made from flags, in terms of flags.
func explainInvalid(err error, text string) error {
	var invalid *loadgen.InvalidError
	if !errors.As(err, &invalid) {
		return err
	}
	message := invalid.Err.Error()
	if at := draftPosition.FindStringSubmatch(message); at != nil {
		message = strings.TrimPrefix(message, at[0])
		if line, err := strconv.Atoi(strings.TrimPrefix(at[1], ":")); err == nil {
			message = lineFlag(text, line) + ": " + message
		}
	}
	message = strings.ReplaceAll(message, "set `proto:` to its .proto files", "set --proto to its .proto files")
	if strings.HasPrefix(message, ".proto files: ") && strings.Contains(message, "no such file") {
		message += "; add the directory of its imports with --import"
	}
	return exitError(exitScenario, "%s", nameFlags(message))
}

// lineFlag returns the flag that produced a line of a draft.
func lineFlag(text string, line int) string {
	if lines := strings.Split(text, "\n"); line >= 1 && line <= len(lines) && strings.HasPrefix(strings.TrimSpace(lines[line-1]), "- subscribe:") {
		return "--subscribe"
	}
	return "--message"
}

var indexes = regexp.MustCompile(`\[\d+\]`)

// keyFlag returns the flag that sets key or its closest parent; empty if none does.
func keyFlag(key string) string {
	key = indexes.ReplaceAllString(key, "")
	for _, protocol := range []string{"websocket", "sse", "sse-h2", "grpc", "tcp"} {
		if last, ok := strings.CutPrefix(key, "target."+protocol+"."); ok {
			key = last
		} else if key == "target."+protocol {
			key = "url"
		}
	}
	for key != "" {
		if flag := keyFlags[key]; flag != "" {
			return flag
		}
		key = key[:max(0, strings.LastIndexByte(key, '.'))]
	}
	return ""
}

const singleQuotes = "; expected single quotes and ${NAME}, such as 'Authorization: Bearer ${TOKEN}', because other users can see the command line"

func flagProblems(problems scenarios.Problems) error {
	var lines []string
	for _, p := range problems {
		lines = append(lines, nameFlags(p.Message))
	}
	return exitError(exitScenario, "%s", strings.Join(lines, "\n"))
}

// nameFlags replaces the scenario key at the start of a message by its flag.
func nameFlags(message string) string {
	if before, _, found := strings.Cut(message, "; expected ${NAME}"); found {
		message = before + singleQuotes
	}
	message = strings.ReplaceAll(message, "expected credentials under headers (Authorization: \"Basic ${NAME}\") or bearer of `api: custom`, or in RTBENCH_TOKEN with `api: guide`",
		"expected credentials in -H 'Authorization: Basic ${NAME}' or --bearer-env VARIABLE, or in RTBENCH_TOKEN with --api guide")
	end := strings.IndexAny(message, ": ")
	if end < 0 {
		return message
	}
	key, rest := message[:end], message[end:]
	flag := keyFlag(key)
	if flag == "" {
		return message
	}
	if strings.HasPrefix(key, "target.headers.") || strings.HasPrefix(key, "target.cookies.") || strings.HasPrefix(key, "target.query.") {
		return flag + " " + key[strings.LastIndexByte(key, '.')+1:] + rest
	}
	return flag + rest
}
