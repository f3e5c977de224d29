package script

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/scenarios/cell"
	"rtbench/scenarios/template"
)

// open runs the opening steps on p.
func open(ctx context.Context, p *pipe, steps ...Step) error {
	for i := range steps {
		steps[i].Position = fmt.Sprintf("chat.yaml:%d", i+1)
	}
	defer p.Close()
	return (&Script{Opening: steps}).NewSession(call, Alone(call.Share, call.Of), nil).Open(ctx, &driver.Stream{Conn: p})
}

func send(t *testing.T, do, text string) Step { return Step{Do: do, Format: compile(t, text)} }

func until(do, part string) Step {
	return Step{Do: do, Condition: contains(part), Within: time.Minute}
}

// Steps run in order, and messages that a wait skips are dropped.
func TestOpeningSteps(t *testing.T) {
	p := newPipe()
	for _, m := range []string{"welcome", "news", "more news", "ok 1", "first"} {
		p.in <- m
	}
	if err := open(t.Context(), p,
		until("expect", "welcome"), send(t, "authenticate", "token {{.Stream}}"), until("wait", "ok"),
		Step{Do: "think", Pause: cell.ConstantPause(time.Millisecond)}, send(t, "subscribe", "room {{.RequestNumber}}"), until("expect", "first"),
	); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"token 1", "room 1"} {
		if got := <-p.out; got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
	}
}

// A step's error has its position. Its class omits details of the occurrence.
func TestStepsThatFail(t *testing.T) {
	short := func(do string) Step {
		return Step{Do: do, Condition: contains("ready"), Within: time.Millisecond}
	}
	for _, c := range []struct {
		name  string
		steps []Step
		in    []string
		ends  bool  // the server, after in
		fail  error // of the first Send
		waits bool  // the first Send blocks
		text  string
		class string
	}{
		{"expect, another comes", []Step{until("expect", "ready")}, []string{"error 17"}, false, nil, false, "chat.yaml:1: step expect: expected contains ready, found error 17", "step expect: not as expected"},
		{"expect, nothing comes", []Step{short("expect")}, nil, false, nil, false, "chat.yaml:1: step expect: no message matched `contains ready` within 1ms: context deadline exceeded", "step expect: timeout"},
		{"wait, others come", []Step{short("wait")}, []string{"news"}, false, nil, false, "chat.yaml:1: step wait: no message matched `contains ready` within 1ms", "step wait: timeout"},
		{"the server ends", []Step{until("wait", "ready")}, []string{"bye"}, true, nil, false, "chat.yaml:1: step wait: EOF, found bye", "step wait: connection closed by the server"},
		{"the server ends in the second", []Step{until("expect", "ready"), until("expect", "steady")}, []string{"ready"}, true, nil, false, "chat.yaml:2: step expect: EOF", "step expect: connection closed by the server"},
		{"nothing can be sent", []Step{send(t, "authenticate", "x")}, nil, false, io.ErrUnexpectedEOF, false, "chat.yaml:1: step authenticate: unexpected EOF", "step authenticate: connection closed by the server"},
		{"what is sent is not answered", []Step{send(t, "subscribe", "x")}, nil, false, nil, true, "chat.yaml:1: step subscribe: context deadline exceeded", "step subscribe: timeout"},
		{"think too long", []Step{{Do: "think", Pause: cell.ConstantPause(time.Hour)}}, nil, false, nil, false, "chat.yaml:1: step think: context deadline exceeded", "step think: timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPipe()
			p.fail, p.waits = c.fail, c.waits
			for _, m := range c.in {
				p.in <- m
			}
			if c.ends {
				close(p.in)
			}
			ctx := t.Context()
			if c.waits || c.steps[0].Do == "think" {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 20*time.Millisecond)
				defer cancel()
			}
			err := open(ctx, p, c.steps...)
			var step *StepError
			if !errors.As(err, &step) || !strings.HasPrefix(err.Error(), c.text) {
				t.Errorf("%v, want %s", err, c.text)
			}
			if got := driver.Class(err); got != c.class {
				t.Errorf("class %q, want %q", got, c.class)
			}
		})
	}
}

