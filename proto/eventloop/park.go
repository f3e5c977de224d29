package eventloop

import (
	"errors"
	"net"
)

// Park prepares for Drive: it takes the socket out of Go's poller, which would keep some 500 bytes for each
// connection that was open at the same time. Until Drive, Send does not block, and nothing is received; Recv gives the
// socket back to the poller. It does nothing if the connection is not a bare socket. Call it never during Recv.
func (c *Conn) Park() {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	c.connMu.Lock()
	defer c.connMu.Unlock()
	s, err := c.detach()
	if err != nil {
		return
	}
	c.nc = s
	if rest := c.unused(); len(rest) > 0 {
		c.blocking = &blocking{rest: rest}
	}
}

// unpark gives the socket of a parked Conn back to Go's poller. Otherwise it does not wait for a Send that is blocked.
func (c *Conn) unpark() error {
	c.connMu.Lock()
	_, parked := c.nc.(*Socket)
	c.connMu.Unlock()
	if !parked {
		return nil
	}
	c.writeMu.Lock() // no Send of a parked Conn blocks
	nc, unsent, err := c.attach()
	if len(unsent) == 0 {
		c.writeMu.Unlock()
		return err
	}
	go func() { // the peer may wait until its messages are received
		defer c.writeMu.Unlock()
		_, _ = nc.Write(unsent) // the next Send fails too
	}()
	return nil
}

// attach returns the connection of a parked Conn, and the bytes that its socket has not accepted yet.
func (c *Conn) attach() (nc net.Conn, unsent []byte, err error) {
	c.connMu.Lock()
	defer c.connMu.Unlock()
	parked, ok := c.nc.(*Socket)
	switch {
	case c.driven.Load() != nil:
		return nil, nil, errors.ErrUnsupported
	case !ok:
		return nil, nil, nil
	case c.closed.Load():
		return nil, nil, net.ErrClosed
	}
	nc, unsent, err = parked.giveBack()
	if err != nil {
		return nil, nil, err
	}
	if c.nc = nc; c.blocking == nil {
		c.blocking = new(blocking)
	}
	return nc, unsent, nil
}
