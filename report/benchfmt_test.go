package report

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchproc"

	"rtbench/report/result"
)

// readBench renders r and reads it with benchstat's reader, whose errors fail the test.
func readBench(t *testing.T, r *result.Result) (lines []*benchfmt.Result, units benchfmt.UnitMetadataMap) {
	t.Helper()
	in := benchfmt.NewReader(bytes.NewReader(render(t, "benchfmt", r)), "x")
	for in.Scan() {
		switch rec := in.Result().(type) {
		case *benchfmt.Result:
			lines = append(lines, rec.Clone())
		case *benchfmt.SyntaxError:
			t.Errorf("benchfmt: %v", rec)
		}
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	return lines, in.Units()
}

func TestBenchfmtHasOneLinePerRepetition(t *testing.T) {
	r := madeUpResult(t)
	lines, units := readBench(t, r)
	for _, c := range r.Cells {
		for _, rep := range c.Repetitions {
			if rep.Validity.Discarded {
				continue
			}
			if len(lines) == 0 {
				t.Fatalf("no line for %s, repetition %d", c.ID, rep.Index)
			}
			got := lines[0]
			lines = lines[1:]
			if got.Iters != int(rep.Counters.Recorded) {
				t.Errorf("%s: %d iterations, want the %d messages measured", c.ID, got.Iters, rep.Counters.Recorded)
			}
			p50, _ := got.Value("p50-sec")
			if want := rep.Response.Quantile(50).Seconds(); math.Abs(p50-want) > 1e-12 {
				t.Errorf("%s: p50 %v s, want %v", c.ID, p50, want)
			}
			// Unknown metrics are missing: too few samples, or no server metrics.
			_, few := got.Value("p99-sec")
			_, cpu := got.Value("server-cpu-sec/msg")
			if few != (rep.Response.Count() >= 368) || cpu != rep.Server.Known {
				t.Errorf("%s: has p99: %v, has server CPU: %v", c.ID, few, cpu)
			}
		}
	}
	if len(lines) > 0 {
		t.Errorf("%d extra lines, the first %s", len(lines), lines[0].Name)
	}
	if units.GetBetter("p99-sec") != -1 || units.GetBetter("msg/s") != 1 {
		t.Error("the units do not say which direction is better")
	}
}

func TestBenchfmtNamesHoldProtocolAndAxes(t *testing.T) {
	r := madeUpResult(t)
	for i, c := range r.Cells {
		c.Config.Axes = []string{"rate=500/size=128", "rate=4000/size=128"}[i%2]
	}
	r.Environment.GOMAXPROCS = 2
	r.Cells[3].Config.Protocol = "sse-2" // must not look like GOMAXPROCS
	lines, _ := readBench(t, r)
	var parser benchproc.ProjectionParser
	p, err := parser.Parse(".name,/pattern,/rate,/size,/protocol,/gomaxprocs,cpu,connections,encoding,rate", nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range lines {
		if key := strings.TrimSpace(p.Project(l).StringValues()); !slices.Contains(got, key) {
			got = append(got, key)
		}
	}
	// rate is an axis here, so it is in the names and not in the configuration.
	var want []string
	for _, s := range []string{"echo 500 tcp", "echo 4000 websocket", "echo 500 sse", "echo 4000 sse-2", "push 500 websocket", "push 4000 grpc"} {
		var pattern, rate, protocol string
		fmt.Sscan(s, &pattern, &rate, &protocol)
		want = append(want, fmt.Sprintf(`Made-up %s %s 128 %s 2 Made-up CPU 16 text`, pattern, rate, protocol))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Configuration lines stay in force, so a cell without a rate must reset it.
func TestBenchfmtResetsConfiguration(t *testing.T) {
	r := madeUpResult(t)
	r.Cells[1].Config.Model, r.Cells[1].Config.Arrivals, r.Cells[1].Config.Rate = "closed", "", 0
	lines, _ := readBench(t, r)
	for _, l := range lines {
		open := l.Name.String() != "Made-up/pattern=echo/protocol=websocket"
		if l.GetConfig("arrivals") != map[bool]string{true: "constant"}[open] || l.GetConfig("rate") != map[bool]string{true: "4000"}[open] {
			t.Errorf("%s: arrivals %q, rate %q", l.Name, l.GetConfig("arrivals"), l.GetConfig("rate"))
		}
	}
}

// Text from servers and files must not break lines.
func TestBenchfmtKeepsHostileTextOnOneLine(t *testing.T) {
	const hostile = "x\nBenchmarkFalse 1 1 ns/op\nUnit p50-ns better=higher\ngoos: other\u2028\x1b[31m\xff"
	plain, _ := readBench(t, madeUpResult(t))
	r := madeUpResult(t)
	r.Environment.CPU, r.Tool.Version = hostile, hostile
	for _, c := range r.Cells {
		c.ID, c.Config.Scenario, c.Config.Pattern, c.Config.Encoding = hostile, hostile, hostile, hostile
		c.Config.Axes, c.Config.Protocol = "size="+hostile, hostile
		for _, rep := range c.Repetitions {
			if rep.Error != "" {
				rep.Error = strings.Repeat(hostile, 10000) // the reader accepts lines of up to 64 KiB
				rep.Validity = result.Judge(c.Config, rep, 4)
			}
		}
	}
	lines, units := readBench(t, r)
	if len(lines) != len(plain) {
		t.Errorf("%d lines, want %d", len(lines), len(plain))
	}
	if lines[0].GetConfig("goos") != "linux" || units.GetBetter("p50-ns") != -1 {
		t.Error("hostile text was read as configuration")
	}
}

func TestBenchfmtReportsOmissions(t *testing.T) {
	text := string(render(t, "benchfmt", madeUpResult(t)))
	for _, want := range []string{
		"# left out: made-up/push/grpc, repetition 2, the repetition failed: the server did not start",
		"# made-up/push/sse: nothing was measured",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no line %q in\n%s", want, text)
		}
	}
}
