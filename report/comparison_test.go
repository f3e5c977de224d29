package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"math"
	"testing"
	"time"

	"rtbench/internal/golden"
	"rtbench/report/regression"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// The values are made up, as in madeUpResult.

func madeUpComparison() regression.Comparison {
	nan := result.Number(math.NaN())
	return regression.Comparison{
		Failures: []string{"head, a/echo/tcp, 2 of 12 repetitions: 3 messages lost (4,000 measured)"},
		Base:     "exec:./old", Head: "exec:./new|x", Interleaved: true, Level: 0.05, Pairs: 12, LeftOut: 2, Outcome: stats.Regression,
		Warnings: []string{"this machine's noise is not known"},
		NotCompared: []regression.NotCompared{
			{Cell: "a/echo/sse", Why: "in base only"}, {Cell: "a/echo/sse-h2", Why: "in base only"}, {Cell: "a/echo/<new>", Why: "in head only"},
		},
		Lines: []regression.Line{
			{Cell: "a/echo/tcp", Metric: "p50", Unit: "ns", Base: 50_000, Head: 60_000, Ratio: 1.2, Low: 1.15, High: 1.25, Confidence: 0.967, P: 0.001, N: 10, Floor: 0.05, Outcome: stats.Regression},
			{Cell: "a/echo/tcp", Metric: "p99", Unit: "ns", Base: 90_000, Head: 95_000, Ratio: 1.05, Low: 0.9, High: 1.3, Confidence: 0.967, P: 0.4, N: 10, Floor: 0.1, Outcome: stats.Inconclusive, Warnings: []string{"the pairs drift up"}},
			{Cell: "a/echo/grpc", Metric: "p99", Unit: "ns", Base: nan, Head: nan, Ratio: nan, Low: nan, High: nan, P: nan, Floor: 0.1, Outcome: stats.Inconclusive, Warnings: []string{"the pairs drift up"}},
			{Cell: "a/echo/tcp", Metric: "throughput", Unit: "msg/s", Base: 120_000, Head: 121_000, Ratio: 0.99, Low: 0.98, High: 1.01, Confidence: 0.967, P: 1, N: 10, Floor: 0.05, Outcome: stats.Pass},
		},
	}
}

func TestComparisonGolden(t *testing.T) {
	for _, f := range ComparisonFormats {
		var out bytes.Buffer
		if err := f.Write(&out, madeUpComparison()); err != nil {
			t.Fatal(err)
		}
		golden.Check(t, "testdata/comparison."+f.Name, out.Bytes())
		if err := f.Write(brokenWriter{}, madeUpComparison()); err == nil {
			t.Errorf("%s: the writer's error is lost", f.Name)
		}
	}
}

// A multiple is not written as a percentage with an exponent.
func TestLargeRegression(t *testing.T) {
	t.Parallel()
	c := madeUpComparison()
	c.Lines[0].Ratio, c.Lines[0].Low = 89.5, 89.3
	if got, want := outcomeSentence(c), "p50 of a/echo/tcp is worse by a factor of 89.5, at least 89.3"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// An empty comparison must not look like a pass in any format.
func TestEmptyComparison(t *testing.T) {
	for _, f := range ComparisonFormats {
		var out bytes.Buffer
		if err := f.Write(&out, regression.Comparison{Outcome: stats.Inconclusive}); err != nil {
			t.Fatal(err)
		}
		switch f.Name {
		case "junit":
			var doc junitSuites
			if err := xml.Unmarshal(out.Bytes(), &doc); err != nil || doc.Failures != 1 {
				t.Errorf("junit: %+v, %v", doc, err)
			}
		case "json":
			var c struct{ Outcome string }
			if err := json.Unmarshal(out.Bytes(), &c); err != nil || c.Outcome != "inconclusive" {
				t.Errorf("json: %+v, %v", c, err)
			}
		default:
			if !bytes.Contains(out.Bytes(), []byte("INCONCLUSIVE")) {
				t.Errorf("%s:\n%s", f.Name, out.Bytes())
			}
		}
	}
}

func TestCalibrationAndOracleGolden(t *testing.T) {
	env := result.Environment{OS: "linux", Arch: "amd64", Kernel: "6.1", CPU: "Made-up CPU", Cores: 2, MemoryBytes: 8e9}
	var out bytes.Buffer
	if err := CalibrationText(&out, regression.Calibration{
		Measured: madeUpStart, Environment: env, FloorP50: 41 * time.Microsecond,
		Timer: []regression.Timer{{Rate: 1000, P50: 90, P99: 18_000, Max: 300_000}},
		Noise: regression.Noise{Metrics: []regression.MetricNoise{{Cell: "gate/echo/websocket", Metric: "p50", Spread: 0.05, Pairs: 20}}},
	}); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/calibration.text", out.Bytes())
	out.Reset()
	r := &result.Result{Started: madeUpStart, Environment: env, Oracle: []result.Expectation{
		{Case: "delay", Cell: "oracle-delay/echo/tcp", Metric: "p50", Want: 10e6, Measured: 10.05e6, Allowed: 0.2e6, Unit: "ns", Within: true, Formula: "10ms + the floor's p50"},
		{Case: "lose", Cell: "oracle-lose/echo/tcp", Metric: "lost", Want: 80, Measured: 79, Unit: "messages", Formula: "every 10th"},
		{Case: "stall", Cell: "oracle-stall/echo/tcp", Metric: "p99", Want: 1e6, Measured: result.Number(math.NaN()), Unit: "ns"},
	}}
	if err := OracleText(&out, r); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/oracle.text", out.Bytes())
}
