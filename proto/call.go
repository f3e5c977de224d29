package proto

import (
	"fmt"
	"net/url"
	"strconv"

	"rtbench/proto/pace"
)

// A Call asks the server for one stream. Drivers carry its text form as their protocol
// allows: in the query of a URL, in gRPC metadata, or as the first message.
type Call struct {
	Pattern Pattern
	// Text selects the text form of messages; the zero value is binary.
	Text bool
	// Native encodes messages in text form as the protocol usually does (package codec),
	// in both directions.
	Native bool
	// Size is the length in bytes of a server's message, including its header.
	Size int
	// Profile is the server's message rate over all streams of the run. If it is empty,
	// the server sends as fast as the stream allows.
	Profile  pace.Profile
	Arrivals pace.Arrivals
	Seed     int64
	// Share and Of describe the stream's part of the profile: it is stream Share, counted
	// from 0, of Of streams.
	Share, Of int
	// Origin is time 0 of the profile. The steady phase is [SteadyFrom, SteadyTo). All
	// are in nanoseconds of clock.Now.
	Origin, SteadyFrom, SteadyTo int64
	// Topic is the topic that a Fanout stream subscribes to.
	Topic string
	// Fault makes the server misbehave on this stream; see server.ParseFault. The load
	// generator never sets it.
	Fault string
}

// MaxSize is the longest accepted message in bytes.
const MaxSize = 1 << 20

// maxFault is the longest Fault in bytes.
const maxFault = 256

// BenchPath is the path of the reference API in protocols over HTTP; the query is the Call.
const BenchPath = "/bench"

// MetadataKey is the gRPC metadata key that carries a Call.
const MetadataKey = "rtbench-call"

// Encode returns c as a URL query.
func (c Call) Encode() string {
	v := url.Values{}
	set := func(key, value string, isZero bool) {
		if !isZero {
			v.Set(key, value)
		}
	}
	number := func(key string, n int64) { set(key, strconv.FormatInt(n, 10), n == 0) }
	set("pattern", string(c.Pattern), c.Pattern == "")
	set("text", "1", !c.Text)
	set("native", "1", !c.Native)
	number("size", int64(c.Size))
	set("profile", c.Profile.String(), len(c.Profile) == 0)
	set("arrivals", string(c.Arrivals), c.Arrivals == "")
	number("seed", c.Seed)
	number("share", int64(c.Share))
	number("of", int64(c.Of))
	number("origin", c.Origin)
	number("steady_from", c.SteadyFrom)
	number("steady_to", c.SteadyTo)
	set("topic", c.Topic, c.Topic == "")
	set("fault", c.Fault, c.Fault == "")
	return v.Encode()
}

// ParseCall parses the output of Encode. Unknown keys are errors, so that a client of
// another version is rejected rather than misunderstood.
func ParseCall(query string) (Call, error) {
	v, err := url.ParseQuery(query)
	if err != nil {
		return Call{}, fmt.Errorf("call: invalid query: %w", err)
	}
	var c Call
	for key := range v {
		if err := c.set(key, v.Get(key)); err != nil {
			return Call{}, fmt.Errorf("call: %s: %w", key, err)
		}
	}
	return c, c.check()
}

func (c *Call) set(key, value string) (err error) {
	switch key {
	case "pattern":
		c.Pattern = Pattern(value)
	case "text":
		c.Text, err = strconv.ParseBool(value)
	case "native":
		c.Native, err = strconv.ParseBool(value)
	case "size":
		c.Size, err = strconv.Atoi(value)
	case "profile":
		c.Profile, err = pace.ParseProfile(value)
	case "arrivals":
		c.Arrivals = pace.Arrivals(value)
	case "seed":
		c.Seed, err = strconv.ParseInt(value, 10, 64)
	case "share":
		c.Share, err = strconv.Atoi(value)
	case "of":
		c.Of, err = strconv.Atoi(value)
	case "origin":
		c.Origin, err = strconv.ParseInt(value, 10, 64)
	case "steady_from":
		c.SteadyFrom, err = strconv.ParseInt(value, 10, 64)
	case "steady_to":
		c.SteadyTo, err = strconv.ParseInt(value, 10, 64)
	case "topic":
		c.Topic = value
	case "fault":
		c.Fault = value
	default:
		return fmt.Errorf("unknown key")
	}
	return err
}

func (c Call) check() error {
	traffic := c.Pattern.Traffic()
	switch {
	case traffic.Name == "":
		return fmt.Errorf("call: unknown pattern (found %q); expected one of %v", c.Pattern, PatternNames())
	case c.Size < 0 || c.Size > MaxSize:
		return fmt.Errorf("call: size out of range (found %d); expected 0 to %d", c.Size, MaxSize)
	case c.Share < 0 || c.Of < 0 || c.Share > c.Of:
		return fmt.Errorf("call: share out of range (found %d); expected 0 to %d", c.Share, c.Of)
	case c.Arrivals != "" && c.Arrivals != pace.Constant && c.Arrivals != pace.Poisson:
		return fmt.Errorf("call: unknown arrivals (found %q); expected %s or %s", c.Arrivals, pace.Constant, pace.Poisson)
	case traffic.Shared && (c.Topic == "" || len(c.Profile) == 0):
		return fmt.Errorf("call: %s needs a topic and a profile", c.Pattern)
	case c.Native && !c.Text:
		return fmt.Errorf("call: native requires text")
	case len(c.Fault) > maxFault:
		return fmt.Errorf("call: fault is too long (found %d bytes); expected at most %d", len(c.Fault), maxFault)
	}
	return nil
}
