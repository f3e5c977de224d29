package cli

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rtbench/scenarios"
)

// targetFlags are those that say what is said to a server of the user's own.
func targetFlags(f *pflag.FlagSet, o *scenarios.CustomDraft) {
	f.StringArrayVarP(&o.Headers, "header", "H", nil, "`'Name: value'` sent with each call (gRPC: metadata), also Host or :authority; may be repeated, also a name; a secret as ${NAME}")
	f.StringArrayVar(&o.Cookies, "cookie", nil, "`NAME='${VALUE}'` sent with each call; may be repeated")
	f.StringArrayVar(&o.Query, "query", nil, "`NAME=VALUE` added to the URL's query, which stays as written; may be repeated, also a name; a secret as ${NAME}")
	f.StringVar(&o.BearerEnv, "bearer-env", "", "`VARIABLE` of the environment whose token is shown")
	f.StringVar(&o.BearerFile, "bearer-file", "", "`FILE` whose token is shown, read anew for each connection")
	f.StringArrayVar(&o.Messages, "message", nil, "`TEMPLATE` that is sent, such as '{\"id\":{{.RequestNumber}}}', or @FILE; repeated: in turn")
	f.StringVar(&o.Rows, "rows", "", "`FILE` of CSV or JSON Lines for {{.Row.NAME}}")
	f.StringVar(&o.Match, "match", "", "how a reply is known: header, order, none, field:`PATH` or header:PATH")
	f.StringVar(&o.Expect, "expect", "", "`TEXT` that each reply must contain")
	f.StringVar(&o.Stamp, "stamp", "", "`PATH:UNIT[:BOUND]` of the server's time in its messages, such as ts:ms (ns, us, ms, s, rfc3339)")
	f.StringArrayVar(&o.Subscribe, "subscribe", nil, "`TEMPLATE` that each connection sends first; may be repeated")
	f.StringArrayVar(&o.Subprotocols, "subprotocol", nil, "of WebSocket, offered; may be repeated")
	f.BoolVar(&o.Binary, "binary", false, "of WebSocket, send messages in binary frames")
	f.StringVar(&o.Deflate, "deflate", "", "permessage-deflate of WebSocket: off, takeover or each")
	f.StringVar(&o.Limit, "limit", "", "longest message that is taken, such as 4MiB (default 1MiB)")
	f.StringArrayVar(&o.Proto, "proto", nil, "`FILE` with the gRPC method; may be repeated (default: the server is asked, by reflection)")
	f.StringArrayVar(&o.Import, "import", nil, "`DIRECTORY` that .proto files are found in; may be repeated")
	f.StringVar(&o.CA, "cacert", "", "PEM `FILE` of the roots that are trusted")
	f.StringVar(&o.Cert, "cert", "", "PEM `FILE` of a client's certificate, with --key")
	f.StringVar(&o.Key, "key", "", "PEM `FILE` of its key")
	f.StringVar(&o.ServerName, "server-name", "", "`HOST` that the server's certificate is for")
	f.BoolVar(&o.Insecure, "insecure", false, "verify no certificate, which the result says")
	f.StringVar(&o.PID, "pid", "", "process of this machine whose CPU and memory are the server's")
	f.StringVar(&o.Prometheus, "metrics", "", "`URL` of the server's figures for Prometheus")
	f.StringVar(&o.Post, "post", "", "`URL` where messages go, of a server that sends by SSE; means echo")
	f.StringVar(&o.Method, "method", "", "of the request for events (default GET)")
	f.StringVar(&o.Body, "body", "", "of the same request, with --method POST")
}

// targetFlagNames are the flags of ownFlags.
var targetFlagNames = func() []string {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	targetFlags(f, new(scenarios.CustomDraft))
	var names []string
	f.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}()

// firstTargetFlag is the first of them that was given; empty if none.
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

// checkTargetFlags finds what a scenario could not say so well.
func checkTargetFlags(f *pflag.FlagSet, o *scenarios.CustomDraft) error {
	for _, p := range []struct {
		flag, between, form string
		list                []string
	}{
		{"header", ":", "'Name: value'", o.Headers},
		{"cookie", "=", "NAME='${VALUE}'", o.Cookies},
		{"query", "=", "NAME=VALUE", o.Query},
	} {
		for _, pair := range p.list {
			if _, _, found := scenarios.CutPair(pair, p.between); !found {
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
			return usageError("--message @: expected a file's name after the @")
		}
	}
	return nil
}

// relativeTo has the files of a draft named from a directory, where its scenario is to be.
func relativeTo(dir string, o scenarios.CustomDraft) scenarios.CustomDraft {
	named := func(file string) string {
		if file == "" || filepath.IsAbs(file) {
			return file
		}
		from, err := filepath.Rel(dir, file)
		if err != nil { // as one of them is absolute
			if from, err = filepath.Abs(file); err != nil {
				return file
			}
		}
		return from
	}
	all := func(files []string) []string {
		out := slices.Clone(files)
		for i, f := range out {
			out[i] = named(f)
		}
		return out
	}
	for _, file := range []*string{&o.Rows, &o.BearerFile, &o.CA, &o.Cert, &o.Key} {
		*file = named(*file)
	}
	o.Proto, o.Import, o.Messages = all(o.Proto), all(o.Import), slices.Clone(o.Messages)
	for i, m := range o.Messages {
		if file, isFile := strings.CutPrefix(m, "@"); isFile {
			o.Messages[i] = "@" + named(file)
		}
	}
	return o
}
