package result

import (
	"iter"
	"slices"
	"time"
)

// A Repetition is one run of a cell against a fresh server.
type Repetition struct {
	Index int `json:"index"`
	// Order is the position in the whole run, which shows the interleaving.
	Order   int       `json:"order"`
	Started time.Time `json:"started"`
	Phases  Phases    `json:"phases"`
	// Interrupted reports that the repetition was cut short.
	Interrupted bool `json:"interrupted,omitempty"`
	// Aborted is the threshold that ended the repetition, and the whole run, early.
	Aborted string `json:"aborted,omitempty"`
	// Error is set if the whole repetition failed.
	Error    string   `json:"error,omitempty"`
	Validity Validity `json:"validity"`
	// Response is received − intended: measured at the client for echo, as delivery time for push
	// and fan-out, and at the server for upload.
	Response Histogram `json:"response_ns"`
	// Service is received − sent. Lag is sent − intended.
	Service Histogram `json:"service_ns"`
	Lag     Histogram `json:"lag_ns"`
	// Low bounds from below what Response had been with every message sent on time. It is Service
	// without the queueing that late messages may have caused.
	Low      Histogram  `json:"low_ns,omitzero"`
	Timeline []Interval `json:"timeline,omitempty"`
	// Samples is the resource usage of both sides from the beginning to the end of the steady
	// phase.
	Samples []Sample `json:"samples,omitempty"`
	// Request is the shortest time of a request that sends a message, of streams on which one is under way at a time;
	// 0 on others.
	Request time.Duration `json:"shortest_request_ns,omitempty"`
	// Negotiated is the subprotocol and compression that the target accepted on the first
	// WebSocket.
	Negotiated string `json:"negotiated,omitempty"`
	// Pings describes the pings of the protocol; nil without any, and if the library does not report them.
	Pings *Pings `json:"pings,omitempty"`
	// Connecting describes how the streams were opened; nil if that is unknown.
	Connecting *Connecting `json:"connecting,omitempty"`
	// Joins describes users that come and go; nil if none do.
	Joins *Joins `json:"joins,omitempty"`
	// Storms are the events that ended streams, in the order of time. Missed are the messages that streams
	// missed by them.
	Storms []Storm `json:"storms,omitempty"`
	Missed Missed  `json:"missed,omitzero"`
	// Recovery describes the recovery from an overload; nil without one.
	Recovery *Recovery `json:"recovery,omitempty"`
	// Arrivals describes unsolicited messages of a custom target; otherwise nil.
	Arrivals *Arrivals `json:"arrivals,omitempty"`
	// Answers describes answers to requests, with pattern generate; otherwise nil.
	Answers *Answers `json:"answers,omitempty"`
	// Bursts describes the times within the period of bursts; nil without bursts.
	Bursts *Bursts `json:"bursts,omitempty"`
	// Kinds describes the messages by their names in the scenario, in its order.
	Kinds    []Kind   `json:"kinds,omitempty"`
	Series   Series   `json:"series"`
	Counters Counters `json:"counters"`
	// OtherPhases holds the counters of the other phases.
	OtherPhases OtherPhases `json:"other_phases,omitzero"`
	Server      Resources   `json:"server"`
	Client      Resources   `json:"client"`
	// ServerMetrics are the server's own metrics; nil without any.
	ServerMetrics *ServerMetrics `json:"server_metrics,omitempty"`
	Wire          Wire           `json:"wire"`
	Machine       Machine        `json:"machine,omitzero"`
	// Network describes the relay that emulated the network; nil without one.
	Network *Relay `json:"network,omitempty"`
	// Turns describes the turns in which this load alternated with those of other cells; nil if it ran
	// alone.
	Turns *Turns `json:"turns,omitempty"`
	// Together describes all groups of connections that ran together, if the scenario has groups. Server,
	// Client, Wire and Samples are then of all of them.
	Together *Together `json:"together,omitempty"`
	// StreamTime is the time the streams were at work, in a closed loop or with unsolicited
	// messages.
	StreamTime StreamTime `json:"stream_time,omitzero"`
	// ClientPauses are the generator's pauses of more than 100 ms.
	ClientPauses Pauses `json:"client_pauses,omitzero"`
	// ClientGaps are the ten longest of the generator's shorter pauses.
	ClientGaps []Gap     `json:"client_gaps,omitempty"`
	Thresholds []Outcome `json:"thresholds,omitempty"`
	// Target is the address of its server, if the repetitions of the cell have different ones.
	Target string `json:"target,omitempty"`
	// ServerClock is how the server's clock agrees with the generator's, or with that of the agent with which it
	// agrees least, if the times depend on both; otherwise nil. Bound is negative if it is unknown.
	ServerClock *ClockOffset `json:"server_clock,omitempty"`
	// Agents are the generators, if several ran the repetition together.
	Agents []Agent `json:"agents,omitempty"`
	// Skew is how far apart the agents began; nil without agents.
	Skew *Skew `json:"skew,omitempty"`
	// NotBegun reports that no agent began because one of them could not, or that their coordinator did not begin all
	// events, for the reason in Error.
	NotBegun bool `json:"not_begun,omitempty"`
	// Collected reports that the coordinator of the agents died during the repetition, and that another process
	// collected what they measured. The server's resource use is then unknown.
	Collected bool `json:"collected,omitempty"`
}

