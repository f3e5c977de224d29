// Package result is the file format: the seam between measuring and reporting.
// The generator writes a Result, every report reads one, and nothing that a
// report shows comes from anywhere else. It computes figures from what is
// stored; it measures nothing and renders nothing.
package result

import (
	"time"
)

// Version is the version of the file format that this package reads and writes.
const Version = 2

// A Result is all that one run of rtbench leaves. Durations are integer
// nanoseconds in JSON, times RFC 3339.
type Result struct {
	Version     int           `json:"version"`
	Tool        Tool          `json:"tool"`
	Started     time.Time     `json:"started"`
	Elapsed     time.Duration `json:"elapsed_ns"`
	Interrupted bool          `json:"interrupted"`
	// Unfinished reports that the result is from the journal of a run that did not end: it was
	// killed, or is still going. Interrupted is true then.
	Unfinished  bool        `json:"unfinished,omitempty"`
	Environment Environment `json:"environment"`
	Scenarios   []Scenario  `json:"scenarios"`
	Cells       []*Cell     `json:"cells"`
	// Oracle is what figures of known answer turned out to be, in results of
	// `rtbench calibrate --oracle`.
	Oracle []Expectation `json:"oracle,omitempty"`
}

// A Tool says what measured.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Go      string `json:"go"`
	// Command is what was typed, word by word.
	Command []string `json:"command,omitempty"`
}

// An Environment says where.
type Environment struct {
	OS          string `json:"os"`
	Arch        string `json:"arch"`
	Kernel      string `json:"kernel"`
	CPU         string `json:"cpu"`
	Cores       int    `json:"cores"`
	GOMAXPROCS  int    `json:"gomaxprocs"`
	MemoryBytes int64  `json:"memory_bytes"`
	FileLimit   uint64 `json:"file_limit"`
	// Pacing says how the pacers wait.
	Pacing string `json:"pacing"`
}

// A Scenario is a scenario file, whole.
type Scenario struct {
	Name   string `json:"name"`
	File   string `json:"file"`
	Source string `json:"source"`
}

// A Cell is one point of a scenario's matrix with its repetitions.
type Cell struct {
	ID     string `json:"id"`
	Config Config `json:"config"`
	// Notes say what about this protocol cannot be equal to the others.
	Notes       []string      `json:"notes,omitempty"`
	Repetitions []*Repetition `json:"repetitions"`
}

// A Config is what a cell asked for, every value filled in.
type Config struct {
	Scenario    string        `json:"scenario"`
	Protocol    string        `json:"protocol"`
	API         string        `json:"api,omitempty"`  // guide or custom; empty for the reference servers
	Path        string        `json:"path,omitempty"` // of the guide's event stream
	Pattern     string        `json:"pattern"`
	Axes        string        `json:"axes,omitempty"` // the values that tell this cell from others of its scenario
	Model       string        `json:"model"`
	Arrivals    string        `json:"arrivals,omitempty"`
	Rate        float64       `json:"rate,omitempty"` // messages/s over all streams
	Connections int           `json:"connections"`
	Streams     int           `json:"streams"` // a connection
	Think       time.Duration `json:"think_ns,omitempty"`
	Stages      []Stage       `json:"stages,omitempty"`
	Seed        int64         `json:"seed,omitempty"`
	Size        int           `json:"size"` // bytes, header included
	Encoding    string        `json:"encoding"`
	TLS         bool          `json:"tls"`
	Engine      string        `json:"engine,omitempty"` // of the reference server, where it was asked for
	Target      string        `json:"target,omitempty"` // without the values of a query
	// Insecure says that the server's certificate was not verified.
	Insecure bool `json:"insecure,omitempty"`
	// Match is how replies of contract own were told apart: header, field PATH, order, none.
	Match string `json:"match,omitempty"`
	// Deflate is the compression that a WebSocket of contract own offers.
	Deflate string `json:"deflate,omitempty"`
	// Batch is how many messages a call of gRPC client streaming has, if more than one: rates and
	// counts of messages are those of calls.
	Batch int `json:"batch,omitempty"`
	// Times says what response_ns holds where it is neither a response nor a delivery time by
	// a plan: gap, between the arrivals on a stream, or one-way, from a stamp in the message.
	Times   string        `json:"times,omitempty"`
	Connect time.Duration `json:"connect_ns"`
	Warmup  time.Duration `json:"warmup_ns"`
	Steady  time.Duration `json:"steady_ns"`
	Drain   time.Duration `json:"drain_ns"`
}

