package record

import (
	"encoding/json"
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"

	"rtbench/proto/clock"

	"rtbench/proto"
)

// A Receiver is what one goroutine does with each measured message that arrives:
// verify it, enter it in the ledger, record it if it belongs to the steady
// phase. It belongs to that goroutine.
type Receiver struct {
	Ledger   Ledger
	recorder *Recorder
	follower follower
	sink     *Sink
	text     bool
}

// NewReceiver returns a receiver of the messages of the stream that c asks for.
func NewReceiver(s *Sink, c proto.Call) *Receiver {
	return &Receiver{recorder: NewRecorder(s), follower: newFollower(c), sink: s, text: c.Text}
}

// Take takes message p, which has just arrived, and returns its header. False
// means that it was corrupt, and counted as such.
func (r *Receiver) Take(p []byte) (proto.Header, bool) {
	received := clock.Now()
	h, err := proto.ParseHeader(p, r.text)
	if err != nil {
		r.Ledger.Corrupt++
		return h, false
	}
	// A duplicate is counted and not measured: it would stand in for one lost.
	if r.Ledger.Note(h.Seq) && r.sink.Steady(h.Intended) {
		r.recorder.Record(h, received)
		r.follower.take(h, received)
	}
	return h, true
}

// Flush hands what is still held to the sink. It is called once, at the end.
func (r *Receiver) Flush() {
	r.recorder.Flush()
	r.sink.addFlow(&r.follower.flow)
}

// A Summary is the server's one answer to an upload: what arrived, measured at
// its end. Its form on the wire is JSON, which every protocol can carry.
type Summary struct {
	Ledger  Ledger `json:"ledger"`
	Steady  uint64 `json:"steady"` // of the received, those of the steady phase
	Lag     []byte `json:"lag"`    // histograms in the standard V2 encoding
	Service []byte `json:"service"`
	// Response is received by the server − intended by the client.
	Response []byte `json:"response"`
	Clamped  uint64 `json:"clamped"`
	Flow     Flow   `json:"flow"`
}

// Summarize returns the summary of one receiver and the sink that is its own.
func Summarize(r *Receiver, s *Sink) (*Summary, error) {
	r.Flush()
	t := s.Totals()
	sum := &Summary{Ledger: r.Ledger, Steady: s.Count(), Clamped: t.Clamped, Flow: s.Flow()}
	for _, e := range []struct {
		into *[]byte
		from *hdrhistogram.Histogram
	}{{&sum.Lag, t.Lag}, {&sum.Service, t.Service}, {&sum.Response, t.Response}} {
		b, err := Encode(e.from)
		if err != nil {
			return nil, fmt.Errorf("encoding the summary: %w", err)
		}
		*e.into = b
	}
	return sum, nil
}

// Encode returns the form on the wire.
func (s *Summary) Encode() ([]byte, error) { return json.Marshal(s) }

// Merge adds what a summary on the wire holds to s and returns the summary. The
// timeline stays without it: the server does not send one.
func (s *Sink) Merge(encoded []byte) (*Summary, error) {
	var sum Summary
	if err := json.Unmarshal(encoded, &sum); err != nil {
		return nil, fmt.Errorf("summary of the upload: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range []struct {
		into *hdrhistogram.Histogram
		from []byte
	}{{s.total.Lag, sum.Lag}, {s.total.Service, sum.Service}, {s.total.Response, sum.Response}} {
		h, err := Decode(e.from)
		if err != nil {
			return nil, fmt.Errorf("summary of the upload: %w", err)
		}
		s.total.Clamped += uint64(e.into.Merge(h))
	}
	s.total.Clamped += sum.Clamped
	s.flow.Add(&sum.Flow)
	s.count.Add(sum.Steady)
	return &sum, nil
}
