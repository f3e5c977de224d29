package scenarios

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"rtbench/proto"
)

// A Draft is what a scenario is written from: values as they stand in the file, where
// several with commas become a list. Empty ones take the value of DefaultDraft, or are left
// out where that has none.
type Draft struct {
	Name, API, Address, Path, Protocols, Pattern                     string
	Rate, Connections, Size, Encoding, Warmup, Duration, Repetitions string
	Closed                                                           bool // the next message follows the answer, and Rate is left out
	Custom                                                           CustomDraft
}

// DefaultDraft is round trips over all protocols, fit for a first look.
func DefaultDraft() Draft {
	return Draft{
		Name: "mine", API: reference, Protocols: strings.Join(proto.DefaultProtocols(), ","), Pattern: string(proto.Echo),
		Rate: "4k/s", Connections: "16", Size: "128", Warmup: "1s", Duration: "5s", Repetitions: "3",
	}
}

// Text is the draft as a scenario with comments. Whether it is good, Parse says.
func (d Draft) Text() []byte {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	key := func(name, value, comment string) {
		line("%s", strings.TrimRight(fmt.Sprintf("%-31s %s", name+": "+value, comment), " "))
	}
	b.WriteString(Modeline)
	line("# A scenario of rtbench. `rtbench scenario validate FILE` checks it and says what it will")
	line("# take, `rtbench run FILE` runs it, `rtbench scenario show` has every key with its meaning.")
	key("name", plainOrQuoted(d.Name), "# of the result")
	if d.API == custom {
		d.customTarget(line, key)
	} else {
		d.apiAndTarget(key)
	}
	key("pattern", values(d.Pattern), "# who sends: echo, push, upload, fanout")
	if d.API == custom {
		d.customMessages(line)
	}
	line("load:")
	d.load(key)
	d.message(line, key)
	line("phases:")
	key("  warmup", values(d.Warmup), "# not measured")
	key("  steady", values(d.Duration), "# measured")
	key("  drain", "1s", "# how long to wait for late answers")
	key("repetitions", values(d.Repetitions), "# of each cell; from 6 on with intervals of 95 %")
	line("thresholds:                     # exit code 99 where one does not hold")
	line("  - lost == 0 && errors == 0")
	line("  # - p(99) < 20ms")
	return []byte(b.String())
}

// apiAndTarget writes what is spoken and to whom.
func (d Draft) apiAndTarget(key func(name, value, comment string)) {
	switch {
	case d.API == guide:
		key("api", guide, "# the guide's messages, to any server that has them")
	case d.API != "" && d.API != reference:
		key("api", values(d.API), "")
	}
	if d.Address != "" {
		key("target", plainOrQuoted(d.Address), "# a server that runs")
	} else {
		key("# target", "127.0.0.1:9000", "# a running `rtbench serve`; without: a fresh server each time")
	}
	if d.Path != "" {
		key("path", plainOrQuoted(d.Path), "")
	}
	if d.Protocols != "" {
		key("protocols", values(d.Protocols), "# side by side; tcp is the floor")
	}
}

func (d Draft) load(key func(name, value, comment string)) {
	if d.API == custom && d.Pattern == string(proto.Push) && !d.Closed && d.Rate == "" {
		key("  connections", values(d.Connections), "# the server sets the pace")
		return
	}
	if d.Closed {
		key("  model", closed, "# the next message follows the answer to the last")
		key("  # think", "10ms", "# a pause before it")
	} else {
		what := "# messages/s over all connections; [1k/s, 4k/s] is two cells"
		switch {
		case d.Pattern == string(proto.Push) && d.API == guide:
			what = "# events/s to all together, as the server sends them"
		case d.Pattern == string(proto.Fanout):
			what = "# published/s, each to all; [10/s, 100/s] is two cells"
		}
		key("  rate", values(d.Rate), what)
	}
	key("  connections", values(d.Connections), "# [16, 256] is two cells")
}

// message writes what a message is; of the guide's events the server says that.
func (d Draft) message(line func(format string, args ...any), key func(name, value, comment string)) {
	if d.API == guide && d.Pattern == string(proto.Push) || d.API == custom && !d.sized() {
		return
	}
	line("payload:")
	key("  size", values(d.Size), "# bytes, with a header of 32; 4KiB, 1MiB")
	if d.Encoding != "" {
		key("  encoding", values(d.Encoding), "# binary, text or native")
	}
}

var plainText = regexp.MustCompile(`^[A-Za-z0-9/._][A-Za-z0-9/._:-]*$`)

// plainOrQuoted is text as YAML has it, on a line and with no other meaning.
func plainOrQuoted(s string) string {
	if plainText.MatchString(s) && !strings.HasSuffix(s, ":") {
		return s
	}
	return strconv.Quote(s)
}

// values is a value, or a list of those that commas divide.
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
