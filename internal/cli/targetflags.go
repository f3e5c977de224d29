package cli

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rtbench/scenarios"
)

// targetFlags registers the flags for custom targets.
func targetFlags(f *pflag.FlagSet, o *scenarios.CustomDraft) {
	f.StringArrayVarP(&o.Headers, "header", "H", nil, "send header `'Name: value'` (gRPC: metadata), also Host or :authority; repeatable; a secret as ${NAME}")
	f.StringArrayVar(&o.Cookies, "cookie", nil, "send cookie `NAME='${VALUE}'`; repeatable")
	f.StringArrayVar(&o.Query, "query", nil, "add `NAME=VALUE` to the URL's query; repeatable; a secret as ${NAME}")
	f.StringVar(&o.BearerEnv, "bearer-env", "", "read the bearer token from environment `VARIABLE`")
	f.StringVar(&o.BearerFile, "bearer-file", "", "read the bearer token from `FILE`, again for each connection")
	f.StringArrayVar(&o.Messages, "message", nil, "send `TEMPLATE`, such as '{\"id\":{{.RequestNumber}}}', or @FILE; repeat it to send several in turn")
	f.StringVar(&o.Rows, "rows", "", "CSV or JSON Lines `FILE` for {{.Row.NAME}}")
	f.StringVar(&o.Match, "match", "", "match replies `BY` header, order, none, field:PATH or header:PATH")
	f.StringVar(&o.Expect, "expect", "", "require `TEXT` in each reply")
	f.StringVar(&o.Stamp, "stamp", "", "read the server's timestamp from `PATH:UNIT[:BOUND]`, such as ts:ms (ns, us, ms, s, rfc3339)")
	f.StringArrayVar(&o.Subscribe, "subscribe", nil, "send `TEMPLATE` first on each connection; repeatable")
	f.StringArrayVar(&o.Subprotocols, "subprotocol", nil, "offer WebSocket `SUBPROTOCOL`; repeatable")
	f.BoolVar(&o.Binary, "binary", false, "WebSocket: send binary frames")
	f.StringVar(&o.Deflate, "deflate", "", "WebSocket compression (permessage-deflate) `MODE`: off, takeover or each")
	f.StringVar(&o.Limit, "limit", "", "maximum `SIZE` of a received message (default 1MiB)")
	f.StringArrayVar(&o.Proto, "proto", nil, ".proto `FILE` that defines the gRPC method; repeatable (default: server reflection)")
	f.StringArrayVar(&o.Import, "import", nil, "search `DIRECTORY` for imported .proto files; repeatable")
	f.StringVar(&o.CA, "cacert", "", "PEM `FILE` of trusted root certificates")
	f.StringVar(&o.Cert, "cert", "", "PEM `FILE` of the client certificate; needs --key")
	f.StringVar(&o.Key, "key", "", "PEM `FILE` of the client key")
	f.StringVar(&o.ServerName, "server-name", "", "expect `HOST` in the server's certificate")
	f.BoolVar(&o.Insecure, "insecure", false, "do not verify certificates; recorded in the result")
	f.StringVar(&o.PID, "pid", "", "`PID` of the server on this machine, to measure its CPU and memory")
	f.StringVar(&o.Prometheus, "metrics", "", "Prometheus `URL` of the server, to measure its CPU and memory")
	f.StringVar(&o.Post, "post", "", "`URL` to POST messages to, for a server that replies by SSE (pattern echo)")
	f.StringVar(&o.Method, "method", "", "HTTP `METHOD` of the SSE request (default GET)")
	f.StringVar(&o.Body, "body", "", "`BODY` of the SSE request, with --method POST")
}

// targetFlagNames are the names of the flags for custom targets.
var targetFlagNames = func() []string {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	targetFlags(f, new(scenarios.CustomDraft))
	var names []string
	f.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}()

// firstTargetFlag returns the first of targetFlagNames that is set; empty if none is.
func firstTargetFlag(f *pflag.FlagSet) string {
	for _, name := range targetFlagNames {
		if f.Changed(name) {
			return name
		}
	}
	return ""
}

func completeTargetFlags(c *cobra.Command) {
	complete(c, "match", completeWords("header", "order", "none", "field:", "header:"))
	complete(c, "deflate", completeWords("off", "takeover", "each"))
	complete(c, "method", completeWords("GET", "POST"))
}

// checkTargetFlags reports malformed values whose error in the scenario would be unclear.
func checkTargetFlags(f *pflag.FlagSet, o *scenarios.CustomDraft) error {
	for _, p := range []struct {
		flag, separator, form string
		list                  []string
	}{
		{"header", ":", "'Name: value'", o.Headers},
		{"cookie", "=", "NAME='${VALUE}'", o.Cookies},
		{"query", "=", "NAME=VALUE", o.Query},
	} {
		for _, pair := range p.list {
			if _, _, found := scenarios.CutPair(pair, p.separator); !found {
				return usageError("--%s: expected %s", p.flag, p.form)
			}
		}
	}
	if by, _, hasPath := strings.Cut(o.Match, ":"); f.Changed("match") && by != "header" && (by != "field" || !hasPath) && (by != "order" && by != "none" || hasPath) {
		return usageError("--match %s: expected header, order, none, field:PATH or header:PATH", by)
	}
	if f.Changed("stamp") && !strings.Contains(o.Stamp, ":") {
		return usageError("--stamp %s: expected PATH:UNIT, such as ts:ms, with ns, us, ms, s or rfc3339", o.Stamp)
	}
	for _, m := range o.Messages {
		if m == "@" {
			return usageError("--message @: expected a file name after @")
		}
	}
	return nil
}

// relativeTo makes the paths of the files in o relative to dir, the directory of the scenario.
func relativeTo(dir string, o scenarios.CustomDraft) scenarios.CustomDraft {
	relative := func(file string) string {
		if file == "" || filepath.IsAbs(file) {
			return file
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil { // dir is absolute
			if rel, err = filepath.Abs(file); err != nil {
				return file
			}
		}
		return rel
	}
	relativeAll := func(files []string) []string {
		out := slices.Clone(files)
		for i, f := range out {
			out[i] = relative(f)
		}
		return out
	}
	for _, file := range []*string{&o.Rows, &o.BearerFile, &o.CA, &o.Cert, &o.Key} {
		*file = relative(*file)
	}
	o.Proto, o.Import, o.Messages = relativeAll(o.Proto), relativeAll(o.Import), slices.Clone(o.Messages)
	for i, m := range o.Messages {
		if file, isFile := strings.CutPrefix(m, "@"); isFile {
			o.Messages[i] = "@" + relative(file)
		}
	}
	return o
}
