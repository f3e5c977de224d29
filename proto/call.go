package proto

import (
	"errors"
	"fmt"
	"iter"
	"net/url"
	"reflect"
	"strconv"
	"time"

	"rtbench/proto/pace"
)

// A Call asks the server for one stream. Drivers carry its text form as their protocol
// allows: in the query of a URL, in gRPC metadata, or as the first message.
type Call struct {
	Pattern Pattern `query:"pattern"`
	// Text selects the text form of messages; the zero value is binary.
	Text bool `query:"text"`
	// Native encodes messages in text form as the protocol usually does (package codec),
	// in both directions.
	Native bool `query:"native"`
	// Size is the length in bytes of a server's message, including its header.
	Size int `query:"size"`
	// Profile is the server's message rate over all streams of the run. If it is empty,
	// the server sends as fast as the stream allows.
	Profile  pace.Profile  `query:"profile"`
	Arrivals pace.Arrivals `query:"arrivals"`
	Seed     int64         `query:"seed"`
	// Wave makes the rate rise and fall.
	Wave pace.Wave `query:"wave"`
	// Share and Of describe the stream's part of the profile: it is stream Share, counted
	// from 0, of Of streams.
	Share int `query:"share"`
	Of    int `query:"of"`
	// Origin is time 0 of the profile. The steady phase is [SteadyFrom, SteadyTo). All
	// are in nanoseconds of clock.Now.
	Origin     int64 `query:"origin"`
	SteadyFrom int64 `query:"steady_from"`
	SteadyTo   int64 `query:"steady_to"`
	// Since is the time before which due messages are not sent, as the stream replaces one that ended; 0 sends
	// all.
	Since int64 `query:"since"`
	// Turns are those in which the load alternates with others, if it does.
	Turns pace.Turns `query:"turns"`
	// Topic is the topic that a Fanout stream subscribes to. Without a profile its messages are those
	// of the Echo streams that publish to it, and the client ends the stream.
	Topic string `query:"topic"`
	// Publish is the topic to which the server publishes each message of an Echo stream, unchanged,
	// besides returning it; empty for none.
	Publish string `query:"publish"`
	// Tokens is the number of messages of an answer. The first is due First after the arrival of its
	// request, and each other Every after the one before; both are in nanoseconds.
	Tokens int   `query:"tokens"`
	First  int64 `query:"first"`
	Every  int64 `query:"every"`
	// Direct means that the call is the only request: the server answers it at once, and the answer ends
	// the stream. Otherwise each message of the client is a request, at most one at a time, and a message
	// with the number Tokens ends the answer.
	Direct bool `query:"direct"`
	// Fault makes the server misbehave on this stream; see server.ParseFault. The load
	// generator never sets it.
	Fault string `query:"fault"`
}

// Window returns the steady phase.
func (c Call) Window() pace.Window {
	return pace.Window{Origin: c.Origin, From: c.SteadyFrom, To: c.SteadyTo, Turns: c.Turns}
}

// On returns c with its times on a clock that is ahead of theirs.
func (c Call) On(ahead int64) Call {
	c.Origin, c.SteadyFrom, c.SteadyTo = c.Origin+ahead, c.SteadyFrom+ahead, c.SteadyTo+ahead
	return c
}

// Peak returns the highest rate of messages of the call's load.
func (c Call) Peak() float64 { return c.Profile.Peak() * c.Wave.Peak() * float64(max(1, c.Tokens)) }

// Plan returns the plan of the stream's messages. All subscribers of a topic share one.
func (c Call) Plan() *pace.Plan {
	share, of := c.Share, c.Of
	if c.Pattern.Traffic().Shared {
		share, of = 0, 1
	}
	return pace.NewPlan(c.Profile, c.Arrivals, c.Seed, share, of).On(c.Wave).In(c.Turns)
}

// Limits of answers.
const (
	MaxTokens = 1_000_000
	MinEvery  = int64(10 * time.Microsecond)
	maxWait   = int64(time.Hour)
)

// AnswerPlan returns the plan of an answer's tokens. Its time 0 is when the first is due.
func (c Call) AnswerPlan() *pace.Plan {
	every := time.Duration(c.Every)
	whole := time.Duration(c.Tokens)*every - every/2 // half a token ahead of the next, which is not due
	return pace.NewPlan(pace.Profile{{Duration: whole, From: 1e9 / float64(every), To: 1e9 / float64(every)}}, pace.Constant, 0, 0, 1)
}

