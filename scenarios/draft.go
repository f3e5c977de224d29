package scenarios

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"rtbench/proto"
)

// A Draft holds the values of a new scenario as text; commas separate the values of a list. Empty
// values default to those of DefaultDraft or are left out.
type Draft struct {
	Name, API, Address, Path, Protocols, Pattern                     string
	Rate, Connections, Size, Encoding, Warmup, Duration, Repetitions string
	Closed                                                           bool // closed loop, without Rate
	Custom                                                           CustomDraft
}

// DefaultDraft compares round trips over all protocols.
func DefaultDraft() Draft {
	return Draft{
		Name: "mine", API: reference, Protocols: strings.Join(proto.DefaultProtocols(), ","), Pattern: string(proto.Echo),
		Rate: "4k/s", Connections: "16", Size: "128", Warmup: "1s", Duration: "5s", Repetitions: "3",
	}
}

// Text returns the scenario with comments. It does not validate the values; see Parse.
func (d Draft) Text() []byte {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	key := func(name, value, comment string) {
		line("%s", strings.TrimRight(fmt.Sprintf("%-31s %s", name+": "+value, comment), " "))
	}
	b.WriteString(Modeline)
	line("# A scenario for rtbench. `rtbench scenario validate FILE` checks it and estimates its cost,")
	line("# `rtbench run FILE` runs it, `rtbench scenario show` explains every key.")
	key("name", plainOrQuoted(d.Name), "# shown in results")
	if d.API == custom {
		d.customTarget(line, key)
	} else {
		d.apiAndTarget(key)
	}
	key("pattern", values(d.Pattern), "# echo, push, upload or fanout")
	if d.API == custom {
		d.customMessages(line)
	}
	line("load:")
	d.load(key)
	d.message(line, key)
	line("phases:")
	key("  warmup", values(d.Warmup), "# not measured")
	key("  steady", values(d.Duration), "# measured")
	key("  drain", "1s", "# maximum wait for late replies")
	key("repetitions", values(d.Repetitions), "# per cell; with 6 or more, 95 % confidence intervals")
	line("thresholds:                     # exit code 99 if one fails")
	line("  - lost == 0 && errors == 0")
	line("  # - p(99) < 20ms")
	return []byte(b.String())
}

// apiAndTarget writes the keys api, target, path and protocols.
func (d Draft) apiAndTarget(key func(name, value, comment string)) {
	switch {
	case d.API == guide:
		key("api", guide, "# any server that implements the guide's API")
	case d.API != "" && d.API != reference:
		key("api", values(d.API), "")
	}
	if d.Address != "" {
		key("target", plainOrQuoted(d.Address), "# a running server")
	} else {
		key("# target", "127.0.0.1:9000", "# a running `rtbench serve`; default: fresh servers")
	}
	if d.Path != "" {
		key("path", plainOrQuoted(d.Path), "")
	}
	if d.Protocols != "" {
		key("protocols", values(d.Protocols), "# to compare; tcp is the floor")
	}
}

func (d Draft) load(key func(name, value, comment string)) {
	if d.API == custom && d.Pattern == string(proto.Push) && !d.Closed && d.Rate == "" {
		key("  connections", values(d.Connections), "# the server sets the pace")
		return
	}
	if d.Closed {
		key("  model", closed, "# each message follows the reply to the one before")
		key("  # think", "10ms", "# a pause in between")
	} else {
		what := "# messages/s over all connections; [1k/s, 4k/s] is two cells"
		switch {
		case d.Pattern == string(proto.Push) && d.API == guide:
			what = "# total events/s, set by the server"
		case d.Pattern == string(proto.Fanout):
			what = "# messages published/s; [10/s, 100/s] is two cells"
		}
		key("  rate", values(d.Rate), what)
	}
	key("  connections", values(d.Connections), "# [16, 256] is two cells")
}

// message writes the payload, unless the server defines the messages.
func (d Draft) message(line func(format string, args ...any), key func(name, value, comment string)) {
	if d.API == guide && d.Pattern == string(proto.Push) || d.API == custom && !d.sized() {
		return
	}
	line("payload:")
	key("  size", values(d.Size), "# bytes, including a header of 32; 4KiB, 1MiB")
	if d.Encoding != "" {
		key("  encoding", values(d.Encoding), "# binary, text or native")
	}
}

var plainText = regexp.MustCompile(`^[A-Za-z0-9/._][A-Za-z0-9/._:-]*$`)

// plainOrQuoted formats text as a YAML scalar on one line.
func plainOrQuoted(s string) string {
	if plainText.MatchString(s) && !strings.HasSuffix(s, ":") {
		return s
	}
	return strconv.Quote(s)
}

// values formats a value, or a comma-separated list of values.
func values(s string) string {
	parts := strings.Split(s, ",")
	for i, p := range parts {
		parts[i] = plainOrQuoted(strings.TrimSpace(p))
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