// CustomAPI is the Config.API of cells whose messages the scenario defines.
const CustomAPI = "custom"

// A Stage is a stretch in which the rate goes linearly to To (messages/s).
type Stage struct {
	Over time.Duration `json:"over_ns"`
	To   float64       `json:"to"`
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

// allStreams is how many streams a cell has in all, at least one.
func (c Config) allStreams() float64 { return float64(max(1, c.Connections*c.Streams)) }

// OtherPhases has the counters of the phases besides the steady one; nil if nothing happened
// in a phase. Messages count in the phase in which they were due, streams in the one in which
// they broke or were opened.
type OtherPhases struct {
	Connect *Counters `json:"connect,omitempty"`
	Warmup  *Counters `json:"warmup,omitempty"`
	Drain   *Counters `json:"drain,omitempty"`
}

// Counters count the messages and streams of one phase, in a repetition's Counters the steady
// one: the messages that were due in it, whenever they arrived. Due = Recorded + Failed, and
// Failed = NotSent + Lost + ErrorReplies. In fan-out, they count deliveries, one for each
// receiver of a message; Published counts the messages.
type Counters struct {
	Planned uint64 `json:"planned"` // due by the plan; 0 in closed loop
	// Due counts the messages that were to be sent and answered: the planned ones, in closed
	// loop those attempted. Of a server that sends by itself, those known of.
	Due  uint64 `json:"due"`
	Sent uint64 `json:"sent"` // that left
	// Published counts the messages that the client published in a fan-out: each is sent to many
	// receivers.
	Published uint64 `json:"published,omitempty"`
	// NotSent counts messages that never left: no stream was open, sending failed, or the
	// server did not accept more on theirs.
	NotSent  uint64 `json:"not_sent"`
	Recorded uint64 `json:"recorded"` // succeeded: arrived as expected, and measured
	Lost     uint64 `json:"lost"`     // sent, and no reply came
	// ErrorReplies counts messages that were answered by an error, such as a gRPC or an HTTP
	// status, or by a reply that violates expect or is corrupt.
	ErrorReplies uint64 `json:"error_replies"`
	Failed       uint64 `json:"failed"`
	Duplicates   uint64 `json:"duplicates"`
	OutOfOrder   uint64 `json:"out_of_order"`
	Corrupt      uint64 `json:"corrupt"` // if nothing else came in their place, in ErrorReplies too
	Clamped      uint64 `json:"clamped"` // times outside a histogram's range
	Dropped      uint64 `json:"dropped"` // by the server: a subscriber's queue was full
	// Waited counts planned messages that were sent late, or never, because the server had not
	// accepted those before them on the stream.
	Waited uint64 `json:"waited,omitempty"`
	// NotAttempted counts planned messages that the generator never got to, although their
	// stream was open and the server did not hold it up.
	NotAttempted uint64 `json:"not_attempted,omitempty"`
	// Errors counts what broke streams, by class.
	Errors map[string]uint64 `json:"errors,omitempty"`
	// What follows is of contract own alone. Refused counts attempts to open a stream that
	// failed, by class; Closed the streams that the server ended in order, by how. A stream
	// that ends in the warm-up and is not opened anew counts here.
	Refused map[string]uint64 `json:"refused,omitempty"`
	Closed  map[string]uint64 `json:"closed,omitempty"`
	// Unexpected counts messages that were not as they were expected, by class: they are not
	// measured.
	Unexpected map[string]uint64 `json:"unexpected,omitempty"`
	// Examples holds the first of each class of the above and of Errors, without secrets.
	Examples map[string]string `json:"examples,omitempty"`
	// Reopened counts streams opened anew after they broke or ended, and Unopened those that
	// could never be opened.
	Reopened uint64 `json:"reopened,omitempty"`
	Unopened uint64 `json:"unopened,omitempty"`
	// Completed counts those of Closed that ended after they had brought messages, without an
	// error: how a server works that ends its stream after each answer.
	Completed uint64 `json:"completed,omitempty"`
	// AllSent and AllReceived count the messages of all phases together, each once.
	AllSent     uint64 `json:"all_sent,omitempty"`
	AllReceived uint64 `json:"all_received,omitempty"`
	// After counts messages that a server sent by itself when the repetition was over and its
	// streams were not closed yet: it is part of no other figure.
	After uint64 `json:"after,omitempty"`
	// Unmatched counts messages that are the reply to none, such as heartbeats and broadcasts, by
	// when they came: they are no failures. UnmatchedKinds has them by kind, the most frequent
	// first; messages of kinds beyond the tenth are in Unmatched alone.
	Unmatched      uint64          `json:"unmatched,omitempty"`
	UnmatchedKinds []UnmatchedKind `json:"unmatched_examples,omitempty"`
	// Surplus counts the unmatched messages that came after the first message was sent while
	// replies were matched by their order: each may have taken the place of a reply.
	Surplus uint64 `json:"surplus,omitempty"`
	// SenderExcluded says that the server sends a publisher's messages to all streams but the
	// publisher's own, which therefore is no receiver here.
	SenderExcluded bool `json:"sender_excluded,omitempty"`
}

// Arrivals are what is known of a stream whose server sends by itself.
type Arrivals struct {
	// Gap is the time between two arrivals on a stream, also if it broke and was reopened between
	// them, First from its opening to the first. A silence that goes on when the steady phase ends
	// is a gap of that length if it is longer than all before.
	Gap   Histogram `json:"gap_ns"`
	First Histogram `json:"first_ns"`
	// Untimed counts the streams whose first message may have come before receiving began, which
	// is once all are open, so that First has no time of it. Silent counts those that were open
	// and on which no message came.
	Untimed uint64 `json:"first_untimed,omitempty"`
	Silent  uint64 `json:"silent_streams,omitempty"`
	// Stalls counts the times in which nothing came of a stream for StallAfter, Longest is the
	// longest silence.
	Stalls     uint64        `json:"stalls"`
	StallAfter time.Duration `json:"stall_after_ns"`
	Longest    time.Duration `json:"longest_ns"`
	// Stamped counts the messages with a stamp of the server's, apart from the one before, and
	// Bunched those of them that came together with it although they were stamped apart:
	// something on the way holds messages back.
	Stamped uint64 `json:"stamped,omitempty"`
	Bunched uint64 `json:"bunched,omitempty"`
	// Bound is how far the server's clock may be from this machine's, resolution of the stamp
	// included; negative: not known. Refused says why there are no one-way times, if so.
	Bound   time.Duration `json:"clock_bound_ns,omitempty"`
	Refused string        `json:"one_way_refused,omitempty"`
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

// An Outcome is what became of a threshold.
type Outcome struct {
	Text  string `json:"text"`
	Holds bool   `json:"holds"`
	// Where is the first window in which it does not hold, if it is one of windows.
	Where string `json:"where,omitempty"`
	// Error is why it could not be evaluated, such as a figure that was not measured; empty if
	// it could.
	Error string `json:"error,omitempty"`
	// Observed are the values that it was held against, in windows those of the window that
	// fails, or of the worst.
	Observed []Observed `json:"observed,omitempty"`
	// Worse says which values of the first one observed are worse: 1 the higher, -1 the
	// lower; 0: not known.
	Worse int `json:"worse,omitempty"`
	// CountsOnly says that it is about counts alone, which stand even if the times of the
	// repetition do not.
	CountsOnly bool `json:"counts_only,omitempty"`
}

// An Observed is the value of one figure of a threshold.
type Observed struct {
	Metric string `json:"metric"` // as the threshold has it, such as p(99)
	Value  Number `json:"value"`
	// AtMost says that the value is an upper bound: it has the generator's own lateness in it.
	AtMost bool `json:"at_most,omitempty"`
	// Unit is ns, messages/s, bytes, messages, errors, or empty for a ratio.
	Unit string `json:"unit,omitempty"`
	// Parts breaks down a count of several kinds: 6 messages failed, 2 streams broke.
	Parts string `json:"parts,omitempty"`
}
