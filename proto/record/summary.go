package record

import (
	"encoding/json"
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A Summary is the server's reply to an upload: its count and measurements of the
// messages. It is sent as JSON, which every protocol can carry.
type Summary struct {
	// Ledger belongs to the stream. The other fields may include other streams of the
	// run, and are empty if another summary has reported them.
	Ledger  Ledger `json:"ledger"`
	Steady  uint64 `json:"steady"`        // messages of the steady phase
	Lag     []byte `json:"lag,omitempty"` // histograms in the standard V2 encoding
	Service []byte `json:"service,omitempty"`
	Low     []byte `json:"low,omitempty"`
	// Response is received by the server − intended by the client.
	Response []byte `json:"response,omitempty"`
	Clamped  uint64 `json:"clamped"`
	Led      uint64 `json:"led,omitempty"`     // see Sink.Led
	Arrived  uint64 `json:"arrived,omitempty"` // see Sink.Arrived
	Flow     Flow   `json:"flow"`
}

// Summarize returns a summary with ledger l and all measurements since the last call. If
// a run's streams share a sink, their summaries together hold each message once. Flush
// all recorders first.
func (s *Sink) Summarize(l Ledger) (*Summary, error) {
	sum := &Summary{Ledger: l, Led: s.led.Swap(0), Arrived: s.arrived.Swap(0)}
	t, flow, n := s.takeAll()
	if n == 0 {
		return sum, nil
	}
	sum.Steady, sum.Clamped, sum.Flow = n, t.Clamped, flow
	for _, e := range []struct {
		into *[]byte
		from *hdrhistogram.Histogram
	}{{&sum.Lag, t.Lag}, {&sum.Service, t.Service}, {&sum.Low, t.Low}, {&sum.Response, t.Response}} {
		b, err := Encode(e.from)
		if err != nil {
			return nil, fmt.Errorf("encoding the summary: %w", err)
		}
		*e.into = b
	}
	return sum, nil
}

// Encode returns s as JSON.
func (s *Summary) Encode() ([]byte, error) { return json.Marshal(s) }

// Merge adds an encoded summary to s and returns it. It does not change the timeline,
// which the server does not send.
func (s *Sink) Merge(encoded []byte) (*Summary, error) {
	var sum Summary
	if err := json.Unmarshal(encoded, &sum); err != nil {
		return nil, fmt.Errorf("summary of the upload: %w", err)
	}
	s.led.Add(sum.Led)
	s.arrived.Add(sum.Arrived)
	if sum.Steady == 0 {
		return &sum, nil
	}
	h := Histograms{Clamped: sum.Clamped}
	for _, e := range []struct {
		into **hdrhistogram.Histogram
		from []byte
	}{{&h.Lag, sum.Lag}, {&h.Service, sum.Service}, {&h.Low, sum.Low}, {&h.Response, sum.Response}} {
		var err error
		if *e.into, err = Decode(e.from); err != nil {
			return nil, fmt.Errorf("summary of the upload: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.merged == nil {
		empty := NewHistograms()
		s.merged = &empty
	}
	s.merged.merge(&h)
	s.flow.Add(&sum.Flow)
	s.count.Add(sum.Steady)
	return &sum, nil
}
