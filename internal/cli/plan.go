package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"rtbench/loadgen"
	"rtbench/report/result"
	"rtbench/scenarios"
)

func planJSON(w io.Writer, plans []scenarios.Plan, here result.Environment) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		FileLimit uint64           `json:"file_limit,omitempty"` // of this process; none: not known
		Memory    int64            `json:"memory_bytes,omitempty"`
		Plans     []scenarios.Plan `json:"plans"`
	}{here.FileLimit, here.MemoryBytes, plans})
}

// planText prints a plan for people.
func planText(w io.Writer, p scenarios.Plan, here result.Environment) {
	line := func(what, format string, args ...any) {
		fmt.Fprintf(w, "  %-12s %s\n", what, scenarios.Printable(fmt.Sprintf(format, args...)))
	}
	fmt.Fprintf(w, "%s: good, %s × %s\n", scenarios.Printable(p.File), result.Plural(p.Cells, "cell"), result.Plural(p.Repetitions, "repetition"))
	messagesText(line, p.Custom)
	line("connections", "at most %s at once, with %s streams", thousands(float64(p.Connections)), thousands(float64(p.Streams)))
	switch {
	case p.Paced:
		line("messages", "as many as the server sends")
	case p.Messages > 0 && p.CustomMessages:
		line("messages", "%s over all runs, warm-up included%s", thousands(p.Messages), closedLoopNote(p))
	case p.Messages > 0:
		line("messages", "%s over all runs, warm-up included%s", thousands(p.Messages), closedLoopNote(p))
		line("payload", "%s up, %s down%s", bytesText(p.BytesUp), bytesText(p.BytesDown), eventsNote(p))
	default:
		line("messages", "as many as are answered: a closed loop")
	}
	if p.Kept != "" {
		line("note", "%s", p.Kept)
	}
	line("time", "about %s; %s where late answers are waited for to the last", timeText(p.Takes), timeText(p.AtMost))
	ends := "each end"
	if len(p.Custom.To) == 0 {
		line("memory", "client %s, server %s for its connections at rest%s", bytesText(float64(p.ClientMemory)), bytesText(float64(p.ServerMemory)), memoryNote(p))
	} else {
		ends = "the client"
		line("memory", "client %s for its connections at rest%s", bytesText(float64(p.ClientMemory)), memoryNote(p))
	}
	if p.DeflateMemory >= deflateMemoryWarning {
		line("WARNING", "deflate: takeover keeps up to 0.9 MB a connection in the client, %s in all; `deflate: each` keeps none", bytesText(float64(p.DeflateMemory)))
	}
	of := ""
	if here.FileLimit > 0 {
		of = fmt.Sprintf(", and a process may have %s here", thousands(float64(here.FileLimit)))
	}
	line("open files", "%s at %s%s", thousands(float64(p.Files)), ends, of)
	if here.FileLimit > 0 && uint64(p.Files) > here.FileLimit {
		line("WARNING", "so many files will not fit: ask for fewer connections, or raise the limit (ulimit -Hn, LimitNOFILE)")
	}
	if ports := loadgen.LocalPorts(); ports > 0 && p.Files-scenarios.SpareFiles > ports {
		line("WARNING", "more connections to one address than this machine has local ports for, %s: ask for fewer, or widen net.ipv4.ip_local_port_range", thousands(float64(ports)))
	}
	if memory := int64(p.ClientMemory + p.ServerMemory); here.MemoryBytes > 0 && memory > here.MemoryBytes {
		line("WARNING", "that will not fit into the memory of this machine, %s", bytesText(float64(here.MemoryBytes)))
	}
}

// deflateMemoryWarning is from where on what windows take is worth a word, in bytes.
const deflateMemoryWarning = 100_000_000

// messagesText prints what is said to a server of the user's own, and to where.
func messagesText(line func(what, format string, args ...any), t scenarios.CustomSummary) {
	for _, to := range t.To {
		line("to", "%s", to)
	}
	if len(t.As) > 0 {
		line("shows", "%s", strings.Join(t.As, ", "))
	}
	for _, said := range []struct{ what, text string }{{"steps", t.Steps}, {"sends", t.Sends}, {"replies", t.Matches}} {
		if said.text != "" {
			line(said.what, "%s", said.text)
		}
	}
	if t.Unverified {
		line("WARNING", "no certificate is verified (tls.insecure), so that anyone may have answered")
	}
}

func closedLoopNote(p scenarios.Plan) string {
	if p.ClosedLoop {
		return "; in closed loop as many more as are answered"
	}
	return ""
}

func eventsNote(p scenarios.Plan) string {
	if p.GuideEvents {
		return ", and events of the server's own size"
	}
	return ""
}

func memoryNote(p scenarios.Plan) string {
	if len(p.MemoryUnknown) == 0 {
		return ""
	}
	return fmt.Sprintf("; with TLS, or over HTTP/2, it is more (%s)", strings.Join(p.MemoryUnknown, ", "))
}

// thousands is a whole number with commas.
func thousands(v float64) string {
	digits := fmt.Sprintf("%.0f", math.Round(v))
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// bytesText is bytes in the unit that leaves up to three digits before the point.
func bytesText(v float64) string {
	units := []string{"B", "KB", "MB", "GB", "TB", "PB"}
	i := 0
	for ; v >= 1000 && i < len(units)-1; i++ {
		v /= 1000
	}
	if i == 0 || v >= 100 {
		return fmt.Sprintf("%.0f %s", v, units[i])
	}
	return fmt.Sprintf("%.3g %s", v, units[i])
}

// timeText is a time to the second, below ten seconds to the tenth.
func timeText(d time.Duration) string {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
