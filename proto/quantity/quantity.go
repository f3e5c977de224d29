// Package quantity names what rtbench measures. Scenarios use the names in conditions, results and
// reports in files and tables; the scenario language and the file format do not know each other.
package quantity

import (
	"slices"
	"strings"
)

// A Dimension says which values can be compared.
type Dimension string

// The dimensions. Times are in nanoseconds, rates in messages per second.
const (
	Time  Dimension = "time"
	Rate  Dimension = "rate"
	Bytes Dimension = "bytes"
	Count Dimension = "count"
	Ratio Dimension = "ratio"
)

// A Quantity is a name with the properties of its values.
type Quantity struct {
	Name      string
	Dimension Dimension
	// Distribution reports that a condition names a percentile above 0 and at most 100, as in p(99).
	Distribution bool
	// Window reports that it is known for a part of the steady phase, and Live that it is known
	// during that phase.
	Window, Live bool
	// Higher reports that more is better.
	Higher bool
	// About defines it for the manual, and Synonyms are words that are suggested to mean it,
	// separated by spaces; empty if the name suffices.
	About, Synonyms string
}

// Unit returns the unit of stored values: ns, messages/s, bytes, messages or errors; empty for a
// ratio.
func (q Quantity) Unit() string {
	if q == Errors {
		return "errors"
	}
	return map[Dimension]string{Time: "ns", Rate: "messages/s", Bytes: "bytes", Count: "messages"}[q.Dimension]
}

// The quantities of conditions. In push and fan-out, response times are delivery times. The counts
// are of the messages due in the steady phase.
var (
	Response = Quantity{
		Name: "p", Dimension: Time, Distribution: true, Window: true, Live: true,
		Synonyms: "response latency rtt percentile delivery median",
	}
	Service    = Quantity{Name: "service", Dimension: Time, Distribution: true, Live: true} // received − sent
	Lag        = Quantity{Name: "lag", Dimension: Time, Distribution: true, Live: true}     // sent − intended
	Max        = Quantity{Name: "max", Dimension: Time, Window: true, Live: true}           // response time
	Mean       = Quantity{Name: "mean", Dimension: Time, Window: true, Live: true}          // response time
	Throughput = Quantity{Name: "throughput", Dimension: Rate, Window: true, Higher: true, Synonyms: "rate rps qps"}
	Sent       = Quantity{Name: "sent", Dimension: Count}
	NotSent    = Quantity{Name: "not_sent", Dimension: Count} // never sent
	Received   = Quantity{Name: "received", Dimension: Count, Window: true, Synonyms: "delivered messages"}
	Lost       = Quantity{Name: "lost", Dimension: Count, Synonyms: "loss missing"} // sent without a reply
	// Failed counts unsuccessful messages, each once.
	Failed     = Quantity{Name: "failed", Dimension: Count, Live: true, About: "not sent, lost, error reply or violation of expect"}
	FailedRate = Quantity{
		Name: "failed_rate", Dimension: Ratio, Live: true,
		About: "failed share of the messages due, 0 to 1; in a closed loop and with push not usable if streams were closed or waited for lost replies for more than 1 % of the steady phase",
	}
	Duplicates = Quantity{Name: "duplicates", Dimension: Count}
	OutOfOrder = Quantity{Name: "out_of_order", Dimension: Count}
	Corrupt    = Quantity{Name: "corrupt", Dimension: Count}
	Dropped    = Quantity{Name: "dropped", Dimension: Count} // by the server: queue full
	Errors     = Quantity{
		Name: "errors", Dimension: Count, Live: true,
		About: "failed messages, and streams broken or not opened", Synonyms: "error failures failed",
	}
	// Per message.
	ServerCPU = Quantity{Name: "server_cpu", Dimension: Time, Synonyms: "cpu"}
	ClientCPU = Quantity{Name: "client_cpu", Dimension: Time}
	WireBytes = Quantity{Name: "wire_bytes", Dimension: Bytes}
	// Of answers to requests.
	TTFT = Quantity{
		Name: "ttft", Dimension: Time, Distribution: true, About: "of answers: from when a request was due to its first token",
		Synonyms: "time_to_first_token first_token",
	}
	ITL    = Quantity{Name: "itl", Dimension: Time, Distribution: true, About: "between two tokens", Synonyms: "inter_token_latency"}
	TPOT   = Quantity{Name: "tpot", Dimension: Time, Distribution: true, About: "its mean in an answer", Synonyms: "time_per_output_token"}
	Answer = Quantity{
		Name: "answer", Dimension: Time, Distribution: true, About: "from when a request was due to the end of its answer",
		Synonyms: "whole_answer e2e e2el end_to_end",
	}
	TokenRate = Quantity{
		Name: "token_rate", Dimension: Rate, Higher: true, About: "tokens per second of an answer: 1 / tpot(50)",
		Synonyms: "tokens_per_second tokens tps",
	}
)

// Answers lists the quantities that only pattern generate has.
var Answers = []Quantity{TTFT, ITL, TPOT, Answer, TokenRate}

// All lists the quantities of conditions, in the order of the manual.
var All = []Quantity{
	Response, Service, Lag, Max, Mean, Throughput, Sent, NotSent, Received, Lost, Failed, FailedRate,
	Duplicates, OutOfOrder, Corrupt, Dropped, Errors, ServerCPU, ClientCPU, WireBytes,
	TTFT, ITL, TPOT, Answer, TokenRate,
}

// Named returns the quantity with that name in All.
func Named(name string) (Quantity, bool) {
	i := slices.IndexFunc(All, func(q Quantity) bool { return q.Name == name })
	if i < 0 {
		return Quantity{}, false
	}
	return All[i], true
}

// A Value is the value of a quantity, or the reason why there is none.
type Value struct {
	Number float64
	// Missing is the reason why it was not measured; empty if it was.
	Missing string
	// Unusable is the reason why Number cannot be relied on; empty if it can. AtMost then reports
	// that Number is an upper bound, and Low is the lower one, NaN if there is none.
	Unusable string
	AtMost   bool
	Low      float64
}

// A Source returns the value of a quantity, at that percentile if it is a distribution.
type Source func(q Quantity, percentile float64) Value

// UnitOf returns the dimension of a Prometheus metric by its name, which ends in its unit (naming conventions of
// Prometheus): Time, Bytes, or Count for all others.
func UnitOf(metric string) Dimension {
	name := strings.TrimSuffix(strings.TrimSuffix(metric, "_total"), "_sum")
	switch {
	case strings.HasSuffix(name, "_seconds"):
		return Time
	case strings.HasSuffix(name, "_bytes"):
		return Bytes
	}
	return Count
}
