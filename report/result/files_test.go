package result

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"
)

var sameHistogram = cmp.Comparer(func(a, b Histogram) bool { return a.HDR().Equals(b.HDR()) })

func TestReadReturnsWhatWriteWrote(t *testing.T) {
	want := syntheticResult(t)
	dir := filepath.Join(t.TempDir(), "new", "result")
	if err := Write(dir, want); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(dir, FileName)} {
		got, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got, sameHistogram); d != "" {
			t.Errorf("%s (-written +read):\n%s", path, d)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got, want := strings.Join(names, " "), "made-up_echo_grpc_rate-2000.hgrm made-up_echo_grpc_rate-2000.hlog result.json"; got != want {
		t.Errorf("the directory holds %s, want %s", got, want)
	}
}

// Timelines stay encoded, because a long run has many slots.
func TestReadLeavesTheTimelineEncoded(t *testing.T) {
	dir := t.TempDir()
	if err := Write(dir, syntheticResult(t)); err != nil {
		t.Fatal(err)
	}
	r, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	rep := r.Cells[0].Repetitions[0]
	if rep.Response.h == nil || rep.Service.h == nil || rep.Lag.h == nil {
		t.Error("a repetition's histograms are decoded on each use")
	}
	if rep.Timeline[0].Response.h != nil {
		t.Error("the timeline is decoded and takes 260 KB per slot")
	}
}

func TestReadErrors(t *testing.T) {
	dir := t.TempDir()
	if err := Write(dir, syntheticResult(t)); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ content, want string }{
		"truncated":       {string(whole[:len(whole)/2]), "not a complete rtbench result"},
		"empty":           {"", "not a complete rtbench result"},
		"not ours":        {`{"name": "x"}`, "no version"},
		"older version":   {`{"version": 1, "cells": "other types"}`, "the result has format version 1, but this rtbench reads version 3; run it again"},
		"null cell":       {`{"version": 3, "cells": [null]}`, "cell 0 is null"},
		"null repetition": {`{"version": 3, "cells": [{"id": "a/b", "repetitions": [null]}]}`, "cell a/b: repetition 0 is null"},
		"histogram":       {`{"version": 3, "cells": [{"repetitions": [{"lag_ns": "AAAA"}]}]}`, "the result is damaged"},
		"trailing":        {`{"version": 3} x`, "not a complete rtbench result"},
	} {
		path := filepath.Join(t.TempDir(), FileName)
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Read(path)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want the path and %q", name, err, c.want)
		}
	}
	if _, err := Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no result found") {
		t.Errorf("empty directory: %v", err)
	}
}

func TestHdrHistogramReadsHLog(t *testing.T) {
	c := syntheticResult(t).Cells[0]
	b, err := c.HLog()
	if err != nil {
		t.Fatal(err)
	}
	log := hdrhistogram.NewHistogramLogReader(strings.NewReader(string(b)))
	for _, rep := range c.Repetitions {
		steady := rep.Started.Add(rep.Phases.Connect + rep.Phases.Warmup).UnixMilli()
		for i, in := range rep.Timeline {
			h, err := log.NextIntervalHistogram()
			if err != nil || h == nil {
				t.Fatalf("repetition %d, interval %d: %v", rep.Index, i, err)
			}
			if !h.Equals(in.Response.HDR()) {
				t.Errorf("repetition %d, interval %d differs", rep.Index, i)
			}
			if want := "repetition-" + string(rune('1'+rep.Index)); h.Tag() != want {
				t.Errorf("tag %s, want %s", h.Tag(), want)
			}
			// Timestamps are stored as seconds in floats.
			if got, want := h.StartTimeMs(), steady+in.Start.Milliseconds(); got < want-1 || got > want+1 {
				t.Errorf("starts at %d, want %d", got, want)
			}
			if in.Response.HDR().Tag() != "" {
				t.Error("writing the log changed the result")
			}
		}
	}
	if h, err := log.NextIntervalHistogram(); h != nil || (err != nil && !errors.Is(err, io.EOF)) {
		t.Errorf("after the last interval: %v, %v", h, err)
	}
}

func TestHGRMEndsWithMergedTotals(t *testing.T) {
	c := syntheticResult(t).Cells[0]
	b, err := c.HGRM()
	if err != nil {
		t.Fatal(err)
	}
	response, _, _ := c.Merged()
	found := regexp.MustCompile(`#\[Max +=\s+([\d.]+), Total count +=\s+(\d+)\]`).FindStringSubmatch(string(b))
	if found == nil || found[2] != "8000" {
		t.Fatalf("%v in\n%s", found, b)
	}
	if want := fmt.Sprintf("%.3f", response.Max().Seconds()*1e3); found[1] != want {
		t.Errorf("max %s ms, want %s", found[1], want)
	}
}