func closingScript(t *testing.T, steps ...Step) *Script {
	return &Script{Match: MatchOrder, Messages: []template.Format{compile(t, "hello")}, Closing: steps}
}

// Closing steps run once, before the end.
func TestClosingSteps(t *testing.T) {
	s := newFakeSession(t, closingScript(t, send(t, "send", "bye"), send(t, "send", "bye {{.Stream}}")), call)
	for range 2 {
		if err := s.CloseSend(s.step); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for range 4 {
		got = append(got, <-s.pipe.out)
	}
	if want := []string{"bye", "bye 1", "(end)", "(end)"}; !reflect.DeepEqual(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}

// While a closing step waits, replies still arrive and are matched.
func TestClosingStepsThatWait(t *testing.T) {
	s := newFakeSession(t, closingScript(t, send(t, "send", "leave"), until("wait", "left"), until("expect", "bye"), Step{Do: "think", Pause: cell.ConstantPause(time.Millisecond)}), call)
	if err := s.send(0); err != nil {
		t.Fatal(err)
	}
	if err := s.CloseSend(s.step); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"hello", "leave"} {
		if got := <-s.pipe.out; got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
	}
	if seqs, _ := s.receive("a reply", "left", "bye"); !reflect.DeepEqual(seqs, []uint64{0}) {
		t.Errorf("replies to %v", seqs)
	}
	if got := <-s.pipe.out; got != "(end)" {
		t.Errorf("sent %q, want the end", got)
	}
	if len(s.classes)+s.unmatched > 0 {
		t.Errorf("unexpected %q, unmatched %d", s.classes, s.unmatched)
	}
}

// A failed closing step is counted and does not block Close.
func TestClosingStepsThatFail(t *testing.T) {
	for _, c := range []struct {
		step  Step
		in    string
		class string
	}{
		{Step{Do: "wait", Condition: contains("left"), Within: time.Hour}, "", "step wait: cancelled"},
		{Step{Do: "wait", Condition: contains("left"), Within: time.Millisecond}, "", "step wait: timeout"},
		{Step{Do: "expect", Condition: contains("left"), Within: time.Hour}, "stay", "step expect: not as expected"},
		{Step{Do: "think", Pause: cell.ConstantPause(time.Hour)}, "", "step think: cancelled"},
	} {
		s := newFakeSession(t, closingScript(t, send(t, "send", "leave"), c.step), call)
		if err := s.CloseSend(s.step); err != nil {
			t.Fatal(err)
		}
		<-s.pipe.out
		if c.in != "" {
			s.receive(c.in)
		}
		if strings.HasSuffix(c.class, "timeout") {
			s.closing.steps.Wait()
		}
		_ = s.Close()
		if !reflect.DeepEqual(s.classes, []string{c.class}) {
			t.Errorf("unexpected %q, want %q", s.classes, c.class)
		}
	}
}

// A closedMeanwhile is closed during a Send that succeeds.
type closedMeanwhile struct {
	*pipe
	end func()
}

func (s closedMeanwhile) Send(b []byte) error {
	s.end()
	return s.pipe.Send(b)
}

// An opening whose time ends during its last step fails, since the stream may be closed.
func TestOpeningTimeout(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d := closedMeanwhile{newPipe(), cancel}
	err := (&Script{Opening: []Step{send(t, "send", "x")}}).NewSession(call, Alone(call.Share, call.Of), nil).Open(ctx, &driver.Stream{Conn: d})
	if got := driver.Class(err); got != "step send: cancelled" {
		t.Errorf("%v, of class %q", err, got)
	}
}

// A closing step that finishes before the stream is closed has succeeded.
func TestClosingStepsRunOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := closingScript(t).NewSession(call, Alone(call.Share, call.Of), nil)
	step := send(t, "send", "leave")
	if err := s.runStep(ctx, closedMeanwhile{newPipe(), cancel}, &step); err != nil {
		t.Errorf("it was sent, and: %v", err)
	}
	c := &closing{ctx: ctx} // already ended
	for range 100 {
		w := &expectation{step: &Step{Do: "wait", Condition: contains("left"), Within: time.Hour}, result: make(chan error, 1)}
		w.result <- nil
		if err := c.await(w); err != nil {
			t.Fatalf("it came, and: %v", err)
		}
	}
}
