package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"rtbench/proto/quantity"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// Benchfmt writes a line per repetition in the Go benchmark format
// (https://golang.org/design/14313-benchmark-format) for benchstat. `benchstat -col /protocol FILE`
// compares protocols, `benchstat BASE HEAD` compares results. A benchmark's name consists of the
// scenario, pattern, axes and protocol, and the generator's GOMAXPROCS; its iterations are the
// measured messages. Discarded repetitions and unknown metrics become comments. Benchfmt returns w's
// error.
//
// benchstat puts different configuration lines into separate tables. Machine and load are therefore
// configuration, because different loads must not be compared; target and version are not.
func Benchfmt(w io.Writer, r *result.Result) error {
	b := &benchWriter{printer: printer{w: w}, config: map[string]string{}}
	if s := Insecure(r); s != "" {
		b.printf("# %s\n", oneLine(s))
	}
	b.printf("# %s, %s, measured %s\n", oneLine(r.Tool.String()), oneLine(r.Tool.Go), r.Started.UTC().Format("2006-01-02 15:04:05 MST"))
	b.writeUnits(r)
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
			for _, t := range slices.Concat(FailureLines(c, PageExample), NoteLines(c, PageExample)) {
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

// benchMetrics lists the metrics.
var benchMetrics = slices.DeleteFunc(slices.Clone(metric.Table), func(m metric.Metric) bool { return m.Bench == "" })

// writeUnits declares the units: those of response times and then those of gaps and one-way times in
// the result. Gaps have no better direction.
func (b *benchWriter) writeUnits(r *result.Result) {
	for _, m := range benchMetrics {
		better := "lower"
		if m.Higher {
			better = "higher"
		}
		b.printf("Unit %s better=%s assume=nothing\n", m.Bench, better)
	}
	for _, times := range []struct{ name, better string }{{result.TimesGap, ""}, {result.TimesOneWay, " better=lower"}} {
		if !slices.ContainsFunc(r.Cells, func(c *result.Cell) bool { return c.Config.Times == times.name }) {
			continue
		}
		for _, m := range benchMetrics {
			if unit := m.In(result.Config{Times: times.name}).Bench; unit != m.Bench {
				b.printf("Unit %s%s assume=nothing\n", unit, times.better)
			}
		}
	}
}

type benchWriter struct {
	printer
	config map[string]string // valid for the lines that follow
}

// setConfig writes a configuration line if the value has changed. An empty value deletes the key.
func (b *benchWriter) setConfig(key, value string) {
	if value = oneLine(value); b.config[key] == value {
		return
	}
	b.config[key] = value
	b.printf("%s\n", strings.TrimSpace(key+": "+value))
}

// writeLoad writes the cell's load except for the keys in its name.
func (b *benchWriter) writeLoad(c result.Config) {
	named := map[string]bool{}
	for _, axis := range strings.Split(c.Axes, "/") {
		key, _, _ := strings.Cut(axis, "=")
		named[key] = true
	}
	var stages []string
	for _, s := range c.Stages {
		stages = append(stages, stageText(s))
	}
	for _, k := range []struct{ key, value string }{
		{"model", c.Model},
		{"arrivals", c.Arrivals},
		{"trace", c.Trace.File},
		{"speed", unlessZero(c.Trace.Speed, Plain)},
		{"wave", c.Wave},
		{"rate", unlessZero(c.Rate, Plain)},
		{"stages", strings.Join(stages, ", ")},
		{"connections", strconv.Itoa(c.Connections)},
		{"streams", strconv.Itoa(c.Streams)},
		{"think", unlessZero(c.Think, result.Pause.String)},
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
	if rep.Validity.Discarded {
		b.printf("# left out: %s, repetition %d, %s\n", oneLine(c.ID), rep.Index+1, oneLine(strings.Join(rep.Validity.Reasons(), "; ")))
		return
	}
	line := ""
	for _, m := range benchMetrics {
		// Readers convert ns to sec, but not for a value of 0, so a CPU time too short to measure is
		// left out.
		if text := Plain(m.Of(c.Config)(rep)); text != "" && (text != "0" || m.Dimension == quantity.Ratio) {
			line += " " + text + " " + m.In(c.Config).Bench
		}
	}
	if line == "" { // readers reject a line without values
		b.printf("# left out: %s, repetition %d, no metric is known\n", oneLine(c.ID), rep.Index+1)
		return
	}
	b.printf("%s %d%s\n", benchName(c.Config, procs), rep.Counters.Recorded, line)
}

// benchName returns a benchmark name with the cell's axes as key=value, free of the format's
// separators.
func benchName(c result.Config, procs int) string {
	first, size := utf8.DecodeRuneInString(c.Scenario)
	parts := []string{"Benchmark" + noSlash(string(unicode.ToUpper(first))+c.Scenario[size:]), "pattern=" + noSlash(c.Pattern)}
	if c.Axes != "" {
		parts = append(parts, c.Axes)
	}
	name := noSpace(strings.Join(append(parts, "protocol="+noSlash(c.Protocol)), "/"))
	if procs > 0 { // as go test does; otherwise a protocol that ends in -2 would look like GOMAXPROCS 2
		name += fmt.Sprintf("-%d", procs)
	}
	return name
}

// unlessZero formats v; empty for 0.
func unlessZero[V comparable](v V, format func(V) string) string {
	var zero V
	if v == zero {
		return ""
	}
	return format(v)
}

// sizeOf returns the message size; empty if only the custom target knows it.
func sizeOf(c result.Config) string {
	if c.Size == 0 && c.API == result.CustomAPI {
		return ""
	}
	return strconv.Itoa(c.Size)
}

func noSlash(s string) string { return strings.ReplaceAll(s, "/", "_") }

func noSpace(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return '_'
		}
		return r
	}, s)
}

// oneLine turns text into one line of limited length, because other programs read line by line and
// error messages may contain anything.
func oneLine(s string) string {
	const most = 400
	return result.Shorten(result.Printable(strings.ToValidUTF8(s, "\uFFFD")), most)
}
