package result

import (
	"math"
	"reflect"
	"strings"
)

// Counters counts the messages and streams of one phase; a Repetition's Counters are of the steady
// phase. A message counts in the phase in which it was due, whenever it arrives. Due = Recorded +
// Failed, and Failed = NotSent + Lost + ErrorReplies. In a fan-out they count deliveries, one per
// receiver, and Published counts messages.
type Counters struct {
	Planned uint64 `json:"planned"` // due by the schedule; 0 in a closed loop
	// Due counts the messages to be sent and answered: those planned, or those attempted in a
	// closed loop. Of unsolicited messages, it counts those known.
	Due  uint64 `json:"due"`
	Sent uint64 `json:"sent"`
	// Published counts the messages that the client published in a fan-out.
	Published uint64 `json:"published,omitempty"`
	// NotSent counts messages that never left the client: no stream was open, sending failed, or
	// the server stopped reading.
	NotSent  uint64 `json:"not_sent"`
	Recorded uint64 `json:"recorded"` // received as expected, and measured
	// Arrived counts the messages that arrived in the steady phase, whenever they were sent, of a flood: a
	// sender that sends as fast as the stream accepts messages, many of which wait in buffers on their
	// way. It is 0 otherwise.
	Arrived uint64 `json:"arrived,omitempty"`
	Lost    uint64 `json:"lost"` // sent but never answered
	// ErrorReplies counts messages answered by an error, such as a gRPC or HTTP status, or by a
	// reply that is corrupt or violates expect.
	ErrorReplies uint64 `json:"error_replies"`
	Failed       uint64 `json:"failed"`
	Duplicates   uint64 `json:"duplicates"`
	OutOfOrder   uint64 `json:"out_of_order"`
	Corrupt      uint64 `json:"corrupt"` // also in ErrorReplies unless an intact reply followed
	Clamped      uint64 `json:"clamped"` // outside the range of the histogram
	Dropped      uint64 `json:"dropped"` // by the server, because a subscriber's queue was full
	// Waited counts planned messages sent late or never because the server had not accepted the
	// previous ones on the stream.
	Waited uint64 `json:"waited,omitempty"`
	// NotAttempted counts planned messages that the generator did not try to send although their
	// stream was open and writable.
	NotAttempted uint64 `json:"not_attempted,omitempty"`
	// Errors counts broken streams by error class.
	Errors map[string]uint64 `json:"errors,omitempty"`
	// Refused counts failed attempts to open a stream, by class. Closed counts streams that the
	// server closed normally, by class; one that ended during warm-up and was not reopened is
	// included. Refused, Closed and the fields below are set for custom targets only.
	Refused map[string]uint64 `json:"refused,omitempty"`
	Closed  map[string]uint64 `json:"closed,omitempty"`
	// Unexpected counts messages that were not as expected, by class. They are not measured.
	Unexpected map[string]uint64 `json:"unexpected,omitempty"`
	// Examples holds the first example of each class in Errors, Refused, Closed and Unexpected,
	// with secrets removed.
	Examples map[string]string `json:"examples,omitempty"`
	// Reopened counts streams reopened after they broke or ended. Unopened counts streams that
	// could never be opened.
	Reopened uint64 `json:"reopened,omitempty"`
	Unopened uint64 `json:"unopened,omitempty"`
	// Completed counts the streams in Closed that ended without an error after delivering messages.
	// Some servers end the stream after each reply.
	Completed uint64 `json:"completed,omitempty"`
	// AllSent and AllReceived count the messages of all phases.
	AllSent     uint64 `json:"all_sent,omitempty"`
	AllReceived uint64 `json:"all_received,omitempty"`
	// After counts unsolicited messages received between the end of the repetition and the closing
	// of its streams. No other counter includes them.
	After uint64 `json:"after,omitempty"`
	// Unmatched counts messages that answer no request, such as heartbeats and broadcasts, in the
	// phase in which they arrived. They are not failures. UnmatchedKinds breaks them down, most
	// frequent first; after ten kinds, further ones count in Unmatched only.
	Unmatched      uint64          `json:"unmatched,omitempty"`
	UnmatchedKinds []UnmatchedKind `json:"unmatched_examples,omitempty"`
	// Surplus counts unmatched messages received after the first request while replies are matched
	// by order. Each may have been mistaken for a reply.
	Surplus uint64 `json:"surplus,omitempty"`
	// Ignored counts messages that the scenario's key ignore names, Answers and Heartbeats the messages that its
	// keys answers and heartbeat sent, in the phase in which they arrived or were sent. They are not measured.
	Ignored    uint64 `json:"ignored,omitempty"`
	Answers    uint64 `json:"answers,omitempty"`
	Heartbeats uint64 `json:"heartbeats,omitempty"`
	// SenderExcluded reports that the server does not send a publisher its own messages, so
	// publishers do not count as receivers.
	SenderExcluded bool `json:"sender_excluded,omitempty"`
}

// ErrorCount counts failed messages, broken streams, failed attempts to open a stream, and streams
// that could never be opened. A normal close by the server is not an error.
func (n Counters) ErrorCount() uint64 {
	return n.Failed + total(n.Errors) + total(n.Refused) + n.Unopened
}

// EndedCount counts the streams that broke or that the server closed, as often as they did.
func (n Counters) EndedCount() uint64 { return total(n.Errors) + total(n.Closed) }

// ErrorParts breaks ErrorCount down; it is empty if the count is 0.
func (n Counters) ErrorParts() string {
	var parts []string
	for _, e := range []struct {
		n          uint64
		noun, verb string
	}{
		{n.Failed, "message", " failed"},
		{total(n.Errors), "stream", " broke"},
		{total(n.Refused), "attempt", " to open a stream failed"},
		{n.Unopened, "stream", " could never be opened"},
	} {
		if e.n > 0 {
			parts = append(parts, Plural(e.n, e.noun)+e.verb)
		}
	}
	return strings.Join(parts, ", ")
}

// FailedRate returns the share of due messages that failed, from 0 to 1; NaN if none was due.
func (n Counters) FailedRate() float64 {
	if n.Due == 0 {
		return math.NaN()
	}
	return float64(n.Failed) / float64(n.Due)
}

// AllPhases returns the sum of the counters of all phases. Results use the steady phase only;
// reasons about streams, and the comparison with a server's own counts, use all phases.
func (r *Repetition) AllPhases() Counters {
	all := []Counters{r.Counters}
	for _, n := range r.OtherPhases.All() {
		all = append(all, *n)
	}
	return Sum(all...)
}

// Sum adds counters. It keeps the examples of the first ones.
func Sum(all ...Counters) (sum Counters) {
	for i, n := range all {
		if i == 0 {
			sum.Examples, sum.SenderExcluded = n.Examples, n.SenderExcluded
		}
		into, from := reflect.ValueOf(&sum).Elem(), reflect.ValueOf(n)
		for f := range from.NumField() {
			switch v := from.Field(f).Interface().(type) {
			case uint64:
				into.Field(f).SetUint(into.Field(f).Uint() + v)
			case map[string]uint64:
				addClasses(into.Field(f).Addr().Interface().(*map[string]uint64), v)
			}
		}
	}
	sum.UnmatchedKinds = UnmatchedKinds(all...)
	return sum
}

func addClasses(into *map[string]uint64, from map[string]uint64) {
	for class, n := range from {
		if *into == nil {
			*into = map[string]uint64{}
		}
		(*into)[class] += n
	}
}