// Phases are the actual lengths of the phases.
type Phases struct {
	Connect time.Duration `json:"connect_ns"`
	Warmup  time.Duration `json:"warmup_ns"`
	Steady  time.Duration `json:"steady_ns"`
	Drain   time.Duration `json:"drain_ns"`
}

// An Interval is a slot of the steady phase by time of receipt: one second, or less in a short
// phase. Slots after the steady phase hold late replies.
type Interval struct {
	Start    time.Duration `json:"start_ns"` // since the beginning of the steady phase
	Length   time.Duration `json:"length_ns"`
	Response Histogram     `json:"response_ns"`
}

// A Sample is the cumulative usage and number of messages received at one moment of the steady
// phase. For upload, Recorded counts all messages that the server received.
type Sample struct {
	At       time.Duration `json:"at_ns"`
	Recorded uint64        `json:"recorded"`
	Client   Used          `json:"client"`
	Server   *Used         `json:"server,omitempty"` // nil if unknown
}

// Used is the resource usage of one side.
type Used struct {
	CPU      time.Duration `json:"cpu_ns"` // without the pacers' spinning
	RSSBytes int64         `json:"rss_bytes"`
	GCs      int64         `json:"gcs"`
}

// OtherPhases holds the counters of the phases around the steady one; nil for a phase in which
// nothing happened. Messages count in the phase in which they were due, streams in the phase in
// which they broke or were opened.
type OtherPhases struct {
	Connect *Counters `json:"connect,omitempty"`
	Warmup  *Counters `json:"warmup,omitempty"`
	Drain   *Counters `json:"drain,omitempty"`
}

// All returns the names and counters of the phases in which something happened, in order of time.
func (o OtherPhases) All() iter.Seq2[string, *Counters] {
	return func(yield func(string, *Counters) bool) {
		for _, p := range []struct {
			phase string
			n     *Counters
		}{{"connecting", o.Connect}, {"warm-up", o.Warmup}, {"drain", o.Drain}} {
			if p.n != nil && !yield(p.phase, p.n) {
				return
			}
		}
	}
}

// Resources is the resource usage of one side during the steady phase.
type Resources struct {
	// Known is false if the usage is unknown, such as that of a target without stats.
	Known bool `json:"known"`
	// Source is the origin of the values if they are not from the process itself: pid 123, or the
	// URL of a Prometheus endpoint.
	Source string `json:"source,omitempty"`
	// Receivers are what receives at the generator: "goroutines", one per stream, or "event loops".
	Receivers string `json:"receivers,omitempty"`
	// Late is how long after the beginning and the end of the steady phase the values were read, in
	// total. Above 5 % of the phase they are not reported per message.
	Late time.Duration `json:"late_ns,omitempty"`
	// Received is the number of messages that this side received in the steady phase of a flood, see
	// Counters.Arrived. It is 0 on the side that sends, and otherwise.
	Received uint64        `json:"received,omitempty"`
	CPU      time.Duration `json:"cpu_ns"`
	// Spin is the part of CPU that the pacers spent busy-waiting.
	Spin     time.Duration `json:"spin_ns"`
	RSSBytes int64         `json:"rss_bytes"` // at the end
	// BeforeBytes is the resident memory before streams were opened; 0 if unknown.
	BeforeBytes int64         `json:"rss_before_bytes,omitempty"`
	Goroutines  int64         `json:"goroutines"`
	GCs         int64         `json:"gcs"`
	GCPause     time.Duration `json:"gc_pause_ns"`
	GOGC        int64         `json:"gogc,omitempty"` // in percent
	// Scheduling is the time goroutines were runnable without a thread, GCPauses the length of
	// stop-the-world pauses. Both are of the generator only.
	Scheduling Histogram `json:"scheduling_ns,omitzero"`
	GCPauses   Histogram `json:"gc_pauses_ns,omitzero"`
	// Receiving is the time that data waited in the kernel before the generator read it, and
	// Sending the length of calls that send a message. Both are samples: one read or message in 16.
	// They are of the generator only, and empty if unknown.
	Receiving Histogram `json:"receiving_ns,omitzero"`
	Sending   Histogram `json:"sending_ns,omitzero"`
}

