package server

import (
	"errors"
	"io"
	"slices"
	"sync"
	"testing"

	"rtbench/proto"
	"rtbench/proto/clock"
)

// A tape is a stream that keeps sent messages. With a gate, Send waits for it.
type tape struct {
	undriven
	mu    sync.Mutex
	sent  []string
	gate  chan struct{}
	fails error
}

func (s *tape) Send(p []byte) error {
	if s.gate != nil {
		<-s.gate
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, string(p))
	return s.fails
}
func (s *tape) CloseSent() error                  { return nil }
func (s *tape) CloseSend() error                  { return nil }
func (s *tape) Close() error                      { return nil }
func (s *tape) kind() string                      { return "tape" }
func (s *tape) sendShared(p *sharedMessage) error { return s.Send(p.bytes) }
func (s *tape) encodeShared(p *sharedMessage, b []byte) error {
	p.bytes = append(p.bytes[:0], b...)
	return nil
}

func newDelayed(t *testing.T, st stream, text string) *delayedStream {
	t.Helper()
	s, err := Start(Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	faulty, _ := s.injectFault(&countedStream{stream: st, stripe: &stripe{}}, request{proto.Call{Pattern: proto.Echo}, parse(t, text)})
	l, ok := faulty.(*delayedStream)
	if !ok {
		t.Fatalf("%s does not delay", text)
	}
	return l
}

// Send blocks only while the queue is full; Close unblocks it.
func TestDelayedQueueLimit(t *testing.T) {
	st := &tape{gate: make(chan struct{})}
	l := newDelayed(t, st, "duplicate=1000000")
	for range maxDelayedMessages {
		if err := l.Send([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	waited := make(chan error)
	go func() { // these block at unknown times, but must end
		err := l.Send([]byte("x"))
		for err == nil {
			err = l.Send([]byte("x"))
		}
		waited <- err
	}()
	l.queue.cancel()
	close(st.gate)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-waited; err == nil {
		t.Error("Send succeeds on a closed stream")
	}
}

func TestCloseSendFlushesQueue(t *testing.T) {
	st := &tape{}
	l := newDelayed(t, st, "delay=1ms,swap=4")
	buffer := []byte("a")
	p := newSharedMessage()
	for range 3 {
		if err := l.Send(buffer); err != nil {
			t.Fatal(err)
		}
		buffer[0]++ // the buffer may be reused
	}
	p.bytes = append(p.bytes[:0], 'd')
	if err := l.sendShared(p); err != nil {
		t.Fatal(err)
	}
	if err := l.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(st.sent, []string{"a", "b", "c", "d"}) {
		t.Errorf("sent %q", st.sent)
	}
	if err := l.Send(buffer); err == nil {
		t.Error("Send succeeds after CloseSend")
	}
	_ = l.Close()
	_ = l.Close()
}

// A broken stream drops its queue, and the next Send returns the error.
func TestBrokenStreamDropsItsQueue(t *testing.T) {
	st := &tape{gate: make(chan struct{}), fails: io.ErrShortWrite}
	l := newDelayed(t, st, "swap=2,delay=1us")
	p := newSharedMessage()
	p.bytes = append(p.bytes[:0], 'p')
	for range 10 {
		if err := l.sendShared(p); err != nil {
			t.Fatal(err)
		}
	}
	close(st.gate)
	<-l.queue.ended
	if len(st.sent) != 1 {
		t.Errorf("%d went out", len(st.sent))
	}
	if err := l.Send(nil); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("Send after a broken one: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

// A delayed message allocates nothing, so that the garbage collector adds nothing to the delay.
func TestDelayedMessagesAllocateNothing(t *testing.T) {
	s, err := Start(Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	n := 0
	q := s.newDelayQueue(request{proto.Call{Pattern: proto.Echo}, parse(t, "delay=1us")}, 0, func(m delayedMessage) error {
		n += len(m.bytes)
		return nil
	})
	t.Cleanup(q.finish)
	p := make([]byte, 100)
	put := func() {
		if err := q.put(clock.Now(), p, nil); err != nil {
			t.Error(err)
		}
	}
	put() // its buffer is made
	if allocs := testing.AllocsPerRun(1000, put); allocs > 0 {
		t.Errorf("%v allocations for a message", allocs)
	}
	if n < 100*1000 {
		t.Errorf("%d bytes were delivered", n)
	}
}
