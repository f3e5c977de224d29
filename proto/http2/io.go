package http2

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"rtbench/proto/clock"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

const (
	// readSize is how large the buffer of the goroutine that receives can get.
	readSize = 64 << 10
	// backlog is how much may wait to be written before a Send waits too.
	backlog = 256 << 10
	// grace is how long a write may hold up the closing of a stream.
	grace = time.Second
)

// read is the goroutine that receives.
func (s *Conn) read() {
	defer close(s.reading)
	buf, kept := make([]byte, framing.MinBuffer), 0
	for {
		n, err := s.nc.Read(buf[kept:])
		kept += n
		full := kept == len(buf)
		used, _ := s.receive(buf[:kept], clock.Now())
		kept = copy(buf, buf[used:kept])
		s.waitForWriter()
		if err != nil {
			s.stop(buf[:kept], err)
			return
		}
		if full && len(buf) < readSize {
			buf = append(buf, make([]byte, len(buf))...)
		}
	}
}

// waitForWriter keeps a peer that asks and does not read from filling the memory.
func (s *Conn) waitForWriter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.flushing && len(s.out) >= backlog && s.err == nil {
		s.room.Wait()
	}
}

// stop ends the receiving: a loop goes on with rest, or all is over.
func (s *Conn) stop(rest []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.handing && errors.Is(err, os.ErrDeadlineExceeded):
		s.unused = rest
	case errors.Is(err, io.EOF):
		s.fail(io.ErrUnexpectedEOF)
	default:
		s.fail(err)
	}
}

// drive has l receive from now on what the goroutine has received so far.
func (s *Conn) drive(l *eventloop.Loop) error {
	s.turning.Lock()
	defer s.turning.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || s.driven != nil {
		return s.err
	}
	if !eventloop.Drivable(s.nc) {
		return errors.ErrUnsupported
	}
	s.handing = true
	_ = s.nc.SetReadDeadline(time.Unix(1, 0))
	s.mu.Unlock()
	<-s.reading
	s.mu.Lock()
	for s.flushing && s.err == nil {
		s.room.Wait()
	}
	if s.err != nil {
		return s.err
	}
	driven, err := l.Add(s.nc, (*receiver)(s))
	if err != nil {
		s.fail(err)
		return err
	}
	s.driven, s.loop = driven, l
	if !driven.Start(s.unused) {
		s.fail(net.ErrClosed)
	}
	s.unused = nil
	return s.err
}

// flush writes what is to be written, with mu held, unless somebody does so already,
// who will then write this too.
func (s *Conn) flush() {
	switch {
	case s.flushing || s.taking || len(s.out) == 0:
	case s.driven != nil: // a Write to it does not wait
		_, err := s.driven.Write(s.out)
		s.out = s.out[:0]
		if err != nil {
			s.fail(err)
		}
	default:
		s.flushWaiting()
	}
}

func (s *Conn) flushWaiting() {
	s.flushing = true
	for len(s.out) > 0 && s.err == nil {
		b := s.out
		s.out = s.spare[:0]
		s.mu.Unlock()
		_, err := s.nc.Write(b)
		s.mu.Lock()
		s.spare = b[:0]
		s.hurry(s.hurried && len(s.out) > 0)
		if err != nil {
			s.fail(err)
		}
		s.room.Broadcast()
	}
	s.flushing = false
	s.room.Broadcast()
}

// flushSoon is flush for what must not wait long: the connection is given up when it
// takes nothing for a second.
func (s *Conn) flushSoon() {
	if s.driven == nil && len(s.out) > 0 {
		s.hurry(true)
	}
	s.flush()
}

// hurry bounds the write under way and the next, or no more.
func (s *Conn) hurry(yes bool) {
	switch {
	case yes:
		_ = s.nc.SetWriteDeadline(time.Now().Add(grace))
	case s.hurried:
		_ = s.nc.SetWriteDeadline(time.Time{})
	}
	s.hurried = yes
}
