package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"rtbench/report/result"
)

// Benchfmt writes a line for each repetition in the Go benchmark format
// (https://golang.org/design/14313-benchmark-format), for benchstat:
// `benchstat -col /protocol FILE` puts the protocols side by side, `benchstat
// BASE HEAD` compares results. A name is the scenario, then pattern, axes and
// protocol as its keys, then the generator's GOMAXPROCS; the iterations are the
// messages measured. Invalid repetitions are left out and named in lines that
// begin with #, which readers of the format ignore; so are figures not known.
// The only errors are w's.
//
// Note: benchstat puts what differs in a configuration line in separate tables.
// So machine and load are such lines (unlike loads are never compared), but
// neither target nor version, which are what is compared.
func Benchfmt(w io.Writer, r *result.Result) error {
	b := &benchWriter{printer: printer{w: w}, config: map[string]string{}}
	if s := Insecure(r); s != "" {
		b.printf("# %s\n", oneLine(s))
	}
	b.printf("# %s %s, %s, measured %s\n", oneLine(r.Tool.Name), oneLine(r.Tool.Version), oneLine(r.Tool.Go), r.Started.UTC().Format("2006-01-02 15:04:05 MST"))
	for _, u := range benchUnits {
		b.printf("Unit %s better=%s assume=nothing\n", u.name, u.better)
	}
	b.writeTimeUnits(r)
	e := r.Environment
	b.setConfig("goos", e.OS)
	b.setConfig("goarch", e.Arch)
	b.setConfig("pkg", "rtbench")
	b.setConfig("cpu", e.CPU)
	b.setConfig("kernel", e.Kernel)
	b.setConfig("cores", strconv.Itoa(e.Cores))
	for _, c := range r.Cells {
		b.writeLoad(c.Config)
		if c.Config.API == result.CustomAPI {
			for _, t := range FailureLines(c, PageExample) {
				b.printf("# %s: %s\n", oneLine(c.ID), oneLine(t))
			}
		}
		for _, rep := range c.Repetitions {
			b.writeRepetition(c, rep, e.GOMAXPROCS)
		}
		if len(c.Repetitions) == 0 {
			b.printf("# %s: nothing was measured\n", oneLine(c.ID))
		}
	}
	return b.err
}

// benchUnits are the figures; benchunit.Tidy makes seconds of ns.
//
// Note: benchfmt's reader leaves the unit of a value of 0 as it is, ns beside the
// others' sec, so a CPU time of 0 is left out: too short to be seen.
var benchUnits = []struct {
	name, better string
	value        func(*result.Repetition) float64
}{
	{"p50-ns", "lower", repetitionPercentile(50)},
	{"p90-ns", "lower", repetitionPercentile(90)},
	{"p99-ns", "lower", repetitionPercentile(99)},
	{"p99.9-ns", "lower", repetitionPercentile(99.9)},
	{"msg/s", "higher", (*result.Repetition).Throughput},
	{"server-cpu-ns/msg", "lower", func(r *result.Repetition) float64 { return r.CPUPerMessage(r.Server) }},
	{"client-cpu-ns/msg", "lower", func(r *result.Repetition) float64 { return r.CPUPerMessage(r.Client) }},
	{"wire-B/msg", "lower", (*result.Repetition).WireBytesPerMessage},
	{failedUnit, "lower", (*result.Repetition).FailedRate},
}

// failedUnit is the unit of the share of failed messages, which is reported even if it is 0.
const failedUnit = "failed/msg"

// unitFor is the unit of a figure of a cell: gaps and one-way times have their own.
func unitFor(c result.Config, unit string) string {
	if c.Times == "" || !strings.HasPrefix(unit, "p") {
		return unit
	}
	return c.Times + "-" + unit
}

// writeTimeUnits writes those of times that are no response times. Of gaps neither more nor less is
// better.
func (b *benchWriter) writeTimeUnits(r *result.Result) {
	for _, times := range []struct{ name, better string }{{result.TimesGap, ""}, {result.TimesOneWay, " better=lower"}} {
		if !slices.ContainsFunc(r.Cells, func(c *result.Cell) bool { return c.Config.Times == times.name }) {
			continue
		}
		for _, u := range benchUnits {
			if unit := unitFor(result.Config{Times: times.name}, u.name); unit != u.name {
				b.printf("Unit %s%s assume=nothing\n", unit, times.better)
			}
		}
	}
}

type benchWriter struct {
	printer
	config map[string]string // what holds for the lines that follow
}

// setConfig writes a file configuration line where it changes something; an empty
// value takes the key away.
func (b *benchWriter) setConfig(key, value string) {
	if value = oneLine(value); b.config[key] == value {
		return
	}
	b.config[key] = value
	b.printf("%s\n", strings.TrimSpace(key+": "+value))
}

// writeLoad writes the cell's load, without what is in its name.
func (b *benchWriter) writeLoad(c result.Config) {
	named := map[string]bool{}
	for _, axis := range strings.Split(c.Axes, "/") {
		key, _, _ := strings.Cut(axis, "=")
		named[key] = true
	}
	var stages []string
	for _, s := range c.Stages {
		stages = append(stages, fmt.Sprintf("%s in %v", rate(s.To), s.Over))
	}
	for _, k := range []struct{ key, value string }{
		{"model", c.Model},
		{"arrivals", c.Arrivals},
		{"rate", orEmpty(orNaN(c.Rate))},
		{"stages", strings.Join(stages, ", ")},
		{"connections", strconv.Itoa(c.Connections)},
		{"streams", strconv.Itoa(c.Streams)},
		{"think", unlessZero(c.Think)},
		{"size", sizeOf(c)},
		{"encoding", c.Encoding},
		{"tls", strconv.FormatBool(c.TLS)},
	} {
		if named[k.key] {
			k.value = ""
		}
		b.setConfig(k.key, k.value)
	}
}

func (b *benchWriter) writeRepetition(c *result.Cell, rep *result.Repetition, procs int) {
	if rep.Validity.Verdict == result.Invalid {
		b.printf("# left out: %s, repetition %d, %s\n", oneLine(c.ID), rep.Index+1, oneLine(strings.Join(rep.Validity.Reasons, "; ")))
		return
	}
	line := ""
	for _, u := range benchUnits {
		if v := u.value(rep); (v != 0 || u.name == failedUnit) && !math.IsNaN(v) && !math.IsInf(v, 0) {
			line += " " + orEmpty(v) + " " + unitFor(c.Config, u.name)
		}
	}
	if line == "" { // readers refuse a line without a figure
		b.printf("# left out: %s, repetition %d, no figure is known\n", oneLine(c.ID), rep.Index+1)
		return
	}
	b.printf("%s %d%s\n", benchName(c.Config, procs), rep.Counters.Recorded, line)
}
