package report

import (
	"bytes"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"

	"rtbench/internal/golden"
	"rtbench/report/result"
)

func TestGolden(t *testing.T) {
	for _, name := range []string{"text", "md", "csv", "junit", "benchfmt"} {
		t.Run(name, func(t *testing.T) {
			golden.Check(t, "testdata/made-up."+name, render(t, name, madeUpResult(t)))
		})
	}
}

func render(t *testing.T, format string, r *result.Result) []byte {
	t.Helper()
	for _, f := range Formats {
		if f.Name == format {
			var out bytes.Buffer
			if err := f.Write(&out, r); err != nil {
				t.Fatal(err)
			}
			return out.Bytes()
		}
	}
	t.Fatalf("no format %s", format)
	return nil
}

// Formats render results of interrupted and failed runs, and do not modify them.
func TestEveryFormatRendersEveryResult(t *testing.T) {
	for name, r := range map[string]*result.Result{
		"empty":          {Version: result.Version},
		"cell never ran": {Version: result.Version, Cells: []*result.Cell{{ID: "a"}}},
		"failed": {Version: result.Version, Cells: []*result.Cell{{
			ID: "a", Repetitions: []*result.Repetition{{Error: "x", Validity: result.Validity{Discarded: true}}},
		}}},
		"made up": madeUpResult(t),
	} {
		before := render(t, "json", r)
		for _, f := range Formats {
			if err := f.Write(&bytes.Buffer{}, r); err != nil {
				t.Errorf("%s of %s: %v", f.Name, name, err)
			}
			if err := f.Write(brokenWriter{}, r); err == nil && len(render(t, f.Name, r)) > 0 {
				t.Errorf("%s of %s: the writer's error is lost", f.Name, name)
			}
		}
		if !bytes.Equal(before, render(t, "json", r)) {
			t.Errorf("%s: a format changed the result", name)
		}
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken") }

func TestJSONIsAResult(t *testing.T) {
	want := madeUpResult(t)
	path := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(path, render(t, "json", want), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := result.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	same := cmp.Comparer(func(a, b result.Histogram) bool { return a.HDR().Equals(b.HDR()) })
	if d := cmp.Diff(want, got, same); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestCSVHasOneLinePerRepetition(t *testing.T) {
	r := madeUpResult(t)
	rows, err := csv.NewReader(bytes.NewReader(render(t, "csv", r))).ReadAll() // rejects ragged rows
	if err != nil {
		t.Fatal(err)
	}
	want := 1
	for _, c := range r.Cells {
		want += len(c.Repetitions)
	}
	if len(rows) != want {
		t.Errorf("%d lines, want %d", len(rows), want)
	}
}

func TestHdrHistogramReadsHLogOfAllCells(t *testing.T) {
	r := madeUpResult(t)
	log := hdrhistogram.NewHistogramLogReader(bytes.NewReader(render(t, "hlog", r)))
	for _, c := range r.Cells {
		for _, rep := range c.Repetitions {
			h, err := log.NextIntervalHistogram()
			if err != nil || h == nil || !h.Equals(rep.Response.HDR()) {
				t.Fatalf("%s, repetition %d: %v", c.ID, rep.Index, err)
			}
		}
	}
}

// A remote target must not be reported as this machine.
func TestTextNamesTheServersHost(t *testing.T) {
	r := madeUpResult(t)
	r.Cells[0].Config.Target = "tcp://elsewhere:9001"
	text := string(render(t, "details", r))
	if !strings.Contains(text, "server at tcp://elsewhere:9001") || strings.Contains(text, "client and server on this machine") {
		t.Errorf("got\n%s", text)
	}
}

func TestDuration(t *testing.T) {
	for ns, want := range map[float64]string{
		0: "0 ns", 999: "999 ns", 999.7: "1.00 µs", 1234: "1.23 µs", 9996: "10.0 µs", 99960: "100 µs", 999_700: "1.00 ms",
		12_345_678: "12.3 ms", 999_700_000: "1.00 s", float64(10 * time.Minute): "600 s",
	} {
		if got := result.Duration(ns); got != want {
			t.Errorf("duration(%v) = %q, want %q", ns, got, want)
		}
	}
}

func TestTableAlignsByCharacters(t *testing.T) {
	tb := &table{}
	tb.add("a", "p50")
	tb.addRule()
	tb.add("bcd", "–")
	tb.add("e", "1.00 µs")
	want := "  a        p50\n  ────────────\n  bcd        –\n  e    1.00 µs\n"
	if got := tb.text(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
