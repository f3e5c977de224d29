package http2

import (
	"encoding/binary"
	"errors"
	"io"

	"golang.org/x/net/http2"
)

// A receiver adapts a Conn to eventloop.Receiver.
type receiver Conn

func (r *receiver) Receive(in []byte, at int64) (used int, err error) {
	return (*Conn)(r).receive(in, at)
}

// AtEOF implements eventloop.Receiver. A stream never ends cleanly with its connection.
func (r *receiver) AtEOF(int) error { return io.ErrUnexpectedEOF }

func (r *receiver) Ended(err error) { (*Conn)(r).ended(err) }

// receive handles all complete frames.
func (c *Conn) receive(in []byte, at int64) (used int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.receiving = true
	for c.err == nil {
		f, n, err := nextFrame(in[used:])
		if n > 0 {
			err = c.handleFrame(f, at)
		}
		if err != nil {
			c.handleViolation(err)
		}
		if n == 0 {
			break
		}
		used += n
	}
	c.receiving = false
	c.flush()
	if c.err != nil {
		return len(in), nil // ignore the rest
	}
	return used, nil
}

func (c *Conn) handleViolation(err error) {
	if v := new(violation); errors.As(err, &v) {
		if !c.settingsRead {
			v.reason = notHTTP2
		}
		c.abort(v)
	}
}

// ended ends the connection and notifies the handlers of its streams.
func (c *Conn) ended(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fail(err)
	streams := make([]*Stream, 0, len(c.streams))
	for _, st := range c.streams {
		streams = append(streams, st)
	}
	for _, st := range streams {
		c.notify(st)
	}
}

func (c *Conn) handleFrame(f frame, at int64) error {
	if c.block.stream != 0 && (f.kind != http2.FrameContinuation || f.stream != c.block.stream) {
		return newViolation(http2.ErrCodeProtocol, "frame inside a header block")
	}
	if !c.settingsRead && (f.kind != http2.FrameSettings || f.flags.Has(flagAck)) {
		return newViolation(http2.ErrCodeProtocol, "") // handleViolation sets the reason
	}
	switch f.kind {
	case http2.FrameData:
		return c.handleData(f, at)
	case http2.FrameHeaders:
		return c.handleHeaders(f)
	case http2.FrameContinuation:
		if c.block.stream == 0 {
			return newViolation(http2.ErrCodeProtocol, "CONTINUATION without HEADERS")
		}
		return c.handleHeaders(f)
	case http2.FrameRSTStream:
		return c.handleReset(f)
	case http2.FrameWindowUpdate:
		return c.handleWindowUpdate(f)
	case http2.FrameSettings, http2.FramePing, http2.FrameGoAway:
		return c.handleControl(f)
	case http2.FramePushPromise:
		return newViolation(http2.ErrCodeProtocol, "PUSH_PROMISE although push is disabled")
	}
	return nil // PRIORITY and unknown types are ignored
}

// handleControl handles frames of the connection.
func (c *Conn) handleControl(f frame) error {
	if f.stream != 0 {
		return newViolation(http2.ErrCodeProtocol, "connection frame on a stream")
	}
	switch f.kind {
	case http2.FrameSettings:
		return c.handleSettings(f)
	case http2.FramePing:
		if len(f.payload) != 8 {
			return newViolation(http2.ErrCodeFrameSize, "PING payload is not 8 bytes")
		}
		if !f.flags.Has(flagAck) {
			c.out = appendFrame(c.out, http2.FramePing, flagAck, 0, f.payload)
		}
	default:
		return c.handleGoAway(f)
	}
	return nil
}

func (c *Conn) handleSettings(f frame) error {
	p := f.payload
	if f.flags.Has(flagAck) {
		return nil // no setting waits for its ACK
	}
	if len(p)%6 != 0 {
		return newViolation(http2.ErrCodeFrameSize, "truncated SETTINGS")
	}
	for ; len(p) > 0; p = p[6:] {
		if err := c.applySetting(http2.SettingID(binary.BigEndian.Uint16(p)), binary.BigEndian.Uint32(p[2:])); err != nil {
			return err
		}
	}
	c.out = appendFrame(c.out, http2.FrameSettings, flagAck, 0, nil)
	c.settingsRead = true
	c.changed.Broadcast()
	return nil
}

func (c *Conn) applySetting(id http2.SettingID, n uint32) error {
	switch id {
	case http2.SettingHeaderTableSize:
		c.encoder.SetMaxDynamicTableSize(min(n, maxTable))
	case http2.SettingMaxConcurrentStreams:
		c.peerLimit = int64(n)
	case http2.SettingInitialWindowSize:
		return c.setInitialWindow(n)
	case http2.SettingMaxFrameSize:
		if n < maxFrame || n > 1<<24-1 {
			return newViolation(http2.ErrCodeProtocol, "invalid SETTINGS_MAX_FRAME_SIZE")
		}
		c.peerFrame = int(min(n, 256<<10)) // longer frames only delay the other streams
	}
	return nil
}

// handleGoAway ends the streams that the peer has not processed and refuses new ones.
func (c *Conn) handleGoAway(f frame) error {
	if len(f.payload) < 8 {
		return newViolation(http2.ErrCodeFrameSize, "truncated GOAWAY")
	}
	last, code := f.number()&highestStream, http2.ErrCode(binary.BigEndian.Uint32(f.payload[4:]))
	c.refused = &GoAway{code}
	var unseen []*Stream
	for id, st := range c.streams {
		if id > last {
			unseen = append(unseen, st)
		}
	}
	for _, st := range unseen {
		c.endStream(st, c.refused)
		c.notify(st)
	}
	c.changed.Broadcast()
	return nil
}

// number returns the first 4 bytes of the payload as a number.
func (f frame) number() uint32 { return binary.BigEndian.Uint32(f.payload) }
