package result

import (
	"maps"
	"math"
	"sort"
	"strings"
)

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

// ErrorCount counts failed messages, broken streams, failed attempts to open a stream, and
// streams that could never be opened. A stream that the server closes normally is no error.
func (n Counters) ErrorCount() uint64 {
	return n.Failed + total(n.Errors) + total(n.Refused) + n.Unopened
}

// ErrorParts breaks ErrorCount down; empty if it is 0.
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

// FailedRate is the share of the messages due that failed, from 0 to 1; NaN if none was due.
func (n Counters) FailedRate() float64 {
	if n.Due == 0 {
		return math.NaN()
	}
	return float64(n.Failed) / float64(n.Due)
}

// AllPhases returns the counters of all phases together. Reasons about streams use it, and the
// comparison with a server's own counts; results are of the steady phase alone.
func (r *Repetition) AllPhases() Counters {
	sum := r.Counters
	sum.Errors, sum.Refused = maps.Clone(sum.Errors), maps.Clone(sum.Refused)
	sum.Closed, sum.Unexpected = maps.Clone(sum.Closed), maps.Clone(sum.Unexpected)
	for _, o := range []*Counters{r.OtherPhases.Connect, r.OtherPhases.Warmup, r.OtherPhases.Drain} {
		if o != nil {
			sum.add(o)
		}
	}
	return sum
}

// add adds the counts of another phase.
func (n *Counters) add(o *Counters) {
	for _, c := range []struct {
		into *uint64
		n    uint64
	}{
		{&n.Planned, o.Planned},
		{&n.Due, o.Due},
		{&n.Sent, o.Sent},
		{&n.Published, o.Published},
		{&n.NotSent, o.NotSent},
		{&n.Recorded, o.Recorded},
		{&n.Lost, o.Lost},
		{&n.ErrorReplies, o.ErrorReplies},
		{&n.Failed, o.Failed},
		{&n.Duplicates, o.Duplicates},
		{&n.OutOfOrder, o.OutOfOrder},
		{&n.Corrupt, o.Corrupt},
		{&n.Reopened, o.Reopened},
		{&n.Completed, o.Completed},
		{&n.Unopened, o.Unopened},
		{&n.Unmatched, o.Unmatched},
		{&n.Surplus, o.Surplus},
	} {
		*c.into += c.n
	}
	n.UnmatchedKinds = UnmatchedKinds(*n, *o)
	addClasses(&n.Errors, o.Errors)
	addClasses(&n.Refused, o.Refused)
	addClasses(&n.Closed, o.Closed)
	addClasses(&n.Unexpected, o.Unexpected)
}

func addClasses(into *map[string]uint64, from map[string]uint64) {
	for class, n := range from {
		if *into == nil {
			*into = map[string]uint64{}
		}
		(*into)[class] += n
	}
}

func sortedKeys(m map[string]uint64) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
