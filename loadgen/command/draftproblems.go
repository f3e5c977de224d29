package command

import (
	"errors"
	"os"
	"regexp"
	"strings"

	"rtbench/scenarios"
)

// flagOf are the flags that give the keys of a draft.
var flagOf = map[string]string{
	"load.rate": "--rate", "load.connections": "--connections", "load.model": "--closed", "payload.size": "--size", "payload": "--size",
	"phases.steady": "--duration", "repetitions": "--repetitions", "pattern": "--pattern", "protocols": "--protocol", "name": "--name",
	"target": "--target", "contract": "--contract", "path": "--path",
	"target.headers": "--header", "target.cookies": "--cookie", "target.query": "--query", "target.bearer.env": "--bearer-env",
	"target.bearer.file": "--bearer-file", "target.bearer": "--bearer-env", "messages": "--message", "rows": "--rows", "match": "--match",
	"expect": "--expect", "stamp": "--stamp", "steps": "--subscribe", "target.tls.ca": "--cacert", "target.tls.cert": "--cert",
	"target.tls.key": "--key", "target.tls": "--cacert, --cert, --key, --server-name or --insecure", "target.tls.server_name": "--server-name",
	"target.tls.insecure": "--insecure", "target.stats.pid": "--pid", "target.stats.prometheus": "--metrics", "target.stats": "--pid or --metrics",
	"url": "URL", "subprotocols": "--subprotocol", "frames": "--binary", "deflate": "--deflate", "method": "--method", "body": "--body",
	"post": "--post", "proto": "--proto", "import": "--import",
}

var indexes = regexp.MustCompile(`\[\d+\]`)

// asFlag is the flag that gives a key, or what stands below it; empty if none.
func asFlag(key string) string {
	key = indexes.ReplaceAllString(key, "")
	for _, protocol := range []string{"websocket", "sse", "sse-h2", "grpc", "tcp"} {
		if last, ok := strings.CutPrefix(key, "target."+protocol+"."); ok {
			key = last
		} else if key == "target."+protocol {
			key = "url"
		}
	}
	for key != "" {
		if flag := flagOf[key]; flag != "" {
			return flag
		}
		key = key[:max(0, strings.LastIndexByte(key, '.'))]
	}
	return ""
}

const singleQuotes = "; expected single quotes and ${NAME}, such as 'Authorization: Bearer ${TOKEN}', as others see the command line"

// draftProblems says what is wrong with a draft in the words of the flags; nil if nothing.
func draftProblems(d scenarios.Draft) error {
	_, err := scenarios.ParseWith("draft", d.Text(), scenarios.Options{Lookup: os.LookupEnv})
	var problems scenarios.Problems
	if !errors.As(err, &problems) {
		return err
	}
	var lines []string
	for _, p := range problems {
		lines = append(lines, inFlags(p.Message))
	}
	return coded(exitScenario, "%s", strings.Join(lines, "\n"))
}

// inFlags is a message in the words of the flags.
func inFlags(message string) string {
	if before, _, found := strings.Cut(message, "; expected ${NAME}"); found {
		message = before + singleQuotes
	}
	end := strings.IndexAny(message, ": ")
	if end < 0 {
		return message
	}
	key, rest := message[:end], message[end:]
	flag := asFlag(key)
	if flag == "" {
		return message
	}
	if strings.HasPrefix(key, "target.headers.") || strings.HasPrefix(key, "target.cookies.") || strings.HasPrefix(key, "target.query.") {
		return flag + " " + key[strings.LastIndexByte(key, '.')+1:] + rest
	}
	return flag + rest
}
