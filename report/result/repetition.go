package result

import "time"

// NeverOpened says that none of the cell's repetitions could open a stream, and that one
// tried.
func (c *Cell) NeverOpened() bool {
	for _, r := range c.Repetitions {
		if r.Error == "" || r.Counters.Unopened == 0 {
			return false
		}
	}
	return len(c.Repetitions) > 0
}

// NothingOpened says that the cell's last repetition could open no stream.
func (c *Cell) NothingOpened() bool {
	if len(c.Repetitions) == 0 {
		return false
	}
	last := c.Repetitions[len(c.Repetitions)-1]
	return last.Error != "" && last.Counters.Unopened > 0
}

// A Repetition is one run of a cell against a fresh server.
type Repetition struct {
	Index int `json:"index"`
	// Order is its place in the whole run: it shows the interleaving.
	Order   int       `json:"order"`
	Started time.Time `json:"started"`
	Phases  Phases    `json:"phases"`
	// Interrupted says that it did not run to its end.
	Interrupted bool `json:"interrupted,omitempty"`
	// Aborted is the threshold that ended it, and the whole run, before its time.
	Aborted string `json:"aborted,omitempty"`
	// Error is why it failed as a whole, if it did.
	Error    string   `json:"error,omitempty"`
	Validity Validity `json:"validity"`
	// Response is received − intended: for echo at the client, for push and
	// fan-out the delivery time, for upload at the server.
	Response Histogram `json:"response_ns"`
	// Service is received − sent, Lag is sent − intended.
	Service  Histogram  `json:"service_ns"`
	Lag      Histogram  `json:"lag_ns"`
	Timeline []Interval `json:"timeline,omitempty"`
	// Samples are what both sides had used at moments of the steady phase, the first at
	// its beginning and the last at its end.
	Samples []Sample `json:"samples,omitempty"`
	// Negotiated is what the server agreed to on the first stream of a WebSocket of contract
	// own, of what was offered: a subprotocol, compression.
	Negotiated string `json:"negotiated,omitempty"`
	// Arrivals are of streams on which the server of contract own sends by itself, else nil.
	Arrivals *Arrivals `json:"arrivals,omitempty"`
	Series   Series    `json:"series"`
	Counters Counters  `json:"counters"`
	// OtherPhases are the counters of the other phases.
	OtherPhases OtherPhases `json:"other_phases,omitzero"`
	Server      Resources   `json:"server"`
	Client      Resources   `json:"client"`
	Wire        Wire        `json:"wire"`
	// StreamTime says how long the streams of a closed loop, or of a target that sends by itself,
	// were at work.
	StreamTime StreamTime `json:"stream_time,omitzero"`
	// ClientPauses are pauses of the generator itself.
	ClientPauses Pauses `json:"client_pauses,omitzero"`
	// ClientGaps are the ten longest of the shorter ones.
	ClientGaps []Gap     `json:"client_gaps,omitempty"`
	Thresholds []Outcome `json:"thresholds,omitempty"`
}

// Phases are how long each phase really took.
type Phases struct {
	Connect time.Duration `json:"connect_ns"`
	Warmup  time.Duration `json:"warmup_ns"`
	Steady  time.Duration `json:"steady_ns"`
	Drain   time.Duration `json:"drain_ns"`
}

// An Interval is one slot of the steady phase, by the time of receipt: a second,
// or less in a short phase. Those after its end hold the late answers.
type Interval struct {
	Start    time.Duration `json:"start_ns"` // from the beginning of the steady phase
	Length   time.Duration `json:"length_ns"`
	Response Histogram     `json:"response_ns"`
}

// A Sample is what had been received and used at one moment of the steady phase, counted
// from its beginning. Of an upload, Recorded is what the server had received, measured
// or not.
type Sample struct {
	At       time.Duration `json:"at_ns"`
	Recorded uint64        `json:"recorded"`
	Client   Used          `json:"client"`
	Server   *Used         `json:"server,omitempty"` // nil where it did not tell
}

// Used is what one side had used.
type Used struct {
	CPU      time.Duration `json:"cpu_ns"` // without watching the clock
	RSSBytes int64         `json:"rss_bytes"`
	GCs      int64         `json:"gcs"`
}

// OtherPhases has the counters of the phases besides the steady one; nil if nothing happened
// in a phase. Messages count in the phase in which they were due, streams in the one in which
// they broke or were opened.
type OtherPhases struct {
	Connect *Counters `json:"connect,omitempty"`
	Warmup  *Counters `json:"warmup,omitempty"`
	Drain   *Counters `json:"drain,omitempty"`
}

// Resources are what one side used during the steady phase.
type Resources struct {
	// Known is false where the figures could not be had: a target without stats.
	Known bool `json:"known"`
	// Source is where they came from, where it is not the process itself: pid 123, or the
	// address of a Prometheus endpoint.
	Source string `json:"source,omitempty"`
	// Engine is what received on the connections: "goroutine", one for each stream,
	// or "loop", event loops for many.
	Engine string        `json:"engine,omitempty"`
	CPU    time.Duration `json:"cpu_ns"`
	// Spin is the part of CPU that its pacers spent watching the clock.
	Spin time.Duration `json:"spin_ns"`
	// RunQueue is how long its threads, added up, were ready and had no core.
	RunQueue time.Duration `json:"run_queue_ns"`
	RSSBytes int64         `json:"rss_bytes"` // at the end
	// BeforeBytes is what was resident before the streams were opened; 0 where it is
	// not known.
	BeforeBytes int64         `json:"rss_before_bytes,omitempty"`
	Goroutines  int64         `json:"goroutines"`
	GCs         int64         `json:"gcs"`
	GCPause     time.Duration `json:"gc_pause_ns"`
	GOGC        int64         `json:"gogc,omitempty"` // the collector's setting, in percent
	// Scheduling is how long goroutines that could run waited for a thread, GCPauses
	// how long garbage collection stopped all of them; of the generator only.
	Scheduling Histogram `json:"scheduling_ns,omitzero"`
	GCPauses   Histogram `json:"gc_pauses_ns,omitzero"`
}

// Wire counts bytes at the client's dialer in the steady phase, TLS and framing
// included, TCP/IP headers not.
type Wire struct {
	SentBytes     uint64 `json:"sent_bytes"`
	ReceivedBytes uint64 `json:"received_bytes"`
}
