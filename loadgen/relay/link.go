package relay

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"rtbench/proto/clock"
	"rtbench/proto/pace"
)

// chunkSize is the most bytes that one read returns.
const chunkSize = 16 << 10

// A link is one direction of a connection: one goroutine reads and plans, another writes when bytes are due.
type link struct {
	from, to net.Conn
	plan     plan
	back     *cuts           // of the other direction
	ended    <-chan struct{} // closed at the end of the relay
	timer    *pace.Metronome
	queue    *queue
	alarm    chan struct{} // of capacity 1
	late     func(nanoseconds int64)
	bytes    int64
}

// run relays until the sender's end has arrived, or a connection breaks, which breaks the other at once.
func (l *link) run() {
	var reading sync.WaitGroup
	reading.Go(l.read)
	if err := l.write(); err != nil {
		l.await(l.back.after(clock.Now()))
		reset(l.from)
		reset(l.to)
	}
	l.queue.close()
	reading.Wait()
}

// read plans the bytes it reads until the stream ends.
func (l *link) read() {
	b := make([]byte, chunkSize)
	for {
		n, err := l.from.Read(b)
		now := clock.Now()
		if n > 0 && !l.queue.put(chunk{bytes: bytes.Clone(b[:n]), due: l.plan.arrive(now, n)}) {
			return
		}
		if err == nil {
			continue
		}
		if errors.Is(err, io.EOF) {
			l.queue.put(chunk{due: l.plan.arrive(now, 0)})
			return
		}
		l.await(l.plan.cuts.after(now)) // a reset passes no partition either
		l.queue.close()
		return
	}
}

// await returns at a time, or when the link or the relay is closed.
func (l *link) await(at int64) {
	timer := time.NewTimer(time.Duration(at - clock.Now()))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.queue.closed:
	case <-l.ended:
	}
}

// errBroken is the error of a link whose sender's connection broke, or that was closed.
var errBroken = errors.New("the connection broke")

// write writes each chunk when it is due, until the end.
func (l *link) write() error {
	for {
		c, ok := l.queue.take()
		if !ok {
			return errBroken
		}
		if clock.Now() < c.due {
			l.timer.At(c.due, l)
			select {
			case <-l.alarm:
			case <-l.queue.closed:
				return errBroken
			case <-l.ended:
				return errBroken
			}
		}
		l.late(max(0, clock.Now()-c.due))
		if c.bytes == nil {
			return l.end()
		}
		if _, err := l.to.Write(c.bytes); err != nil {
			return err
		}
		l.bytes += int64(len(c.bytes))
		l.queue.done(len(c.bytes))
	}
}

// end passes on the end of the stream.
func (l *link) end() error {
	half, ok := l.to.(interface{ CloseWrite() error })
	if !ok {
		return l.to.Close()
	}
	return half.CloseWrite()
}

// Fire implements pace.Task.
func (l *link) Fire(int64) bool {
	select {
	case l.alarm <- struct{}{}:
	default:
	}
	return false
}

// Done implements pace.Task.
func (l *link) Done() {}

// reset closes a connection so that its peer sees a reset.
func reset(nc net.Conn) {
	if tcp, ok := nc.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = nc.Close()
}
