package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"rtbench/report/result"
	"rtbench/scenarios"
	"rtbench/scenarios/spec"
)

func planJSON(w io.Writer, plans []scenarios.Plan, here result.Environment) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		FileLimit uint64           `json:"file_limit,omitempty"` // of this process; zero if unknown
		Memory    int64            `json:"memory_bytes,omitempty"`
		Plans     []scenarios.Plan `json:"plans"`
	}{here.FileLimit, here.MemoryBytes, plans})
}

// planText prints a plan as text.
func planText(w io.Writer, p scenarios.Plan, here result.Environment) {
	line := func(label, format string, args ...any) {
		fmt.Fprintf(w, "  %-12s %s\n", label, spec.Printable(fmt.Sprintf(format, args...)))
	}
	fmt.Fprintf(w, "%s: valid, %s × %s\n", spec.Printable(p.File), result.Plural(p.Cells, "cell"), result.Plural(p.Repetitions, "repetition"))
	messagesText(line, p.Custom)
	groupsText(line, p.Groups)
	line("connections", "at most %s at a time, with %s", result.Grouped(p.Connections), result.Plural(p.Streams, "stream"))
	switch {
	case p.Paced:
		line("messages", "as many as the server sends")
	case p.Messages > 0 && p.CustomMessages:
		line("messages", "%s in all repetitions, including warm-up%s", result.Grouped(p.Messages), closedLoopNote(p))
	case p.Messages > 0:
		line("messages", "%s in all repetitions, including warm-up%s", result.Grouped(p.Messages), closedLoopNote(p))
		line("payload", "%s up, %s down%s", result.Bytes(p.BytesUp), result.Bytes(p.BytesDown), eventsNote(p))
	default:
		line("messages", "closed loop: as many as the server answers")
	}
	usersText(line, p.Users)
	if p.Kept != "" {
		line("note", "%s", p.Kept)
	}
	line("time", "about %s; at most %s, if every drain takes its maximum", timeText(p.Takes), timeText(p.AtMost))
	if p.Profiled > 0 {
		line("profiles", "about %s more in %d repetitions of each cell that are not measured, at %s", timeText(p.Profiled), scenarios.ProfiledRuns, cmp.Or(p.ProfiledAt, "the control address"))
	}
	ends := "each end"
	if len(p.Custom.To) == 0 {
		line("memory", "client %s, server %s for idle connections%s", result.Bytes(float64(p.ClientMemory)), result.Bytes(float64(p.ServerMemory)), memoryNote(p))
	} else {
		ends = "the client"
		line("memory", "client %s for idle connections%s", result.Bytes(float64(p.ClientMemory)), memoryNote(p))
	}
	if p.DeflateMemory >= deflateMemoryWarning {
		line("WARNING", "deflate: takeover needs up to 0.9 MB per connection in the client, %s in all; `deflate: each` needs none", result.Bytes(float64(p.DeflateMemory)))
	}
	of := ""
	if here.FileLimit > 0 {
		of = fmt.Sprintf("; the limit here is %s", result.Grouped(here.FileLimit))
	}
	line("open files", "%s at %s%s", result.Grouped(p.Files), ends, of)
}

// usersText prints how the users of a closed loop ask.
func usersText(line func(label, format string, args ...any), u scenarios.Users) {
	if u.Number == 0 {
		return
	}
	most := ""
	if u.MostRequests > 0 {
		most = fmt.Sprintf(": on average at most %s requests/s", result.Count(u.MostRequests))
	}
	line("users", "%s; each asks, reads the answer, thinks %s and asks again%s", result.Grouped(u.Number), u.Think, most)
}

// deflateMemoryWarning is the memory for deflate windows, in bytes, from which planText warns.
const deflateMemoryWarning = 100_000_000

// messagesText prints the URLs, credentials and messages of a custom target.
func messagesText(line func(label, format string, args ...any), t scenarios.CustomSummary) {
	for _, to := range t.To {
		line("to", "%s", to)
	}
	if len(t.As) > 0 {
		line("credentials", "%s", strings.Join(t.As, ", "))
	}
	for _, part := range []struct{ label, text string }{{"steps", t.Steps}, {"sends", t.Sends}, {"replies", t.Matches}} {
		if part.text != "" {
			line(part.label, "%s", part.text)
		}
	}
	if t.Unverified {
		line("WARNING", "certificates are not verified (tls.insecure); any server may answer")
	}
}

// groupsText prints the groups of a scenario.
func groupsText(line func(label, format string, args ...any), groups []scenarios.GroupPlan) {
	for i, g := range groups {
		label, rate := "", ""
		if i == 0 {
			label = "groups"
		}
		if g.Rate > 0 {
			rate = ", " + spec.FormatRate(g.Rate)
		}
		line(label, "%s: %s on %s%s", g.Name, g.Pattern, result.Plural(g.Streams, "stream"), rate)
		for _, text := range []string{g.Steps, g.Sends, g.Matches} {
			if text != "" {
				line("", "  %s", text)
			}
		}
	}
}

func closedLoopNote(p scenarios.Plan) string {
	if p.ClosedLoop {
		return "; closed loop: as many more as the server answers"
	}
	return ""
}

func eventsNote(p scenarios.Plan) string {
	if p.GuideEvents {
		return ", plus events whose size the server sets"
	}
	return ""
}

func memoryNote(p scenarios.Plan) string {
	if len(p.MemoryUnknown) == 0 {
		return ""
	}
	return fmt.Sprintf("; more with TLS or over HTTP/2 (%s)", strings.Join(p.MemoryUnknown, ", "))
}

// timeText rounds d to a second, or to a tenth of one below ten seconds.
func timeText(d time.Duration) string {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
