package session

import (
	"runtime"
	"time"

	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/pace"
	"rtbench/proto/record"
	"rtbench/report/result"
)

// threads are what sends and receives on a group's streams: event loops and metronomes, or
// goroutines.
type threads struct {
	Receivers  string // result.EventLoops or result.Goroutines
	loops      []*eventloop.Loop
	metronomes []*pace.Metronome
	messages   []*proto.Message   // of the loops or the metronomes
	recorders  []*record.Recorder // of the loops, then of the goroutines
}

// receive receives by event loops if allowed and supported, else by one goroutine per stream.
// Messages that a pacer's thread sends share its message buffer.
func (t *threads) receive(g *Group) {
	t.Receivers = result.Goroutines
	// Goroutines that send do not share the process with receiving loops: on few cores a loop and
	// the pacer starve Go's network poller, which delayed receiving by up to 10 ms. A closed loop
	// must not block an event loop either.
	sendWaits := g.sessions[0].stream().SendWaits
	if waits := g.Sends() && (sendWaits || g.Cell.Think > 0); !waits && g.EventDriven() {
		t.startLoops(g)
	}
	driven := 0
	for i, e := range g.sessions {
		if len(t.loops) == 0 || e.stream().Drive == nil {
			break
		}
		at := t.of(i, g.Cell.Streams)
		if e.attach(t.recorders[at], t.messages[at], t.loops[at]); !e.drive() {
			break
		}
		driven++
	}
	if driven > 0 {
		t.Receivers = result.EventLoops
	}
	if g.paced() && len(t.loops) == 0 {
		t.startMetronomes(g)
	}
	rest := record.NewRecorders(g.Sink, len(g.sessions)-driven)
	t.recorders = append(t.recorders, rest...)
	for i, e := range g.sessions[driven:] {
		m := g.newMessage()
		if g.paced() && !sendWaits {
			m = t.messages[t.of(driven+i, g.Cell.Streams)]
		}
		e.attach(rest[i], m, nil)
		go e.receive()
	}
}

// of returns the index of the loop or the metronome of a session. Streams of one connection share a
// loop.
func (t *threads) of(session, streams int) int {
	if len(t.loops) == 0 {
		return session % len(t.metronomes)
	}
	return session / streams % len(t.loops)
}

// startLoops uses half of the cores and leaves the rest to the server. On systems without event
// loops it starts none. If pacers send, the loops run on their threads.
func (t *threads) startLoops(g *Group) {
	cores := runtime.GOMAXPROCS(0)
	n := max(1, cores/2)
	for range n {
		l, err := t.startLoop(g.paced(), pace.Spin(cores, g.Profile.Peak()/float64(n)))
		if err != nil {
			return
		}
		t.loops = append(t.loops, l)
		t.recorders = append(t.recorders, record.NewRecorder(g.Sink))
		t.messages = append(t.messages, g.newMessage())
	}
}

func (t *threads) startLoop(paced bool, spin time.Duration) (*eventloop.Loop, error) {
	if !paced {
		return eventloop.New()
	}
	l, m, err := eventloop.NewPaced(spin)
	if err == nil {
		t.metronomes = append(t.metronomes, m)
	}
	return l, err
}

func (t *threads) startMetronomes(g *Group) {
	// One thread can send more than 50,000 messages/s.
	cores := runtime.GOMAXPROCS(0)
	n := min(1+int(g.Profile.Peak()/50_000), max(1, cores/2))
	for range n {
		t.messages = append(t.messages, g.newMessage())
		t.metronomes = append(t.metronomes, pace.NewMetronome(pace.Spin(cores, g.Profile.Peak()/float64(n))))
	}
}

// Spun returns the time that the pacers have spun.
func (t *threads) Spun() (d time.Duration) {
	for _, m := range t.metronomes {
		d += m.Spun()
	}
	return d
}

// clear drops the messages that metronomes have not sent.
func (t *threads) clear() {
	for _, m := range t.metronomes {
		m.Clear()
	}
}

func (t *threads) closeMetronomes() {
	for _, m := range t.metronomes {
		m.Close()
	}
}

func (t *threads) close() {
	t.closeMetronomes()
	for _, l := range t.loops {
		l.Close()
	}
}
