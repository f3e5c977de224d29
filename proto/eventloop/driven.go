package eventloop

import (
	"errors"
	"net"

	"rtbench/proto"
)

// Drive hands the Conn to l. On l's goroutine, h receives the messages that Recv would
// have returned, and messages that h sends leave together after all received ones are
// handled. Send does not block there; elsewhere it blocks while 32 KiB are still to be
// written. h receives what Recv has not returned; call Drive never during Recv. If the connection is not a bare
// socket, the error is errors.ErrUnsupported and nothing has changed. After any other
// error the Conn is unusable.
func (c *Conn) Drive(l *Loop, h proto.Handler) error {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	c.connMu.Lock()
	defer c.connMu.Unlock()
	driven, err := c.detach()
	if err != nil {
		return err
	}
	if c.PauseReads {
		driven.PauseAt = maxBuffered
	}
	driven.loop, c.nc, c.handler = l, driven, h
	c.driven.Store(driven)
	if !driven.Start(c.unused()) {
		return net.ErrClosed
	}
	return nil
}

// detach returns the socket of a Conn, which no longer belongs to Go's poller. writeMu and connMu must be held.
func (c *Conn) detach() (*Socket, error) {
	if c.closed.Load() {
		return nil, net.ErrClosed
	}
	switch nc := c.nc.(type) {
	case *Socket:
		if c.driven.Load() == nil { // parked
			return nc, nil
		}
	case net.Conn:
		return takeOver(nc, (*connReceiver)(c))
	}
	return nil, errors.ErrUnsupported
}

// unused returns the bytes that were read and not used, and gives up the state of a blocking Conn.
func (c *Conn) unused() []byte {
	b := c.blocking
	c.blocking = nil
	switch {
	case b == nil:
		return nil
	case b.reader != nil:
		return b.reader.Detach()
	}
	return b.rest
}

// A connReceiver adapts a Conn to Receiver.
type connReceiver Conn

func (c *connReceiver) Receive(in []byte, at int64) (used int, err error) {
	for {
		p, n, err := c.decoder.Next(in[used:])
		used += n
		if p == nil || err != nil {
			return used, err
		}
		c.handler.Message(p, at)
	}
}

func (c *connReceiver) AtEOF(unused int) error { return c.decoder.Framing().AtEOF(unused) }

func (c *connReceiver) Ended(err error) { c.handler.Ended(err) }
