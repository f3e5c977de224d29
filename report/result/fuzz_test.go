package result

import (
	"encoding/json"
	"testing"
	"time"
)

// Every result that Decode accepts can be judged, computed with and stored.
func FuzzDecode(f *testing.F) {
	whole, err := json.Marshal(syntheticResult(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`{"version": 3}`))
	f.Add([]byte(`{"version": 3, "cells": [{"repetitions": [{"phases": {"steady_ns": -1}}]}]}`))
	f.Add([]byte(`{"version": 3, "cells": [{"repetitions": []}, null]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decode(b)
		if err != nil {
			return
		}
		r.Discarded()
		r.Word()
		for _, c := range r.Cells {
			for _, rep := range c.Repetitions {
				Judge(c.Config, rep, r.Environment.Cores)
				rep.Throughput()
				rep.CPUPerMessage(rep.Server)
				rep.WireBytesPerMessage()
			}
			if _, err := c.HGRM(); err != nil {
				t.Errorf("hgrm: %v", err)
			}
			if _, err := c.HLog(); err != nil {
				t.Errorf("hlog: %v", err)
			}
		}
		if _, err := json.Marshal(r); err != nil {
			t.Errorf("storing it again: %v", err)
		}
	})
}

// A hostile histogram must not cause a panic or excessive memory use.
func FuzzHistogram(f *testing.F) {
	for _, h := range []Histogram{{}, synthetic(f, 1, 1, time.Millisecond), synthetic(f, 2, 500, time.Millisecond)} {
		b, err := json.Marshal(h)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var h Histogram
		if h.UnmarshalJSON(b) != nil {
			return
		}
		if h.HDR().ByteSize() > 1<<20 {
			t.Errorf("the histogram takes %d bytes", h.HDR().ByteSize())
		}
		var sum Histogram
		sum.Merge(h)
		if sum.Count() != h.Count() {
			t.Errorf("merging %d values gives %d", h.Count(), sum.Count())
		}
	})
}
