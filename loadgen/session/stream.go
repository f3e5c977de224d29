package session

import (
	"sync/atomic"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/script"
	"rtbench/proto"
	"rtbench/proto/codec"
)

// A dialect is the codec of messages other than rtbench's: a script or the guide's API.
type dialect interface {
	codec.Codec
	// SetMessage sets the message that Encode stamps.
	SetMessage(*proto.Message)
	// Record returns the last message decoded that was unmatched.
	Record() []byte
	// EndError returns the reason for the end of a stream whose Recv returned err.
	EndError(err error) error
}

// activeStream is a stream with the state that ends with it.
type activeStream struct {
	stream  *driver.Stream
	dialect dialect         // nil for a reference server
	script  *script.Session // the dialect of a custom target, else nil
	codec   codec.Codec
	perCall bool                  // the script outlives the stream, which carries one answer
	sendErr atomic.Pointer[error] // the failed Send that made us close the stream
	// Events have cut the connection born times before the stream was opened on it.
	by   *connection
	born int64
	// sentOn reports whether anything was sent on the stream. since is the session's counters at
	// that time: replies owed by earlier streams are not awaited.
	sentOn atomic.Bool
	since  messageCounts
}

// isCut reports whether an event has cut the stream's connection.
func (l *activeStream) isCut() bool { return l.by != nil && l.by.cuts.Load() != l.born }

// setMessage sets the message that the stream's codec stamps.
func (l *activeStream) setMessage(c *Config, m *proto.Message) {
	if l.dialect == nil {
		l.codec = codec.New(c.Cell.Protocol, c.Cell.Encoding == "native", m)
		if by := c.headerShift(); by != 0 {
			l.codec = codec.Shifted{Codec: l.codec, By: by}
		}
		return
	}
	l.dialect.SetMessage(m)
	l.codec = l.dialect
}

// closeSend runs the closing steps, if any, and ends sending.
func (l *activeStream) closeSend(v *Events) error {
	if l.script != nil {
		return l.script.CloseSend(func(err error) { v.countUnexpected(err, 0) })
	}
	return l.stream.CloseSend()
}

// close closes the stream and ends its closing steps.
func (l *activeStream) close() error {
	if l.script != nil && !l.perCall {
		return l.script.Close()
	}
	return l.stream.Close()
}

// reported returns the number of tokens that the last message said the answer has; false if it did not.
func (l *activeStream) reported() (uint64, bool) {
	if l.script == nil {
		return 0, false
	}
	return l.script.Count()
}

// retry returns the delay before reopening the stream that its server asked for; 0: none.
func (l *activeStream) retry() time.Duration {
	if l == nil || l.stream.Retry == nil {
		return 0
	}
	return l.stream.Retry()
}
