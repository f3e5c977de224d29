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

func (p *pipe) Open(context.Context, *driver.Endpoint) (*driver.Stream, error) {
	return &driver.Stream{Conn: p}, nil
}

// A fakeObserver records its calls.
type fakeObserver struct {
	mu        sync.Mutex
	classes   []string
	examples  []string
	unmatched int
	surplus   int
}

func (w *fakeObserver) Unexpected(class, example string, _ int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.classes = append(w.classes, class)
	if example != "" {
		w.examples = append(w.examples, example)
	}
}

func (w *fakeObserver) Unmatched([]byte) { w.unmatched++ }

func (w *fakeObserver) Surplus() { w.surplus++ }

func (w *fakeObserver) Unstamped([]byte, bool) { w.unmatched++ }

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

// A fakeSession is a scripted stream.
type fakeSession struct {
	*driver.Stream
	pipe     *pipe
	observer *fakeObserver
	made     *proto.Message
}

func newFakeSession(t *testing.T, s *Script) *fakeSession {
	t.Helper()
	p, w := newPipe(), new(fakeObserver)
	st, err := s.Wrap(p, w).Open(context.Background(), &driver.Endpoint{Call: call})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return &fakeSession{Stream: st, pipe: p, observer: w, made: proto.NewMessage(0, true)}
}

// encode sends the message numbered seq.
func (s *fakeSession) encode(seq uint64) error {
	return s.Send(s.made.Stamp(proto.Header{Seq: seq, Intended: 1000 + int64(seq), Sent: 2000 + int64(seq), Stream: 1}))
}

// decode returns the numbers and intended times of all replies.
func (s *fakeSession) decode(t *testing.T, replies ...string) (seqs []uint64, intended []int64) {
	t.Helper()
	for _, r := range replies {
		s.pipe.in <- r
	}
	close(s.pipe.in)
	for {
		b, err := s.Recv()
		if errors.Is(err, io.EOF) {
			return seqs, intended
		}
		if err != nil {
			t.Fatal(err)
		}
		h, err := proto.ParseHeader(b, true)
		if err != nil {
			t.Fatal(err)
		}
		seqs, intended = append(seqs, h.Seq), append(intended, h.Intended)
	}
}
