package cell

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"rtbench/scenarios/spec"
)

// SegmentSize is the number of bytes that an emulated network holds up together: the payload of a TCP
// segment with timestamps on Ethernet.
const SegmentSize = 1448

// DefaultStall is the length of a stall if Network.Stall is 0: the shortest retransmission timeout of
// Linux.
const DefaultStall = 200 * time.Millisecond

// A Network is a network emulated between client and server. It shapes the byte stream of each connection,
// in both directions alike, and loses and reorders nothing. The zero value changes nothing.
type Network struct {
	Delay     time.Duration `json:"delay_ns,omitempty"`
	Jitter    time.Duration `json:"jitter_ns,omitempty"` // the most that is added to Delay
	Bandwidth float64       `json:"bandwidth,omitempty"` // bytes/s of a connection; 0: no limit
	// Stalls is the probability that a segment, and all bytes after it, arrive late by Stall.
	Stalls float64       `json:"stalls,omitempty"`
	Stall  time.Duration `json:"stall_ns,omitempty"`
	// Resets is the mean time until a connection is reset, exponentially distributed; 0: never.
	Resets time.Duration `json:"resets_ns,omitempty"`
}

// Emulated reports whether the network changes anything.
func (n Network) Emulated() bool {
	n.Stall = 0
	return n != Network{}
}

// NetworkText describes the emulated network by its keys, as in "delay=20ms stalls=0.1%", with those that are
// axes even if they change nothing; empty without one.
func (c Config) NetworkText() string {
	n := c.Network
	var keys []string
	add := func(name string, changes bool, value string) {
		if changes || strings.Contains(c.Axes, name+"=") {
			keys = append(keys, name+"="+value)
		}
	}
	add("delay", n.Delay > 0, n.Delay.String())
	add("jitter", n.Jitter > 0, n.Jitter.String())
	add("bandwidth", n.Bandwidth > 0, spec.FormatByteRate(n.Bandwidth))
	add("stalls", n.Stalls > 0, formatShare(n.Stalls))
	add("stall", n.Stalls > 0 && n.Stall > 0, n.Stall.String())
	add("resets", n.Resets > 0, n.Resets.String())
	return strings.Join(keys, " ")
}

// Netem returns the commands that emulate such a network in the kernel, with lost packets, on loopback;
// empty if there are none.
func (n Network) Netem() string {
	var b strings.Builder
	if n.Delay > 0 || n.Jitter > 0 {
		fmt.Fprintf(&b, " delay %v", n.Delay+n.Jitter/2)
		if n.Jitter > 0 {
			fmt.Fprintf(&b, " %v", n.Jitter/2)
		}
	}
	if n.Stalls > 0 {
		fmt.Fprintf(&b, " loss %s", formatShare(n.Stalls))
	}
	if n.Bandwidth > 0 {
		fmt.Fprintf(&b, " rate %.0fbit", 8*n.Bandwidth)
	}
	if b.Len() == 0 {
		return ""
	}
	return "tc qdisc add dev lo root netem" + b.String() + "; afterwards tc qdisc del dev lo root"
}

func formatShare(share float64) string {
	return strconv.FormatFloat(float64(float32(100*share)), 'g', -1, 32) + "%"
}

var shareKind = spec.Kind[float64]{
	Expected: "a share such as 0.1%, up to 50%",
	Allowed:  []spec.Limits{{Type: "string", Pattern: `^\d+(\.\d+)?%$`}},
	Parse: func(s string) (float64, bool) {
		number, isShare := strings.CutSuffix(s, "%")
		v, err := strconv.ParseFloat(number, 64)
		return v / 100, isShare && err == nil && v >= 0 && v <= 50 && !strings.ContainsAny(number, "xXeEpP_+-")
	},
	Hint: func(s string) string {
		if v, err := strconv.ParseFloat(s, 64); err == nil && v > 0 && v <= 0.5 {
			return fmt.Sprintf("; did you mean %s?", formatShare(v))
		}
		return ""
	},
}

func (c *Config) networkKey() spec.Key {
	n := &c.Network
	without := func(wrong func() bool, key string) []spec.Conflict {
		return []spec.Conflict{spec.When(wrong, " without "+key+"; expected "+key+" with it")}
	}
	return spec.Key{
		Name: "network", Also: "net impairment impairments latency netem emulate emulation", Example: "# {delay: 20ms}",
		Conflicts: []spec.Conflict{
			spec.When(func() bool { return n.Emulated() && c.Read.Slow() }, " with read: the buffers of the emulated network would hide the slow reader from the server; expected one of them"),
		},
		Value: spec.Section(
			spec.Key{Name: "delay", Also: "latency one_way", Value: spec.Axis(&n.Delay, spec.Duration(0)), Default: "0s", Example: "[0ms, 20ms]", Doc: "An axis: how long bytes take each way; half a round trip. Connecting takes one round trip more."},
			spec.Key{Name: "jitter", Also: "variation", Value: spec.One(&n.Jitter, spec.Duration(0)), Default: "0s", Example: "5ms", Doc: "The most that is added to the delay, uniformly distributed. The order stays as it is."},
			spec.Key{Name: "bandwidth", Also: "rate throughput speed", Value: spec.Axis(&n.Bandwidth, spec.ByteRate), Example: "1MiB/s", Doc: "An axis: bytes per second of each connection, each way, with framing."},
			spec.Key{
				Name: "stalls", Also: "loss losses lost drop packet_loss", Value: spec.Axis(&n.Stalls, shareKind), Default: "0%", Example: "[0%, 0.1%]",
				Doc: fmt.Sprintf("An axis: the share of segments of up to %d bytes that arrive late by stall, with everything behind them on their connection. So a lost packet looks to a program until TCP has sent it again; other streams of the connection wait as well (head-of-line blocking).", SegmentSize),
			},
			spec.Key{Name: "stall", Also: "recovery rto timeout", Value: spec.One(&n.Stall, spec.Duration(time.Millisecond)), Example: "50ms", Doc: "How long a stall lasts. Default 200ms, the shortest retransmission timeout of Linux."},
			spec.Key{
				Name: "resets", Also: "reset disconnects mtbf", Value: spec.One(&n.Resets, spec.Duration(time.Millisecond)), Example: "30s",
				Conflicts: without(func() bool { return n.Resets > 0 && c.API != Custom }, "api: custom"),
				Doc:       "Mean time until a connection is reset, exponentially distributed. With api: custom, whose streams can be reopened.",
			},
		),
		Doc: "An emulated network between client and server, the same for all protocols: a relay process on the client's machine, through which all connections go, delays and holds up their bytes. It shapes byte streams: TCP sees no lost packet (for those, the report prints a tc command). Its lateness is reported. Default: none.",
	}
}
