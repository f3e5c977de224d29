package metric

import (
	"rtbench/proto/quantity"
	"rtbench/report/result"
)

// Quantities of claims, which conditions do not know.
var (
	BothCPU = quantity.Quantity{Name: "cpu", Dimension: quantity.Time}
	PerCPU  = quantity.Quantity{Name: "per_cpu", Dimension: quantity.Rate, Higher: true}
)

// Table lists the metrics in the order of columns.
var Table = []Metric{
	response(50, "response_p50_ns", "p50-ns", Main|Precision|History|Compare|Curve|Gate),
	response(90, "response_p90_ns", "p90-ns", Main|Curve|GateOnRequest),
	response(99, "response_p99_ns", "p99-ns", Main|Precision|History|Compare|Curve|GateOnRequest),
	response(99.9, "response_p999_ns", "p99.9-ns", Main|Curve),
	response(99.99, "", "", Curve),
	response(result.Maximum, "response_max_ns", "", Main|Curve),
	service(50, "service_p50_ns"),
	service(99, "service_p99_ns"),
	lag(50, ""),
	lag(99, "lag_p99_ns"),
	{
		Quantity: timed("client time"), Label: "client's own part of the response time", CSV: "client_time_ns",
		of: simple((*result.Repetition).ClientTime),
	},
	{
		Quantity: quantity.Throughput, Head: "msg/s", Label: "messages/s", CSV: "throughput_per_s", Bench: "msg/s",
		Views: Main | Precision | History | Compare | Cost | Gate, Imposed: true, of: simple((*result.Repetition).Throughput),
		least: func(c result.Config, r *result.Repetition) float64 { return r.LeastThroughput(r.Streams(c)) },
	},
	{
		Quantity: quantity.ServerCPU, Head: "server CPU/msg", Label: "server CPU per message",
		CSV: "server_cpu_ns_per_message", Bench: "server-cpu-ns/msg", Views: Main | Precision | History | Compare | Cost | Gate,
		of: simple(func(r *result.Repetition) float64 { return r.CPUPerMessage(r.Server) }), Missing: serverUnknown,
	},
	{
		Quantity: quantity.ClientCPU, Head: "client CPU/msg", Label: "client CPU per message",
		CSV: "client_cpu_ns_per_message", Bench: "client-cpu-ns/msg", Views: Main | Precision | Compare | Cost,
		of: simple(func(r *result.Repetition) float64 { return r.CPUPerMessage(r.Client) }),
	},
	{
		Quantity: BothCPU, Label: "CPU per message at both ends",
		of: simple(func(r *result.Repetition) float64 { return r.CPUPerMessage(r.Server) + r.CPUPerMessage(r.Client) }),
	},
	{
		Quantity: PerCPU, Label: "messages per server CPU-second",
		of: simple(func(r *result.Repetition) float64 { return 1e9 / r.CPUPerMessage(r.Server) }),
	},
	{
		Quantity: quantity.WireBytes, Head: "wire B/msg", Label: "wire bytes per message",
		CSV: "wire_bytes_per_message", Bench: "wire-B/msg", Views: Main | Compare | Cost,
		of: simple((*result.Repetition).WireBytesPerMessage), format: result.Count,
	},
	memory("server memory", false, server, result.Bytes, residentMemory, Cost),
	memory("client memory", false, client, result.Bytes, residentMemory, Cost),
	memory("server B/stream", true, server, result.Count, memoryPerStream, Main),
	memory("client B/stream", true, client, result.Count, memoryPerStream, Main),
	memory("server memory per connection", true, server, result.Bytes, memoryPerConnection, Cost),
	memory("client memory per connection", true, client, result.Bytes, memoryPerConnection, Cost),
	count(inFiles("planned"), nil, func(n result.Counters) uint64 { return n.Planned }),
	count(inFiles("due"), nil, func(n result.Counters) uint64 { return n.Due }),
	count(quantity.Sent, nil, func(n result.Counters) uint64 { return n.Sent }),
	count(quantity.NotSent, noneDue, func(n result.Counters) uint64 { return n.NotSent }),
	{Quantity: quantity.Received, CSV: "recorded", of: simple(func(r *result.Repetition) float64 { return float64(r.Counters.Recorded) })},
	count(quantity.Lost, noneDue, func(n result.Counters) uint64 { return n.Lost }),
	count(inFiles("error_replies"), nil, func(n result.Counters) uint64 { return n.ErrorReplies }),
	count(quantity.Failed, noneDue, func(n result.Counters) uint64 { return n.Failed }),
	{
		Quantity: quantity.FailedRate, CSV: "failed_rate", Bench: "failed/msg", of: simple((*result.Repetition).FailedRate),
		Missing: noneDue,
	},
	count(quantity.Errors, nothingHappened, result.Counters.ErrorCount),
	count(quantity.Duplicates, noneDue, func(n result.Counters) uint64 { return n.Duplicates }),
	count(quantity.OutOfOrder, noneDue, func(n result.Counters) uint64 { return n.OutOfOrder }),
	count(quantity.Corrupt, noneDue, func(n result.Counters) uint64 { return n.Corrupt }),
	count(quantity.Dropped, dropsUnknown, func(n result.Counters) uint64 { return n.Dropped }),
	count(inFiles("clamped"), nil, func(n result.Counters) uint64 { return n.Clamped }),
	count(inFiles("reopened"), nil, func(n result.Counters) uint64 { return n.Reopened }),
	count(inFiles("unopened"), nil, func(n result.Counters) uint64 { return n.Unopened }),
	count(inFiles("unmatched"), nil, func(n result.Counters) uint64 { return n.Unmatched }),
	count(inFiles("after"), nil, func(n result.Counters) uint64 { return n.After }),
	arrivals("first_p50_ns", "first message p50", quantity.Time, func(a *result.Arrivals) float64 { return result.Nanoseconds(a.First.Percentile(50)) }),
	arrivals("first_p99_ns", "first message p99", quantity.Time, func(a *result.Arrivals) float64 { return result.Nanoseconds(a.First.Percentile(99)) }),
	arrivals("first_max_ns", "first message max", quantity.Time, func(a *result.Arrivals) float64 { return nonZero(a.First.Max()) }),
	gap(50, "gap_p50_ns"),
	gap(99, "gap_p99_ns"),
	gap(result.Maximum, "gap_max_ns"),
	arrivals("stalls", "stalls", quantity.Count, func(a *result.Arrivals) float64 { return float64(a.Stalls) }),
	arrivals("longest_silence_ns", "longest silence", quantity.Time, func(a *result.Arrivals) float64 { return nonZero(a.Longest) }),
	arrivals("stamped", "", quantity.Count, func(a *result.Arrivals) float64 { return float64(a.Stamped) }),
	arrivals("bunched", "", quantity.Count, func(a *result.Arrivals) float64 { return float64(a.Bunched) }),
	answers("requests", quantity.Count, func(a *result.Answers) float64 { return float64(a.Requests) }),
	answers("answers_ended", quantity.Count, func(a *result.Answers) float64 { return float64(a.Ended) }),
	answers("answers_cut_off", quantity.Count, func(a *result.Answers) float64 { return float64(a.CutOff) }),
	answers("requests_refused", quantity.Count, func(a *result.Answers) float64 { return float64(a.Refused) }),
	answers("requests_waited", quantity.Count, func(a *result.Answers) float64 { return float64(a.Waited) }),
	answers("ttft_p50_ns", quantity.Time, func(a *result.Answers) float64 { return result.Nanoseconds(a.First.Percentile(50)) }),
	answers("ttft_p99_ns", quantity.Time, func(a *result.Answers) float64 { return result.Nanoseconds(a.First.Percentile(99)) }),
	answers("itl_p50_ns", quantity.Time, func(a *result.Answers) float64 { return result.Nanoseconds(a.Between.Percentile(50)) }),
	answers("itl_p99_ns", quantity.Time, func(a *result.Answers) float64 { return result.Nanoseconds(a.Between.Percentile(99)) }),
	answers("tpot_p50_ns", quantity.Time, func(a *result.Answers) float64 { return result.Nanoseconds(a.PerToken.Percentile(50)) }),
	answers("answer_p50_ns", quantity.Time, func(a *result.Answers) float64 { return result.Nanoseconds(a.Whole.Percentile(50)) }),
	answers("answer_p99_ns", quantity.Time, func(a *result.Answers) float64 { return result.Nanoseconds(a.Whole.Percentile(99)) }),
	count(inFiles("published"), nil, func(n result.Counters) uint64 { return n.Published }),
	connecting(50, "connect", "connect_p50_ns", Connecting|ConnectingBriefly, func(c *result.Connecting) result.Histogram { return c.Time }),
	connecting(99, "connect", "connect_p99_ns", Connecting|ConnectingBriefly, func(c *result.Connecting) result.Histogram { return c.Time }),
	connecting(result.Maximum, "connect", "connect_max_ns", Connecting, func(c *result.Connecting) result.Histogram { return c.Time }),
	connecting(50, "TCP", "connect_tcp_p50_ns", Connecting, func(c *result.Connecting) result.Histogram { return c.TCP }),
	connecting(50, "TLS", "connect_tls_p50_ns", Connecting, func(c *result.Connecting) result.Histogram { return c.TLS }),
	connecting(50, "upgrade", "connect_upgrade_p50_ns", Connecting, func(c *result.Connecting) result.Histogram { return c.Upgrade }),
	connecting(99, "lag", "connect_lag_p99_ns", Connecting, func(c *result.Connecting) result.Histogram { return c.Lag }),
	untilOpen(50, "open_50_ns"),
	untilOpen(99, "open_99_ns"),
	untilOpen(100, "open_100_ns"),
	oneWay(50, "one_way_p50_ns"),
	oneWay(99, "one_way_p99_ns"),
	oneWay(result.Maximum, "one_way_max_ns"),
}