// Turns are those of loads that alternate: only one is at work at a time.
type Turns struct {
	Loads int `json:"loads"`
	// Lead is the first part of a turn, which is not measured, and Window the rest. The steady phase is
	// the sum of the windows.
	Lead   time.Duration `json:"lead_ns"`
	Window time.Duration `json:"window_ns"`
	// InLead counts messages due in a lead. They are in no other count, but used resources.
	InLead uint64 `json:"messages_in_lead"`
}

// Together describes groups that run together.
type Together struct {
	Streams int `json:"streams"` // of all groups
	// Recorded counts the messages measured of all groups.
	Recorded uint64 `json:"recorded"`
}

// AtWork returns the time of the steady phase in which the load was at work, leads included.
func (r *Repetition) AtWork() time.Duration {
	if r.Turns == nil {
		return r.Phases.Steady
	}
	return r.Phases.Steady * (r.Turns.Lead + r.Turns.Window) / r.Turns.Window
}

// wall returns the time from the beginning to the end of the steady phase, the turns of other loads
// included.
func (r *Repetition) wall() time.Duration {
	if r.Turns == nil {
		return r.Phases.Steady
	}
	return r.AtWork() * time.Duration(r.Turns.Loads)
}

// served returns the number of messages that used a side's resources in the steady phase.
func (r *Repetition) served(side Resources) uint64 {
	switch {
	case r.Together != nil:
		return r.Together.Recorded
	case side.Received > 0:
		return side.Received
	case r.Turns != nil:
		return r.Counters.Recorded + r.Turns.InLead
	}
	return r.Counters.Recorded
}

// ServerMessages returns the number of messages that the server handled in the steady phase.
func (r *Repetition) ServerMessages() uint64 { return r.served(r.Server) }

// Streams returns the number of streams that used the resources of a repetition of a cell.
func (r *Repetition) Streams(c Config) int {
	if r.Together != nil {
		return r.Together.Streams
	}
	return c.Connections * c.Streams
}

// Machine is what kept the generator's machine from running threads during the steady phase; 0 if it
// was nothing or is unknown.
type Machine struct {
	// Steal is core time that the hypervisor gave to others.
	Steal time.Duration `json:"steal_ns,omitempty"`
	// Throttled is the time that CPU quotas held back the generator's control group.
	Throttled time.Duration `json:"throttled_ns,omitempty"`
	// Pressure is the time in which any runnable thread waited for a core.
	Pressure time.Duration `json:"pressure_ns,omitempty"`
}

// Wire counts the bytes on the client's connections in the steady phase, including TLS and framing but not
// TCP/IP headers.
type Wire struct {
	SentBytes     uint64 `json:"sent_bytes"`
	ReceivedBytes uint64 `json:"received_bytes"`
}

// NeverOpened reports whether no repetition of the cell could open a stream, and at least one
// tried.
func (c *Cell) NeverOpened() bool {
	opened := func(r *Repetition) bool { return !r.openedNothing() }
	return len(c.Repetitions) > 0 && !slices.ContainsFunc(c.Repetitions, opened)
}

// NothingOpened reports whether the cell's last repetition could not open any stream.
func (c *Cell) NothingOpened() bool {
	n := len(c.Repetitions)
	return n > 0 && c.Repetitions[n-1].openedNothing()
}

func (r *Repetition) openedNothing() bool { return r.Error != "" && r.Counters.Unopened > 0 }
