package script

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
	"rtbench/scenarios/template"
)

// A pipe is a stream to the test: out has the messages sent, in the messages to receive.
type pipe struct {
	in, out chan string
	fail    error // of the next Send
	waits   bool  // Send blocks until Close
	ended   bool
	gone    chan struct{}
	once    sync.Once
}

func newPipe() *pipe {
	return &pipe{in: make(chan string, 100), out: make(chan string, 100), gone: make(chan struct{})}
}

func (p *pipe) Send(b []byte) error {
	if err := p.fail; err != nil {
		p.fail = nil
		return err
	}
	if p.waits {
		<-p.gone
		return errors.New("closed")
	}
	p.out <- string(b)
	return nil
}

func (p *pipe) Recv() ([]byte, error) {
	select {
	case m, ok := <-p.in:
		if !ok {
			return nil, io.EOF
		}
		return []byte(m), nil
	case <-p.gone:
		return nil, errors.New("closed")
	}
}

func (p *pipe) CloseSend() error {
	p.ended = true
	p.out <- "(end)"
	return nil
}

func (p *pipe) Close() error {
	p.once.Do(func() { close(p.gone) })
	return nil
}

// counted counts the outcomes of messages.
type counted struct {
	mu        sync.Mutex // for failed steps
	classes   []string
	examples  []string
	unmatched int
	surplus   int
}

// step counts the error of a closing step.
func (c *counted) step(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.classes = append(c.classes, driver.Class(err))
}

func (c *counted) count(s *Session, o codec.Outcome) {
	switch o {
	case codec.Wrong, codec.NoStamp, codec.Unnumbered:
		c.classes, c.examples = append(c.classes, s.Fault()), append(c.examples, s.ExplainFault())
	case codec.Surplus:
		c.surplus++
		c.unmatched++
	case codec.Unmatched, codec.Ignored, codec.Unstamped, codec.UnstampedWrong:
		c.unmatched++
	}
}

func compile(t testing.TB, text string) template.Format {
	t.Helper()
	f, err := template.Compile(text, template.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func path(t testing.TB, text string) func() template.Field {
	t.Helper()
	p, err := template.ParsePath(text)
	if err != nil {
		t.Fatal(err)
	}
	return p.JSON
}

func contains(part string) *Condition {
	return &Condition{Holds: func(b []byte) bool { return strings.Contains(string(b), part) }, Text: "contains " + part}
}

// call is of stream 1 of 3.
var call = proto.Call{Pattern: proto.Echo, Text: true, Share: 1, Of: 3}

// A fakeSession is a session on a pipe.
type fakeSession struct {
	*Session
	*counted
	pipe *pipe
}

// placeOf returns the place of a stream among those of one group.
func placeOf(c proto.Call) Place {
	p := Alone(c.Share, c.Of)
	if c.Pattern == proto.Fanout {
		p.Senders = Senders{0, 1, 1}
	}
	return p
}

func newFakeSession(t testing.TB, s *Script, c proto.Call) *fakeSession {
	t.Helper()
	f := &fakeSession{Session: s.NewSession(c, placeOf(c), nil), counted: new(counted), pipe: newPipe()}
	f.SetMessage(proto.NewMessage(0, true))
	if err := f.Open(context.Background(), &driver.Stream{Conn: f.pipe}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// send sends the message numbered seq.
func (s *fakeSession) send(seq uint64) error {
	b, err := s.Encode(proto.Header{Seq: seq, Intended: 1000 + int64(seq), Sent: 2000 + int64(seq), Stream: 1})
	if err != nil {
		return err
	}
	if err = s.pipe.Send(b); err != nil {
		s.Forget()
	}
	return err
}

// receive returns the numbers and intended times of all replies.
func (s *fakeSession) receive(replies ...string) (seqs []uint64, intended []int64) {
	for _, r := range replies {
		h, o, more := s.Decode([]byte(r), clock.Now())
		for {
			s.count(s.Session, o)
			if o <= codec.NoStamp {
				if o == codec.Wrong {
					h.Intended = 0
				}
				seqs, intended = append(seqs, h.Seq), append(intended, h.Intended)
			}
			if !more {
				break
			}
			h, o, more = s.Next()
		}
	}
	return seqs, intended
}