// Rest returns the plan of the messages that are still to be sent, and the number of the first.
func (c Call) Rest() (p *pace.Plan, first uint64) {
	p = c.Plan()
	if c.Since > c.Origin {
		first = p.SkipTo(time.Duration(c.Since - c.Origin))
	}
	return p, first
}

// MaxSize is the longest accepted message in bytes.
const MaxSize = 1 << 20

// maxFault is the longest Fault in bytes.
const maxFault = 256

// BenchPath is the path of the reference API in protocols over HTTP; the query is the Call.
const BenchPath = "/bench"

// MetadataKey is the gRPC metadata key that carries a Call.
const MetadataKey = "rtbench-call"

// fields yields each field with its key in the query.
func (c *Call) fields() iter.Seq2[string, reflect.Value] {
	return func(yield func(string, reflect.Value) bool) {
		v := reflect.ValueOf(c).Elem()
		for i := range v.NumField() {
			if !yield(v.Type().Field(i).Tag.Get("query"), v.Field(i)) {
				return
			}
		}
	}
}

// Encode returns c as a URL query. It leaves out zero values.
func (c Call) Encode() string {
	q := url.Values{}
	for key, v := range c.fields() {
		switch text := fmt.Sprint(v); {
		case v.IsZero(), text == "":
		case v.Kind() == reflect.Bool:
			q.Set(key, "1")
		default:
			q.Set(key, text)
		}
	}
	return q.Encode()
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
	for name, v := range c.fields() {
		if name != key {
			continue
		}
		switch v.Kind() {
		case reflect.String:
			v.SetString(value)
		case reflect.Bool:
			var yes bool
			yes, err = strconv.ParseBool(value)
			v.SetBool(yes)
		case reflect.Slice:
			c.Profile, err = pace.ParseProfile(value)
		case reflect.Struct:
			err = c.setStruct(key, value)
		default:
			var n int64
			n, err = strconv.ParseInt(value, 10, v.Type().Bits())
			v.SetInt(n)
		}
		return err
	}
	return errors.New("unknown key")
}

func (c *Call) setStruct(key, value string) (err error) {
	if key == "wave" {
		c.Wave, err = pace.ParseWave(value)
	} else {
		c.Turns, err = pace.ParseTurns(value)
	}
	return err
}

func (c Call) check() error {
	if _, err := pace.ParseArrivals(string(c.Arrivals)); err != nil {
		return fmt.Errorf("call: %w", err)
	}
	traffic := c.Pattern.Traffic()
	switch {
	case traffic.Name == "":
		return fmt.Errorf("call: unknown pattern (found %q); expected one of %v", c.Pattern, PatternNames())
	case c.Size < 0 || c.Size > MaxSize:
		return fmt.Errorf("call: size out of range (found %d); expected 0 to %d", c.Size, MaxSize)
	case c.Share < 0 || c.Of < 0 || c.Share > c.Of:
		return fmt.Errorf("call: share out of range (found %d); expected 0 to %d", c.Share, c.Of)
	case c.Arrivals == pace.Replayed && !traffic.ClientSends:
		return fmt.Errorf("call: arrivals of a trace with pattern %s; expected %s, whose client sends", c.Pattern, Echo)
	case traffic.Shared && c.Topic == "":
		return fmt.Errorf("call: %s needs a topic", c.Pattern)
	case c.Publish != "" && traffic.Name != Echo:
		return fmt.Errorf("call: publish with pattern %s; expected %s", c.Pattern, Echo)
	case traffic.Asked && (c.Tokens < 1 || c.Tokens > MaxTokens || c.Every < MinEvery || c.Every > maxWait || c.First < 0 || c.First > maxWait):
		return fmt.Errorf("call: answer of %d tokens, the first after %d ns, then every %d ns; expected 1 to %d tokens, every %d ns to %d ns", c.Tokens, c.First, c.Every, MaxTokens, MinEvery, maxWait)
	case c.Native && !c.Text:
		return fmt.Errorf("call: native requires text")
	case len(c.Fault) > maxFault:
		return fmt.Errorf("call: fault is too long (found %d bytes); expected at most %d", len(c.Fault), maxFault)
	}
	return nil
}
