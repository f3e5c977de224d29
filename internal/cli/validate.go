package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rtbench/loadgen"
	"rtbench/loadgen/target"
	"rtbench/report/result"
	"rtbench/scenarios"
)

func validateCommand() *cobra.Command {
	var read scenarioFlags
	var asJSON bool
	c := &cobra.Command{
		Use: "validate FILE…", Short: "Check scenarios without running them, and say what they will take",
		Long: `Checks scenarios and says all that is wrong with them, each with its place and what may
have been meant. Of good ones it prints the plan: cells, connections, messages, bytes,
time, memory and open files; with contract own also where it goes and what is said.

` + profilesHelp() + `
Exit codes: 0 good · 2 usage · 104 invalid scenario`,
		Example: `  rtbench scenario validate mine.yaml
  rtbench scenario validate mine.yaml --profile release --set load.connections=[10,1000]`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError("expected scenarios, files or built-in names (see `%s --help`)", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			list, err := read.open(args, "", false)
			if err != nil {
				return err
			}
			plans := make([]scenarios.Plan, len(list))
			refused, _ := loadgen.CheckLoad(list)
			if err := errors.Join(target.CheckSchemes(list), problemsError(refused)); err != nil {
				return exitCodeError{err, exitScenario}
			}
			for i, s := range list {
				if err := target.CheckCustom(s); err != nil {
					return exitCodeError{err, exitScenario}
				}
				plans[i] = s.Plan()
			}
			here := loadgen.Here()
			if asJSON {
				return planJSON(os.Stdout, plans, here)
			}
			for i, p := range plans {
				planText(os.Stdout, p, here)
				if slices.ContainsFunc(list[i].Thresholds, scenarios.Threshold.NeedsBaseline) {
					fmt.Fprintf(os.Stdout, "  %-12s %s\n", "note", "a threshold speaks of a baseline (base.…): run needs --baseline RESULT")
				}
				_, warnings := loadgen.CheckLoad(list[i : i+1])
				for _, w := range warnings {
					fmt.Fprintf(os.Stdout, "  %-12s %s\n", "WARNING", w)
				}
			}
			return nil
		},
	}
	read.registerProfile(c)
	read.registerSet(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print the plans as JSON: durations in nanoseconds, memory in bytes")
	return c
}

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

// problemsError is nil where there are no problems.
func problemsError(list scenarios.Problems) error {
	if len(list) == 0 {
		return nil
	}
	return list
}

// checkLoad refuses scenarios that plan what cannot be sent, and says on standard error what
// is likely not to come out as planned, or was left longer than a profile says.
func checkLoad(list []*scenarios.Scenario) error {
	refused, warnings := loadgen.CheckLoad(list)
	if len(refused) > 0 {
		return exitCodeError{refused, exitScenario}
	}
	for _, w := range warnings {
		text := w.String()
		if w.File == benchFile { // which nobody has written
			text = nameFlags(w.Message)
		}
		fmt.Fprintf(os.Stderr, "warning: %s\n", text)
	}
	for _, s := range list {
		if s.Kept != "" {
			fmt.Fprintf(os.Stderr, "note: scenario %s: %s\n", s.Name, s.Kept)
		}
	}
	return nil
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
